"""A colleague in a form. Where there are more than a list can hold, a field above it finds the others by name."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.accounts.access import uuids
from coordination.accounts.circles import Circle, in_words, offered_first, people_in
from coordination.accounts.models import User


class PersonSelect(forms.Select):
    template_name = "accounts/person_select.html"
    circle: Circle | None = None  # whom the field above the list finds; none: the list holds everyone
    prefix = ""  # what stands before an id in the values of the list

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs) | {"circle": self.circle, "prefix": self.prefix}
        if self.circle is not None:  # whoever is to choose begins by typing
            context["find_first"] = context["widget"]["attrs"].pop("autofocus", False)
        return context


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Offers nobody until the form calls `offer`."""

    widget = PersonSelect

    def __init__(self, **given: Any) -> None:
        super().__init__(queryset=User.objects.none(), **given)

    def offer(self, user: User, circle: Circle = Circle.EVERYONE, **leave_out: Any) -> None:
        """Let `user` choose among a circle of colleagues. `leave_out` is whom not, as `exclude` takes it."""
        self.queryset = self.everyone = people_in(circle, user).exclude(**leave_out)
        first = offered_first(user, self.everyone)
        self.people = first.people
        self.widget.circle = None if first.is_everyone else circle
        self.list_them()

    def list_them(self) -> None:
        """Write the list anew from `people`."""
        nobody = [] if self.empty_label is None else [("", self.empty_label)]
        self.choices = [*nobody, *self.grouped(in_words(self.people))]

    def grouped(self, people: list[tuple[str, str]]) -> list[Any]:
        """What may be found goes into a group of its own, the last, which the answer of a search takes the place of."""
        return people if self.widget.circle is None else [(_("People"), people)]

    def to_python(self, value: Any) -> Any:
        if value and not uuids([str(value)]):
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        """Who was found before, or kept in a draft, is in the list again."""
        bound = super().get_bound_field(form, field_name)
        if self.widget.circle is not None:
            chosen = str(bound.value() or "").removeprefix(self.widget.prefix)
            wanted = set(uuids([chosen])) - {person.pk for person in self.people}
            if wanted and (found := self.everyone.filter(pk__in=wanted).first()):
                self.people = [*self.people, found]
                self.list_them()
        return bound
