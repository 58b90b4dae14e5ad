"""The list of patients as it can be taken away."""

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.lib.languages import language_name
from coordination.lib.listing import Column, Listing, words_of
from coordination.lib.permissions import Permission, require
from patients import registry as table
from patients.access import list_patients
from patients.models import Patient


def registry(user: User, query: QueryDict) -> Listing:
    """The patients of the registry with its filters, its order and the columns of the role. A typed search is not kept."""
    require(user, Permission.PATIENT_VIEW)
    form, _also = table.filters_of(user, query, searching=False)
    chosen = form.chosen()
    choices = dict(chosen)
    sort = chosen.pop("sort", "name")
    chosen.setdefault("status", table.default_status(searching=False))
    column = table.columns_for(user)[sort.lstrip("-")]
    address = QueryDict(mutable=True)
    address.update(choices)
    sentence = ", ".join(table.said(form, chosen).values())
    return Listing(
        stem="patients",
        title=_("Patients"),
        sentence=f"{sentence[:1].upper()}{sentence[1:]}",
        rows=table.annotated(table.narrowed(list_patients(user), chosen, user), column.key),
        order=column.order(descending=sort.startswith("-")),
        columns=_columns(user),
        url=f"{reverse('patients:registry')}{'?' if choices else ''}{address.urlencode()}",
        choices=choices,
    )


def _columns(user: User) -> list[Column]:
    seen = table.columns_for(user)
    always = [
        Column("family", _("Family name"), lambda patient: patient.family),
        Column("given", _("Given name"), lambda patient: patient.given),
        Column("born", _("Date of birth"), lambda patient: patient.birth_date, "day", 12),
        Column("sex", _("Legal sex"), words_of(Patient, "sex"), width=12),
        Column("number", _("Record number"), lambda patient: patient.record_number),
        Column("status", _("Status"), _status),
        Column(
            "coordinator", _("Coordinator"), lambda patient: patient.coordinator and patient.coordinator.name
        ),
        Column("team", _("Team"), lambda patient: patient.team and patient.team.name),
    ]
    by_role: dict[str, list[Column]] = {
        "risk": [Column("risk", _("Risk"), words_of(Patient, "risk"), width=12)],
        "language": [
            Column("language", _("Language"), lambda patient: language_name(patient.language)),
            Column(
                "interpreter",
                _("Interpreter needed"),
                words_of(Patient, "interpreter_needed"),
            ),
        ],
        "contact": [Column("contact", _("Last contact"), lambda patient: patient.last_contact_at, "moment")],
        "due": [Column("due", _("Next due"), lambda patient: patient.next_due_at, "moment")],
        "tasks": [Column("tasks", _("Open tasks"), lambda patient: patient.open_tasks, "number", 10)],
    }
    return [*always, *(column for key, columns in by_role.items() if key in seen for column in columns)]


def _status(patient: Any) -> str:
    if patient.is_deceased:
        return _("Died")
    return str(Patient.Status(patient.status).label)
