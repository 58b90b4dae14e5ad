"""Whom a form lets one choose: which colleagues, and which of them it shows before anybody is looked for."""

import enum
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from coordination.accounts.access import NEARBY, list_colleagues, people_managed, teammates
from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.accounts.roles import roles_with

FOUND = 20  # HOUSE: how many a search names; who is not among them is found by more of the name


class Circle(enum.StrEnum):
    EVERYONE = "everyone"
    WORKERS = "workers"
    CARRIERS = "carriers"
    MANAGED = "managed"


RIGHTS = {Circle.WORKERS: Permission.TASK_WORK, Circle.CARRIERS: Permission.CONTACT_LOG}


def people_in(circle: Circle, user: User) -> QuerySet[User]:
    """The colleagues one may choose: everyone, who works tasks, who carries patients, or whose absence one arranges."""
    if circle is Circle.MANAGED:
        return people_managed(user)
    people: QuerySet[User] = list_colleagues(user)
    right = RIGHTS.get(circle)
    return people.filter(roles__overlap=roles_with(right)) if right else people


@dataclass(frozen=True)
class Offered:
    """The people a list begins with, and whether that is everyone there is to choose."""

    people: list[User]
    is_everyone: bool


def offered_first(user: User, people: QuerySet[User]) -> Offered:
    """All of a small organization; of a larger one those of one's own teams, for who is in none the first by name.

    One statement, or two.
    """
    first = list(people[: NEARBY + 1])
    if len(first) <= NEARBY:
        return Offered(first, is_everyone=True)
    near = people.filter(Q(pk=user.pk) | Q(pk__in=teammates(user)))
    return Offered(list(near[:NEARBY]) or first[:NEARBY], is_everyone=False)


def called(people: QuerySet[User], text: str) -> list[User]:
    """Those whose name or e-mail address holds `text`; who begins with it comes first. At most FOUND."""
    begins = people.filter(Q(name__istartswith=text) | Q(email__istartswith=text))[:FOUND]
    holds = people.filter(Q(name__icontains=text) | Q(email__icontains=text))[:FOUND]
    return list(dict.fromkeys([*begins, *holds]))[:FOUND]


def in_words(people: Sequence[User]) -> list[tuple[str, str]]:
    """Id and name of each; two of one name are told apart by their e-mail addresses."""
    times = Counter(person.name for person in people)
    return [
        (str(person.pk), f"{person.name} ({person.email})" if times[person.name] > 1 else person.name)
        for person in people
    ]
