"""Contacts: the doors and actions of the pages, spoken by machines."""

import uuid

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.models import User
from coordination.api.base import ApiView, Operation
from coordination.api.paging import PageQuery, page_answer
from coordination.api.shapes import Nothing
from coordination.lib.permissions import Permission
from coordination.lib.refusal import Refused
from coordination.worklist import actions
from coordination.worklist.access import get_contact, get_contact_change, get_task, list_contacts
from coordination.worklist.actions import NextStep
from coordination.worklist.serializers import contacts as shapes
from coordination.worklist.serializers.tasks import due_of
from patients.access import get_patient, open_record, record_visit, rows_of
from patients.models import ContactPoint, Patient


class Contacts(ApiView):
    """The contacts about one patient, newest first; and one more."""

    name, tag = "contacts", "Contacts"
    operations = {
        "GET": Operation(
            "Contacts, newest first",
            "contacts:read",
            shapes.ContactOutput,
            query=PageQuery,
            is_list=True,
        ),
        "POST": Operation(
            "Log a contact, end the task it answers and open the next step",
            "contacts:write",
            shapes.ContactOutput,
            input=shapes.ContactNew,
            status=201,
            once=True,
            etag=True,
        ),
    }

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        patient = open_record(user, pk, page="api.contacts", permission=Permission.TASK_VIEW)
        response, _shown = page_answer(
            list_contacts(user, patient),
            order=[("occurred_at", "desc"), ("id", "desc")],
            asked=self.asked,
            output=shapes.ContactOutput,
        )
        return response

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        patient = get_patient(user, pk, permission=Permission.CONTACT_LOG)
        entered = self.entered(request)
        task_pk, step = entered.pop("task_id", None), entered.pop("next_step", None)
        point = entered.pop("contact_point_id", None)
        contact = actions.log_contact(
            patient=patient,
            by=user,
            contact_point=_point(user, patient, point) if point else None,
            task=get_task(user, task_pk) if task_pk else None,
            next_step=NextStep(due_of(step, user), **step) if step else None,
            **entered,
        )
        return self.shown(request, contact)


class ContactDetail(ApiView):
    """One contact."""

    name, tag = "contact", "Contacts"
    operations = {"GET": Operation("One contact", "contacts:read", shapes.ContactOutput, etag=True)}

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        contact = get_contact(user, pk)
        record_visit(user, contact.patient, page="api.contact")
        return self.shown(request, contact)


class ContactUndo(ApiView):
    """Takes a contact back with what it closed and opened."""

    name, tag = "contact_undo", "Contacts"
    operations = {
        "POST": Operation(
            "Undo a contact with all that came of it",
            "contacts:write",
            shapes.ContactOutput,
            input=Nothing,
            once=True,
            etag=True,
        )
    }

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        change = get_contact_change(user, get_contact(user, pk))
        self.entered(request)
        actions.undo_change(change=change, by=user)
        return self.shown(request, get_contact(user, pk))


def _point(user: User, patient: Patient, pk: uuid.UUID) -> ContactPoint:
    point: ContactPoint | None = rows_of(user, ContactPoint, patient).filter(pk=pk).first()
    if point is None:
        raise Refused(_("This number is of another patient. Nothing was saved."), field="contact_point_id")
    return point
