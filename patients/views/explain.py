"""Why can this person see that patient? Asked by those who answer for sight, about anybody."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from coordination.accounts.access import find_colleagues
from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.permissions import Permission, require
from patients.forms.sight import ExplainForm
from patients.models import Patient
from patients.sight import Explanation, explain_access, find_by_number


@require_http_methods(["GET", "HEAD", "POST"])
def explain(request: HttpRequest) -> HttpResponse:
    """What is typed is sent, never addressed; each question is written down, also one about nobody."""
    user: Any = request.user
    require(user, Permission.ACCESS_EXPLAIN)
    form = ExplainForm(request.POST if request.method == "POST" else None)
    answer = None
    if form.is_valid():
        answer = _answered(user, form)
    status = 422 if form.is_bound and answer is None else 200
    context = {"form": form, "answer": answer, "sentence": _sentence(form, answer) if answer else ""}
    return render(request, "patients/explain.html", context, status=status)


def _answered(user: User, form: ExplainForm) -> Explanation | None:
    people = find_colleagues(user, form.cleaned_data["person"].strip())
    patient = find_by_number(user, form.cleaned_data["number"].strip())
    if not people:
        form.add_error("person", _("Nobody who works here has this name or address."))
    elif len(people) > 1:
        form.add_error("person", _("Several people have this name. Use the e-mail address."))
    if patient is None:
        form.add_error("number", _("No patient of the organization has this record number."))
    answer = explain_access(people[0], patient) if len(people) == 1 and patient is not None else None
    _write_down(user, people, patient, answer)
    return answer


def _write_down(user: User, people: list[User], patient: Patient | None, answer: Explanation | None) -> None:
    detail: dict[str, Any] = {"found": answer is not None}
    if answer is not None:
        detail |= {"person": str(people[0].pk), "sees": answer.sees}
    record_access(
        Event.Kind.SEARCH,
        "access.asked",
        by=user,
        target=patient if answer is not None else None,
        patient_id=patient.pk if patient is not None and answer is not None else None,
        detail=detail,
    )


def _sentence(form: ExplainForm, answer: Explanation) -> str:
    words = {"name": answer.user.name, "number": form.cleaned_data["number"].strip()}
    if answer.sees:
        return _("%(name)s sees the patient with record number %(number)s.") % words
    return _("%(name)s does not see the patient with record number %(number)s.") % words
