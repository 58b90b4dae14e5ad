"""Patients and their health history: the doors and actions of the pages, spoken by machines."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.access import list_colleagues, list_teams
from coordination.api.base import ApiView, Operation
from coordination.api.paging import OLDEST_CHANGE, PageQuery, page_answer
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from patients import serializers as shapes
from patients.access import get_patient, list_patients, open_record, rows_of
from patients.actions.identity import EDITABLE, edit_patient
from patients.actions.registration import register_patient
from patients.finding import find, fingerprint
from patients.models import (
    Allergy,
    Condition,
    Encounter,
    FamilyHistory,
    HistoryItem,
    Immunization,
    Medication,
    Observation,
    Procedure,
)
from patients.registry import columns_for, narrowed


class Patients(ApiView):
    """The list of patients one sees, by name; and one more."""

    name, tag = "patients", "Patients"
    operations = {
        "GET": Operation(
            "Patients you see, by name",
            "patients:read",
            shapes.PatientOutput,
            query=shapes.PatientQuery,
            is_list=True,
        ),
        "POST": Operation(
            "Add a patient",
            "patients:write",
            shapes.PatientOutput,
            input=shapes.PatientNew,
            status=201,
            once=True,
            etag=True,
        ),
    }

    def get(self, request: Request) -> Response:
        user = self.person(request)
        require(user, Permission.PATIENT_VIEW)
        rows = narrowed(list_patients(user), _chosen(self.asked, user), user)
        order = columns_for(user)["name"].order(descending=False)
        if since := self.asked.get("updated_since"):
            rows, order = rows.filter(updated_at__gte=since), OLDEST_CHANGE
        response, shown = page_answer(
            rows, order=order, asked=self.asked, output=shapes.PatientOutput, reader=user
        )
        record_access(Event.Kind.VIEW, "patient.listed", by=user, detail={"page": "api", "rows": shown})
        return response

    def post(self, request: Request) -> Response:
        user = self.person(request)
        require(user, Permission.PATIENT_REGISTER)
        entered = self.entered(request)
        patient = register_patient(
            values={"family": ""} | {name: value for name, value in entered.items() if name in EDITABLE},
            by=user,
            team=_one(list_teams(user), entered.get("team_id"), "team_id"),
            coordinator=_one(list_colleagues(user), entered.get("coordinator_id"), "coordinator_id"),
            confirmed_not_duplicate=entered["not_duplicate"],
            why_not_duplicate=entered["why_not_duplicate"],
        )
        return self.shown(request, patient, reader=user)


def _chosen(asked: dict[str, Any], user: Any) -> dict[str, str]:
    """The filters under the names the registry has for them. One on a column the role does not see is not answered."""
    if "risk" in asked and "risk" not in columns_for(user):
        raise PermissionDenied(str(Permission.HISTORY_VIEW.label))
    names = {"team_id": "team", "coordinator_id": "coordinator", "status": "status", "risk": "risk"}
    return {filter_: str(asked[name]) for name, filter_ in names.items() if name in asked}


def _one(rows: Any, pk: uuid.UUID | None, field: str) -> Any:
    if pk is None:
        return None
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Refused(_("There is none with this id."), field=field)
    return found


class Search(ApiView):
    """A search by POST: names and numbers do not stand in addresses. It changes nothing, so it needs no key."""

    name, tag = "patients_search", "Patients"
    operations = {
        "POST": Operation("Find patients", "patients:read", shapes.SearchOutput, input=shapes.SearchInput)
    }

    def post(self, request: Request) -> Response:
        user = self.person(request)
        require(user, Permission.PATIENT_VIEW)
        entered = self.entered(request)
        among = list_patients(user)
        found = find(user, among, entered["text"])
        place = {pk: number for number, pk in enumerate(found[: entered["limit"]])}
        rows = sorted(among.filter(pk__in=place), key=lambda patient: place[patient.pk])
        detail = {"query": fingerprint(entered["text"]), "results": len(found), "page": "api"}
        record_access(Event.Kind.SEARCH, "patient.searched", by=user, detail=detail)
        shape = shapes.PatientOutput(reader=user)
        return Response({"items": [shape.to_representation(row) for row in rows], "found": len(found)})


class PatientDetail(ApiView):
    """One patient."""

    name, tag = "patient", "Patients"
    operations = {
        "GET": Operation("One patient", "patients:read", shapes.PatientOutput, etag=True),
        "PATCH": Operation(
            "Change who a patient is",
            "patients:write",
            shapes.PatientOutput,
            input=shapes.PatientChange,
            versioned=True,
            etag=True,
        ),
    }

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        return self.shown(request, open_record(user, pk, page="api"), reader=user)

    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        patient = get_patient(user, pk, permission=Permission.PATIENT_EDIT)
        patient = edit_patient(
            patient=patient, version=self.version(request), values=self.entered(request), by=user
        )
        return self.shown(request, patient, reader=user)


class History(ApiView):
    """One kind of lines of one patient's health history, newest first."""

    tag = "History"
    model: type[HistoryItem]

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        patient = open_record(user, pk, page=f"api.{self.name}", permission=Permission.HISTORY_VIEW)
        response, _shown = page_answer(
            rows_of(user, self.model, patient).standing(),
            order=[("occurred_at", "desc"), ("id", "desc")],
            asked=self.asked,
            output=self.operations["GET"].output,
        )
        return response


def _history(word: str, model: Any, output: type[shapes.HistoryOutput]) -> type[History]:
    operation = Operation(
        f"{model.label!s}, newest first", "history:read", output, query=PageQuery, is_list=True
    )
    about = f"{model.label} of one patient."
    members = {"name": word, "model": model, "operations": {"GET": operation}, "__doc__": about}
    return type(f"{model.__name__}List", (History,), members)


HISTORY_VIEWS: dict[str, type[History]] = {
    word: _history(word, model, output)
    for word, model, output in [
        ("conditions", Condition, shapes.ConditionOutput),
        ("allergies", Allergy, shapes.AllergyOutput),
        ("medications", Medication, shapes.MedicationOutput),
        ("procedures", Procedure, shapes.ProcedureOutput),
        ("immunizations", Immunization, shapes.ImmunizationOutput),
        ("family-history", FamilyHistory, shapes.FamilyHistoryOutput),
        ("encounters", Encounter, shapes.EncounterOutput),
        ("observations", Observation, shapes.ObservationOutput),
    ]
}
