"""Puts the town together: the organization, its people, and every row about them, by COPY."""

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from coordination.accounts.models import User
from coordination.lib.rls import enter_organization
from coordination.town import chart, health, work
from coordination.town.calendar import Calendar
from coordination.town.citizens import Citizen, citizen, id_of, patient_row
from coordination.town.emergency import settle_emergency
from coordination.town.layout import CASELOAD, ZONE, Layout, build_layout
from coordination.town.sheets import FLUSH_AT, Sheet, rules_lifted
from coordination.town.stories import OWN_DAY, STORIES, Story
from coordination.town.words import settle_words

PATIENT_MODELS = [
    "Patient", "Identifier", "ContactPoint", "Address", "RelatedPerson", "CareTeamMember", "Consent", "Coverage", "Condition", "Allergy",
    "Medication", "Procedure", "Immunization", "FamilyHistory", "Encounter", "Observation", "SimilarName",
]  # fmt: skip
OPEN = {"open", "in_progress", "waiting", "blocked"}
Say = Callable[[int], None]


class Town:
    """`history` is full (a whole chart), light (how to reach people, two conditions) or none."""

    def __init__(
        self, patients: int, seed: int, today: dt.date | None, *, history: str, tasks_each: int | None
    ) -> None:
        self.count, self.seed, self.history, self.tasks_each = patients, seed, history, tasks_each
        zone = ZoneInfo(ZONE)
        self.calendar = Calendar(today or timezone.now().astimezone(zone).date(), zone)
        self.random = Random(seed)

    @transaction.atomic
    def settle(self, say: Say) -> Layout:
        self.layout = build_layout(self.count, self.calendar, self.random)
        enter_organization(self.layout.organization.pk)
        with connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = 0; set constraints all immediate")
        self.sheets = {name: self._sheet(f"patients.{name}") for name in PATIENT_MODELS}
        self.sheets |= {name: self._sheet(f"worklist.{name}") for name in ("Task", "Contact")}
        with rules_lifted(self.sheets):
            for number, (person, story) in enumerate(self._people(), start=1):
                self._move_in(person, story)
                if len(self.sheets["Task"].lines) + len(self.sheets["Patient"].lines) >= FLUSH_AT:
                    self._flush()
                    say(number)
            self._own_day()
            self._flush()
        self._similar_names()
        if not self.tasks_each:  # a town to be multiplied has nothing that happens once
            settle_emergency(self.layout, self.calendar)
            settle_words(self.layout)
        return self.layout

    def _sheet(self, label: str) -> Sheet:
        model = apps.get_model(label)
        names = {field.name for field in model._meta.concrete_fields}
        now, system = timezone.now(), self.layout.system.pk
        common = {
            "organization": self.layout.organization.pk,
            "created_at": now,
            "updated_at": now,
            "created_by": system,
            "updated_by": system,
        }
        return Sheet(model, **{name: value for name, value in common.items() if name in names})

    def _flush(self) -> None:
        for sheet in self.sheets.values():
            sheet.flush()

    def _people(self) -> Iterator[tuple[Citizen, Story | None]]:
        told = islice(STORIES, self.count)
        for number, story in enumerate(told):
            yield self._told(number, story), story
        for number in range(len(STORIES), self.count):
            yield citizen(self.seed, number, self.calendar), None

    def _told(self, number: int, story: Story) -> Citizen:
        person = citizen(self.seed, number, self.calendar)
        person.family, person.given, person.sex, person.born = (
            story.family,
            story.given,
            story.sex,
            story.born,
        )
        person.illnesses = [
            illness for code in story.illnesses for illness in health.ILLNESSES if illness.code == code
        ]
        person.is_deceased = person.care_ended = False
        return person

    def _coordinator(self, person: Citizen, story: Story | None) -> User:
        people = self.layout.coordinators
        return people[0] if story else people[min(person.number // CASELOAD, len(people) - 1)]

    # ------------------------------------------------------------------------------------------------ one person
    def _move_in(self, person: Citizen, story: Story | None) -> None:
        coordinator = self._coordinator(person, story)
        allergies = (
            story.allergies
            if story
            else person.random.choice((0, 0, 0, 1, 1, 2))
            if self.history == "full"
            else 0
        )
        row = patient_row(person, self.calendar, allergies=allergies)
        if story:
            row |= {
                "language": "en",
                "written_language": "en",
                "interpreter_needed": "no",
                "safety_note": "",
                "preferred_name": "",
                **story.patient,
            }
        tasks = self._tasks(person, story)
        contacts = self._contacts(person, story)
        last_outcome = contacts[-1]["outcome"] if contacts else ""
        about = {"risk": row["risk"], "last_outcome": last_outcome}
        tasks = [task | work.weight_of(task, **about) for task in tasks]
        self._put_work(coordinator, tasks, contacts)
        due = [task["due_at"] for task in tasks if task.get("status", "open") in OPEN]
        row |= {
            "team": self.layout.home[coordinator.pk].pk,
            "coordinator": coordinator.pk,
            "open_tasks": len(due),
            "next_due_at": min(due, default=None),
        }
        if contacts:
            row |= {
                "last_contact_at": contacts[-1]["occurred_at"],
                "last_contact_outcome": last_outcome,
            }
        self.sheets["Patient"].add(**row)
        self._care_team(person, coordinator, row.get("care_ended_on"))
        if self.history != "none":
            self._chart(person, story, allergies)

    def _tasks(self, person: Citizen, story: Story | None) -> list[dict[str, Any]]:
        if story is None or self.tasks_each:
            return work.tasks_of(person, self.calendar, count=self.tasks_each)
        if story.matter is None:
            return []
        return [
            work.open_task(
                person, person.random, self.calendar, matter=story.matter, due=self._due(story), **story.task
            )
        ]

    def _due(self, story: Story) -> dt.datetime:
        match story.due:
            case ("time", hour, minute):
                return self.calendar.at(0, hour, minute)
            case ("business", since, count):
                return self.calendar.business_days_after(since, count)
            case ("hours", count, _):
                return max(
                    self.calendar.at(0, 9), min(timezone.now(), self.calendar.at(0, 20))
                ) + dt.timedelta(hours=count)
            case (_, offset, _):
                return self.calendar.by_end_of(offset)

    def _contacts(self, person: Citizen, story: Story | None) -> list[dict[str, Any]]:
        if story is None:
            return work.contacts_of(person, self.calendar) if self.history == "full" else []
        made = []
        for ago, outcome, note in reversed(story.contacts):
            at = self.calendar.at(-ago, 8, 15)
            made.append(
                {
                    "id": id_of(person.random, int(at.timestamp() * 1000)),
                    "patient": person.id,
                    "occurred_at": at,
                    "minutes": 5,
                    "outcome": outcome,
                    "note": note,
                    "no_follow_up_reason": "Task stays open",
                }
            )
        return made

    def _put_work(
        self, coordinator: User, tasks: list[dict[str, Any]], contacts: list[dict[str, Any]]
    ) -> None:
        for task in tasks:
            owner: dict[str, Any] = {"owner": coordinator.pk}
            if task.get("closed_at"):
                task["closed_by"] = coordinator.pk
            elif self.random.random() < 0.06 and not task.get("due_rule"):
                owner = {"owner": None, "queue": self.layout.home[coordinator.pk].pk}
            self.sheets["Task"].add(**owner, **task)
        for contact in contacts:
            self.sheets["Contact"].add(
                staff=coordinator.pk, staff_credential=coordinator.credential, **contact
            )

    def _care_team(self, person: Citizen, coordinator: User, ended: dt.date | None) -> None:
        since = self.calendar.day(-person.random.randrange(100, 600))
        ends = ended + dt.timedelta(days=self.layout.organization.sight_grace_days) if ended else None
        key = int(self.calendar.at(-600, 9).timestamp() * 1000)
        self.sheets["CareTeamMember"].add(
            id=id_of(person.random, key),
            patient=person.id,
            user=coordinator.pk,
            role="coordinator",
            is_primary=ended is None,
            starts_on=since,
            ends_on=ends,
        )
        if self.history == "full":
            name = person.random.choice(health.CLINICIANS)
            self.sheets["CareTeamMember"].add(
                id=id_of(person.random, key),
                patient=person.id,
                name=name,
                works_at=person.random.choice(health.CLINICS),
                role="primary_care",
                starts_on=since,
            )

    def _chart(self, person: Citizen, story: Story | None, allergies: int) -> None:
        book = chart.Chart(person, self.calendar, lambda model, **values: self.sheets[model].add(**values))
        book.reach()
        if self.history == "light":
            return
        book.family(story.proxy if story else "")
        book.coverage()
        book.allergies(allergies)
        book.conditions()
        book.visits(4)
        book.rest()
        if story and story.discharged_days_ago >= 0:
            hospital = "Mercy General Hospital" if story.family == "Okafor" else "Saint Brigid Hospital"
            book.stay(story.discharged_days_ago, 4, person.illnesses[0].text, hospital)
        elif person.random.random() < 0.12:
            book.stay(
                person.random.randrange(3, 300),
                person.random.randrange(1, 9),
                person.random.choice(health.STAY_REASONS),
                person.random.choice(health.HOSPITALS),
            )

    def _own_day(self) -> None:
        """What the first coordinator has to do today about no patient at all."""
        key = int(self.calendar.at(-3, 9).timestamp() * 1000)
        for kind, title, reason, (hour, minute), minutes in OWN_DAY:
            task = {"kind": kind, "minutes": minutes, "due_at": self.calendar.at(0, hour, minute)}
            self.sheets["Task"].add(
                id=id_of(self.random, key), owner=self.layout.coordinators[0].pk, title=title, reason=reason, due_has_time=True,
                **task, **work.weight_of(task),
            )  # fmt: skip

    def _similar_names(self) -> None:
        """Mark pairs with one sort name, or one sounding alike and born within days, both ways."""
        if self.count > 5_000:
            return
        with connection.cursor() as cursor:
            cursor.execute(_SIMILAR, [self.layout.organization.pk])
            cursor.execute(
                "update patients_patient p set has_similar_name = true where exists (select 1 from patients_similarname s where s.patient_id = p.id)"
            )


_SIMILAR = """
    insert into patients_similarname (patient_id, other_id, organization_id, reason)
    select a.id, b.id, a.organization_id,
           case when a.sort_name = b.sort_name then 'same_name' else 'sounds_alike' end
    from patients_patient a join patients_patient b
      on a.organization_id = b.organization_id and a.id <> b.id and lower(a.family) = lower(b.family)
     and (split_part(lower(a.given), ' ', 1) = split_part(lower(b.given), ' ', 1)
          or left(lower(a.given), 4) = left(lower(b.given), 4))
    where a.organization_id = %s
"""
