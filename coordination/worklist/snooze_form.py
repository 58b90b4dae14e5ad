"""Until when a task sleeps: a time or a day one chip away, or one that is picked."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coordination.accounts.models import User
from coordination.lib import display
from coordination.lib.day_field import DayField
from coordination.lib.days import start_of_day
from coordination.worklist.due import Due
from coordination.worklist.forms import TaskEdit, TimeField, near_days
from coordination.worklist.models import Task

AFTERNOON = dt.time(14)  # HOUSE: when "this afternoon" begins, on the clock of whoever snoozes


def near_times(now: dt.datetime, user: User) -> dict[str, tuple[dt.datetime, str]]:
    """The times one chip away, today."""
    now = now.replace(second=0, microsecond=0)
    today = now.astimezone(user.zone).date()
    return {
        "hour": (now + dt.timedelta(hours=1), gettext("In 1 hour")),
        "hours": (now + dt.timedelta(hours=2), gettext("In 2 hours")),
        "afternoon": (Due.at_time(today, AFTERNOON, user.zone).at, gettext("This afternoon")),
    }


class KeyedChoices(forms.RadioSelect):
    """Choices that a key picks: S opens the dialog, then H, T, W or D."""

    KEYS = {"hour": "h", "tomorrow": "t", "week": "w", "pick": "d"}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if not option["selected"]:
            option["attrs"].pop("autofocus", None)  # one begins where the choice is, not at the first of them
        if key := self.KEYS.get(str(value)):
            option["attrs"] |= {"data-key": key, "aria-keyshortcuts": key.upper()}
        return option


class SnoozeForm(TaskEdit):
    begins_with = "when"
    when = forms.ChoiceField(label=_("Sleep until"), widget=KeyedChoices, initial="tomorrow")
    day = DayField(label=_("Day"), required=False, help_text=_("Empty: today, at the time below."))
    time = TimeField(label=_("At"), required=False, help_text=_("Empty: when that day begins."))
    wakes_on = forms.ChoiceField(
        label=_("Or earlier, as soon as there is"),
        widget=forms.RadioSelect,
        required=False,
        choices=[("", _("Nothing else")), *Task.Event.choices],
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, user: User, task: Task, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if task.patient_id is None:  # nothing happens to nobody
            del self.fields["wakes_on"]
        now = timezone.now()
        self.times = near_times(now, user)
        self.near = near_days(user.organization.today())
        self._offer(now)
        if task.is_critical:
            words = {"limit": display.moment_short(task.due_at)}
            self.fields["when"].help_text = gettext("At the latest until its limit, %(limit)s.") % words
            self.fields["when"].initial = "hour" if self.times["hour"][0] <= task.due_at else "pick"

    def _offer(self, now: dt.datetime) -> None:
        """This afternoon is a choice until it is near, or when it was chosen while it still was one."""
        ahead = self.times["afternoon"][0] - now >= dt.timedelta(minutes=30)
        chosen = self.is_bound and self.data.get("when") == "afternoon"
        labels = {key: label for key, (_when, label) in (*self.times.items(), *self.near.items())}
        if not (ahead or chosen):
            del labels["afternoon"]
        choices = list(labels.items())
        self.fields["when"].choices = [*choices, ("pick", gettext("Pick a day or a time"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        when = data.get("when") or ""
        if when in self.times:
            data["until"] = self.times[when][0]
        elif when and not self.errors.keys() & {"day", "time"}:
            time = data.get("time")
            day = data.get("day") if when == "pick" else self.near[when][0]
            if day is None and time is not None:
                day = timezone.now().astimezone(self.user.zone).date()
            if day is None:
                self.add_error("day", gettext("Pick the day it comes back."))
            else:
                data["until"] = self._start(day, time)
        return data

    def _start(self, day: dt.date, time: dt.time | None) -> dt.datetime:
        """Without a time it is back at the start of the day, so that the day begins with it."""
        if time is None:
            return start_of_day(day, self.user.organization.zone)
        return Due.at_time(day, time, self.user.zone).at
