"""Who does a task: a person, or the queue of a team."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from coordination.accounts.circles import Circle
from coordination.accounts.models import Team, User
from coordination.accounts.person_field import PersonField, PersonSelect

USER, TEAM = "user:", "team:"


class OwnerSelect(PersonSelect):
    prefix = USER


class OwnerField(PersonField):
    """Its value is a `User` or a `Team`. Offers nobody until the form calls `offer_to`."""

    widget = OwnerSelect
    queues: dict[str, Team] = {}
    me: User | None = None

    def offer_to(
        self, user: User, queues: Sequence[Team], *, me_first: bool = False, **leave_out: Any
    ) -> None:
        """Offer those who work tasks, and the queues. `me_first`: oneself, chosen already; else nobody is."""
        self.queues = {f"{TEAM}{team.pk}": team for team in queues}
        self.me = user if me_first else None
        self.offer(user, Circle.WORKERS, **leave_out)

    def grouped(self, people: list[tuple[str, str]]) -> list[Any]:
        groups: list[Any] = []
        if self.queues:
            groups.append((_("Team queue"), [(key, team.name) for key, team in self.queues.items()]))
        others = [(pk, name) for pk, name in people if self.me is None or pk != str(self.me.pk)]
        groups.append((_("People"), [(USER + pk, name) for pk, name in others]))
        return groups if self.me is None else [(f"{USER}{self.me.pk}", _("Me")), *groups]

    def to_python(self, value: Any) -> Any:
        if value in self.queues:
            return self.queues[value]
        if value and not str(value).startswith(USER):
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(str(value).removeprefix(USER))


def split_owner(data: dict[str, Any]) -> dict[str, Any]:
    """What was chosen as `to`, as the actions take it: an owner or a queue."""
    chosen = data.get("to")
    return {
        "owner": chosen if isinstance(chosen, User) else None,
        "queue": chosen if isinstance(chosen, Team) else None,
    }
