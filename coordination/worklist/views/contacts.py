"""Logging a contact, in a few seconds beside the list or with everything the record wants."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from coordination.accounts.models import User
from coordination.drafts.access import Kept, read_draft
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused, Stale
from coordination.worklist import actions
from coordination.worklist.access import get_task
from coordination.worklist.actions import NextStep
from coordination.worklist.actions.promising import promise
from coordination.worklist.drafts import contact_key
from coordination.worklist.forms import PROMISE, ContactForm, FollowUpForm, QuickLogForm
from coordination.worklist.models import Contact, Task
from coordination.worklist.peek import follow_up_words, log_form
from coordination.worklist.rows import strip_of, undo_address
from coordination.worklist.views.answers import back_to, id_in, parts, person, row_answer, wants_parts, way_on
from coordination.worklist.views.promises import offer_of
from patients.access import get_patient, rows_of
from patients.models import ContactPoint, Patient

_MODE_OF = {Task.Kind.HOME_VISIT: Contact.Mode.HOME, Task.Kind.VISIT: Contact.Mode.VIDEO}


@require_http_methods(["GET", "HEAD", "POST"])
def contact_new(request: HttpRequest) -> HttpResponse:
    """The full form as a page; the short one beside a list or in a dialog posts here too."""
    user = person(request)
    require(user, Permission.CONTACT_LOG)
    if not request.GET.get("patient"):
        messages.info(request, _("Find the patient first, then log the contact."))
        return redirect("patients:registry")
    patient, task = _whom(request, user)
    if request.method == "POST":
        return _save(request, user, patient, task)
    if wants_parts(request):
        return _quick(request, user, patient, task, place="dialog")
    draft = read_draft(user, *contact_key(patient, task))
    form = _full_form(request, user, patient, task, typed=draft.fields)
    return _page(request, user, patient, task, form, draft=draft)


def _whom(request: HttpRequest, user: User) -> tuple[Patient, Task | None]:
    """The patient, and the task the contact answers, which brings its patient along."""
    asked, answers = id_in(request.GET["patient"]), request.GET.get("task")
    task = get_task(user, id_in(answers), to_change=request.method == "POST") if answers else None
    if task is not None and task.patient is not None and task.patient_id == asked:
        task.patient.organization = user.organization  # the same one, already read
        return task.patient, task
    return get_patient(user, asked, permission=Permission.CONTACT_LOG), task


def _save(request: HttpRequest, user: User, patient: Patient, task: Task | None) -> HttpResponse:
    place = request.POST.get("place", "")
    quick = place in {"peek", "dialog", "page"}
    form: FollowUpForm = (
        QuickLogForm(request.POST, user=user) if quick else _full_form(request, user, patient, task)
    )
    refusal = ""
    status = 422
    if request.POST.get("patient") != str(patient.pk):
        refusal = _("This form was about another patient. Nothing was saved.")
    elif form.is_valid():
        try:
            contact = _log(user, patient, task, form.cleaned_data)
            promised = _promise(user, contact, form.cleaned_data)
        except Refused as refused:
            refusal = refused.sentence
        except Stale as stale:
            refusal, status = stale.sentence, 409
        else:
            return _saved(request, user, contact, place, promised)
    if quick and wants_parts(request):
        return _quick(
            request, user, patient, task, place=place, data=request.POST, refusal=refusal, status=status
        )
    if quick:  # without a script the short form goes on as the full one, with what was typed
        names = ("outcome", "note", "follow_up", "day", "no_follow_up_reason", *PROMISE)
        typed = {name: request.POST.get(name, "") for name in names}
        form = _full_form(request, user, patient, task, typed=typed)
    return _page(request, user, patient, task, form, refusal=refusal, status=status)


def _log(user: User, patient: Patient, task: Task | None, data: dict[str, Any]) -> Contact:
    due = data["follow_up_due"]
    kind = Task.Kind(task.kind) if task is not None else Task.Kind.CALL
    return actions.log_contact(
        patient=patient,
        by=user,
        task=task,
        outcome=data["outcome"],
        next_step=NextStep(due, title=data.get("next_title", "")) if due else None,
        no_follow_up_reason=data["no_follow_up_reason"],
        occurred_at=data.get("occurred_at"),
        direction=data.get("direction", Contact.Direction.OUT),
        mode=data.get("mode") or _MODE_OF.get(kind, Contact.Mode.PHONE),
        target=data.get("target", Contact.Target.PATIENT),
        with_whom=data.get("with_whom", ""),
        note=data["note"],
        minutes=data.get("minutes") or 0,
        contact_point=data.get("contact_point"),
        interpreter=data.get("interpreter") or Contact.Interpreter.NONE,
        topics=data.get("topics", ()),
        despite=data.get("despite", ""),
        version=data.get("version"),
        draft=contact_key(patient, task),
    )


def _promise(user: User, contact: Contact, data: dict[str, Any]) -> Task | None:
    day = data["promised_for"]
    if day is None:
        return None
    require(user, Permission.TASK_WORK)
    return promise(
        patient=contact.patient,
        by=user,
        words=data["promise_words"],
        day=day,
        contact=contact,
        came_of=contact.last_change,
    )


def _saved(
    request: HttpRequest, user: User, contact: Contact, place: str, promised: Task | None
) -> HttpResponse:
    sentence, undo_url = _saved_words(user, contact, promised), undo_address(contact.last_change)
    offer = None if promised else offer_of(user, contact)
    after: dict[str, Any] = {"offer": offer, "place": place}
    if wants_parts(request):
        if contact.task is None:
            return parts(
                request,
                "worklist/_answer.html",
                after | {"sentence": sentence, "undo_url": undo_url},
                trigger="closeDialog",
            )
        contact.task.patient = contact.patient  # the row shows this contact as the last one
        return row_answer(
            request, contact.task, sentence, saved=contact, next_task=contact.next_task, **after
        )
    messages.success(request, sentence, extra_tags=undo_url)
    back = back_to(request, reverse("worklist:patient_tasks", args=[contact.patient_id]))
    return redirect(way_on(offer, back))


def _saved_words(user: User, contact: Contact, promised: Task | None) -> str:
    name = contact.patient.display_name
    if promised is not None:
        words = {"name": name, "title": promised.title, "due": follow_up_words(promised.due_at, user)}
        return _("Saved for %(name)s. Promised: %(title)s, %(due)s.") % words
    if contact.next_task is not None:
        due = follow_up_words(contact.next_task.due_at, user)
        words = {"name": name, "title": contact.next_task.headline, "due": due}
        return _("Saved for %(name)s. Next: %(title)s, %(due)s.") % words
    return _("Saved for %(name)s. Nothing follows.") % {"name": name}


def _quick(
    request: HttpRequest,
    user: User,
    patient: Patient,
    task: Task | None,
    *,
    place: str,
    data: Any = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = log_form(user, patient, task, place=place, back=back_to(request), data=data, refusal=refusal)
    if context["form"] is None:
        context |= {"refusal": refusal or _no_form_words(patient, task), "patient": patient, "place": place}
    context["banner"] = strip_of(patient, user)
    template = (
        "worklist/_log_dialog.html"
        if place == "dialog" and request.method != "POST"
        else "worklist/_log_form.html"
    )
    return parts(request, template, context, status=status)


def _no_form_words(patient: Patient, task: Task | None) -> str:
    if patient.is_deceased:
        return _("This patient has died. Log a contact with the family on the full form.")
    if task is not None and not task.is_open:
        return _("This task is closed already.")
    return _("Care of this patient has ended.")


def _full_form(
    request: HttpRequest,
    user: User,
    patient: Patient,
    task: Task | None,
    typed: dict[str, Any] | None = None,
) -> ContactForm:
    points = list(rows_of(user, ContactPoint, patient).order_by("do_not_use", "rank", "id"))
    here = timezone.localtime()
    kind = Task.Kind(task.kind) if task is not None else Task.Kind.CALL
    initial: dict[str, Any] = {
        "on_day": here.date(),
        "at_time": here.time().replace(second=0, microsecond=0),
        "mode": _MODE_OF.get(kind, Contact.Mode.PHONE),
        "target": Contact.Target.CAREGIVER if patient.is_deceased else Contact.Target.PATIENT,
        "version": task.version if task is not None else None,
    }
    if typed is not None:
        return ContactForm(user=user, points=points, initial=initial | typed)
    data = request.POST if request.method == "POST" else None
    return ContactForm(data, user=user, points=points, initial=initial)


def _page(
    request: HttpRequest,
    user: User,
    patient: Patient,
    task: Task | None,
    form: FollowUpForm,
    *,
    draft: Kept | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "draft": draft or Kept(*contact_key(patient, task)),
        "patient": patient,
        "task": task,
        "refusal": refusal,
        "banner": strip_of(patient, user),
        "commit": _("Save contact for %(name)s") % {"name": patient.display_name},
        "next": back_to(request, reverse("worklist:patient_tasks", args=[patient.pk])),
    }
    return render(request, "worklist/contact_new.html", context, status=status)
