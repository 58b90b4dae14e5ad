"""The shape of what people fill in. What is allowed is decided by the actions."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coordination.accounts.models import Team, User
from coordination.accounts.permissions import Permission
from coordination.lib import display
from coordination.lib.day_field import DayField
from coordination.worklist.due import Due, working_day
from coordination.worklist.models import Contact, Task
from coordination.worklist.owner_field import OwnerField, split_owner
from coordination.worklist.promise_words import promise_days
from patients.models import ContactPoint, Patient
from patients.words import phone_words

TOPICS = [
    ("feeling", _("How they feel")),
    ("warning_signs", _("Warning signs and whom to call")),
    ("medications", _("Medications obtained and understood")),
    ("appointments", _("Appointments and transport")),
    ("pending_tests", _("Pending tests")),
    ("home_services", _("Home services and equipment")),
    ("self_care", _("Diet, activity, wound care")),
    ("caregiver", _("Caregiver available")),
    ("social_needs", _("Social needs")),
    ("teach_back", _("Teach-back done")),
    ("questions", _("Questions answered")),
]


class TimeField(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class TaskEdit(forms.Form):
    """A form about one task: it carries the version the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    begins_with = ""  # the field that has the focus when the form opens

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.begins_with and not self.is_bound:
            self.fields[self.begins_with].widget.attrs["autofocus"] = True


def near_days(today: dt.date) -> dict[str, tuple[dt.date, str]]:
    """The days one chip away. A day on which nobody works gives way to the next, and the chip says its name."""
    tomorrow = working_day(today + dt.timedelta(days=1))
    words = gettext("Tomorrow") if (tomorrow - today).days == 1 else display.weekday(tomorrow)
    after = working_day(tomorrow + dt.timedelta(days=1))
    after_words = gettext("2 days") if (after - today).days == 2 else display.weekday(after)
    return {
        "tomorrow": (tomorrow, words),
        "days": (after, after_words),
        "week": (working_day(today + dt.timedelta(days=7)), gettext("1 week")),
    }


class AssignForm(TaskEdit):
    begins_with = "to"
    to = OwnerField(label=_("Hand it to"), empty_label=_("Choose"))

    def __init__(self, *args: Any, user: User, queues: list[Team], task: Task, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [team for team in queues if team.pk != task.queue_id]
        self.fields["to"].offer_to(user, others, pk=task.owner_id)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        return data | split_owner(data)


class WaitingForm(TaskEdit):
    begins_with = "waiting_on"
    waiting_on = forms.CharField(
        label=_("Waiting on"),
        max_length=200,
        required=False,
        help_text=_("Leave it empty when it is work again."),
    )


class DueForm(TaskEdit):
    begins_with = "day"
    day = DayField(label=_("Due on"))
    time = TimeField(label=_("At"), required=False, help_text=_("Empty: any time that day."))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("day"):
            data["due"] = due_of(self.user, data["day"], data.get("time"))
        return data


PROMISE = ("promise_when", "promise_day", "promise_words")


class PromiseFields(forms.Form):
    """Beside a note: what was promised to the patient, and by when (worklist/_promise_fields.html)."""

    promise_when = forms.ChoiceField(label=_("Promised for"), widget=forms.RadioSelect, required=False)
    promise_day = DayField(label=_("Promised for the day"), required=False)
    promise_words = forms.CharField(
        label=_("What you promised"),
        max_length=180,
        required=False,
        help_text=_("Empty: to call the patient."),
    )

    def offer_days(self, user: User) -> None:
        self.promise_days = promise_days(user.organization.today())
        soon = [(key, label) for key, (_day, label) in self.promise_days.items()]
        self.fields["promise_when"].choices = [*soon, ("day", gettext("The day below"))]  # type: ignore[attr-defined]

    def offer_to(self, user: User, patient: Patient | None) -> None:
        """Leave the fields out where there is nobody to promise to, or nothing may be opened for them."""
        if patient is not None and patient.may_be_contacted and user.may(Permission.TASK_WORK):
            self.offer_days(user)
            return
        for name in PROMISE:
            del self.fields[name]

    def has_promise(self) -> bool:
        return "promise_when" in self.fields

    def promised_for(self, data: dict[str, Any]) -> dt.date | None:
        """The day a promise is due; a day or words alone are one too, as far as they say when."""
        when = data.get("promise_when", "")
        day = self.promise_days[when][0] if when in self.promise_days else data.get("promise_day")
        if day is None and (when or data.get("promise_words")) and "promise_day" not in self.errors:
            self.add_error("promise_day", gettext("Choose the day you promised it for."))
        return day


class CloseForm(PromiseFields, TaskEdit):
    begins_with = "outcome"
    outcome = forms.ChoiceField(
        label=_("How it ended"), widget=forms.RadioSelect, choices=Task.Outcome.choices, initial="completed"
    )
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, user: User, task: Task, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_to(user, task.patient)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["promised_for"] = self.promised_for(data) if self.has_promise() else None
        return data


class FollowUpForm(PromiseFields):
    """The end of every log form: what comes next, or why nothing does; and beside the note what was promised."""

    follow_up = forms.ChoiceField(label=_("Follow up"), widget=forms.RadioSelect, required=False)
    day = DayField(label=_("Follow up on"), required=False)
    no_follow_up_reason = forms.CharField(label=_("Why nothing follows"), max_length=200, required=False)
    note = forms.CharField(
        label=_("Note"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.near = near_days(user.organization.today())
        choices = [(key, label) for key, (_day, label) in self.near.items()]
        more = [("pick", gettext("Pick")), ("none", gettext("None"))]
        self.fields["follow_up"].choices = [*choices, *more]  # type: ignore[attr-defined]
        self.offer_days(user)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        choice = data.get("follow_up", "")
        day = data.get("day") if choice == "pick" else self.near.get(choice, (None, ""))[0]
        if choice == "pick" and day is None and "day" not in self.errors:
            self.add_error("day", gettext("Pick the day of the follow-up."))
        if choice == "none" and not data.get("no_follow_up_reason"):
            self.add_error("no_follow_up_reason", gettext("Say why nothing follows."))
        if choice != "none":
            data["no_follow_up_reason"] = ""
        data["follow_up_due"] = Due.on(day, self.user.organization) if day else None
        data["promised_for"] = self.promised_for(data)
        return data


class QuickLogForm(FollowUpForm):
    """The log form of the preview: a call to the patient, now."""

    OUTCOMES = [
        ("reached_patient", _("Reached")),
        ("left_voicemail", _("Voicemail")),
        ("no_answer", _("No answer")),
        ("wrong_number", _("Wrong no.")),
    ]
    outcome = forms.ChoiceField(label=_("Outcome of this call"), widget=forms.RadioSelect, choices=OUTCOMES)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ContactForm(FollowUpForm):
    """Everything the contact log keeps (domain facts 1.3)."""

    direction = forms.ChoiceField(
        label=_("Direction"), widget=forms.RadioSelect, choices=Contact.Direction.choices, initial="out"
    )
    mode = forms.ChoiceField(label=_("Channel"), choices=Contact.Mode.choices, initial="phone")
    target = forms.ChoiceField(label=_("With"), choices=Contact.Target.choices, initial="patient")
    with_whom = forms.CharField(label=_("Name of that person"), max_length=200, required=False)
    contact_point = forms.ChoiceField(label=_("Number used"), required=False)
    despite = forms.CharField(
        label=_("Why against the rule of the number"),
        max_length=250,
        required=False,
        help_text=_(
            "Only when a number, an hour or a message was used that the patient ruled out. A supervisor looks at it."
        ),
    )
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", _("Choose")), *Contact.Outcome.choices])
    interpreter = forms.ChoiceField(
        label=_("Interpreter"), choices=Contact.Interpreter.choices, initial="none"
    )
    on_day = DayField(label=_("Day"))
    at_time = TimeField(label=_("Time"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=600, initial=0)
    topics = forms.MultipleChoiceField(
        label=_("Talked about"), required=False, widget=forms.CheckboxSelectMultiple, choices=TOPICS
    )
    next_title = forms.CharField(label=_("What the follow-up is"), max_length=200, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    mark_optional = True

    def __init__(self, *args: Any, points: list[ContactPoint], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.points = {str(point.pk): point for point in points}
        named = [
            (pk, f"{point.get_kind_display()} {phone_words(point)}") for pk, point in self.points.items()
        ]
        self.fields["contact_point"].choices = [("", gettext("None of these")), *named]  # type: ignore[attr-defined]
        self.fields["note"].widget.attrs["rows"] = 4
        # the keys of the short form mean the same here
        self.fields["outcome"].widget.attrs["data-alt"] = " ".join(
            value for value, _label in QuickLogForm.OUTCOMES
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["contact_point"] = self.points.get(data.get("contact_point", ""))
        if data.get("on_day") and data.get("at_time") is not None:
            data["occurred_at"] = dt.datetime.combine(data["on_day"], data["at_time"], tzinfo=self.user.zone)
        return data


class DayFilter(forms.Form):
    """What narrows My day. Nothing here names a patient: it stands in the address."""

    SORTS = [
        ("due", _("Order of work")),
        ("patient", _("Patient")),
        ("risk", _("Risk")),
        ("contact", _("Longest without contact")),
    ]
    risk = forms.ChoiceField(label=_("Risk"), required=False, choices=[("", _("Any")), *Patient.Risk.choices])
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("Any")), *Task.Kind.choices])
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)


def due_of(user: User, day: dt.date, time: dt.time | None) -> Due:
    return Due.on(day, user.organization) if time is None else Due.at_time(day, time, user.zone)
