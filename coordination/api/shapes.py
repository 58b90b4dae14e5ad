"""What goes in and what comes out. Nothing unknown goes in; what comes out is read straight from the row."""

import datetime as dt
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as __
from rest_framework import serializers

from coordination.lib.days import FIRST_YEAR, LAST_YEAR


class Input(serializers.Serializer[Any]):
    """A body or a query. A name it does not know is refused, not passed over: it was meant to do something."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError({name: [__("Not known here.")] for name in sorted(unknown)})
        return super().to_internal_value(data)


class Nothing(Input):
    """The address says it all."""


class Output(serializers.Serializer[Any]):
    """One row as the API shows it. Its columns are looked up once for the whole list, and no column asks the database."""

    @cached_property
    def _columns(self) -> list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]]:
        return [
            (
                name,
                _the_row if field.source == "*" else attrgetter(str(field.source)),
                field.to_representation,
            )
            for name, field in self.fields.items()
        ]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = {}
        for name, read, show in self._columns:
            value = read(instance)
            shown[name] = None if value is None else show(value)
        return shown


def _the_row(row: Any) -> Any:
    return row


class Text(serializers.CharField):
    """A text. A number in its place is a mistake of the caller's program."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number, also in an address; in a body neither a text nor true."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class Yes(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Moment(serializers.DateTimeField):
    """A moment with its zone; comes out in UTC with a Z."""

    default_error_messages = {"zone": __("Write the moment with its zone, as in 2026-11-21T17:30:00Z.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=dt.UTC, **kwargs)

    def to_internal_value(self, value: Any) -> dt.datetime:
        try:
            moment = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            self.fail("zone")
        return moment.astimezone(dt.UTC)


class Day(serializers.DateField):
    def to_internal_value(self, value: Any) -> dt.date:
        day: dt.date = super().to_internal_value(value)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail("invalid", format="YYYY-MM-DD")
        return day


def one_of(choices: Any, *, blank: bool = False, **kwargs: Any) -> serializers.ChoiceField:
    """A closed list of values. `blank`: the empty text stands for "not said"."""
    values = [value for value in choices.values if value != ""]
    return serializers.ChoiceField(choices=values, allow_blank=blank, **kwargs)


def identifier(**kwargs: Any) -> serializers.UUIDField:
    return serializers.UUIDField(**kwargs)
