"""A person's health history, addresses, family and coverage, as rows."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from coordination.town import health, pools
from coordination.town.calendar import Calendar
from coordination.town.citizens import Citizen, id_of

Put = Callable[..., None]  # put(model name, **values)
EHR = "Riverbend EHR"


class Chart:
    """Writes one person's chart, line by line, into the sheets."""

    def __init__(self, person: Citizen, calendar: Calendar, put: Put) -> None:
        self.person, self.calendar, self.random = person, calendar, person.random
        self._put = put

    def line(self, model: str, ago: int, **values: Any) -> None:
        at = self.calendar.at(-ago, 8 + self.random.randrange(9), self.random.randrange(60))
        values.setdefault("occurred_at", at)
        self._put(
            model,
            id=id_of(self.random, int(at.timestamp() * 1000)),
            patient=self.person.id,
            recorded_at=values["occurred_at"],
            source=EHR,
            **values,
        )

    def plain(self, model: str, **values: Any) -> None:
        key = int(self.calendar.at(-400, 12).timestamp() * 1000) + self.random.randrange(1_000_000)
        self._put(model, id=id_of(self.random, key), patient=self.person.id, **values)

    # ------------------------------------------------------------------------------------------ how to reach them
    def reach(self) -> None:
        random = self.random
        line = f"{random.choice(pools.AREA_CODES)}5550{random.randrange(100, 200)}"
        self.plain(
            "ContactPoint", kind="mobile" if random.random() < 0.8 else "home", value=f"({line[:3]}) {line[3:6]}-{line[6:]}", number=f"+1{line}",
            voicemail=random.choice(("details", "callback", "callback", "none", "unknown")), text_allowed=random.random() < 0.6,
            best_time=random.choice(("", "", "after 10:00", "evenings", "before noon")),
        )  # fmt: skip
        city, postal = random.choice(pools.PLACES)
        street = f"{random.randrange(10, 990)} {random.choice(pools.STREETS)} {random.choice(pools.KINDS_OF_STREET)}"
        self.plain("Address", line=street, city=city, state=pools.STATE, postal_code=postal, country="US")
        self.plain(
            "Identifier",
            kind="MR",
            system="https://riverbend.example/mrn",
            value=f"{44_000_000 + self.person.number}",
        )

    def family(self, proxy: str = "") -> None:
        random = self.random
        if proxy:
            self.plain(
                "RelatedPerson", name=proxy, relationship="Daughter", phone="(937) 555-0177", is_emergency_contact=True, is_caregiver=True,
                authority="power_of_attorney", starts_on=self.calendar.day(-500), verified_on=self.calendar.day(-200), may_be_told="Everything",
            )  # fmt: skip
        elif random.random() < 0.75:
            community = self.person.community
            relation = random.choice(pools.RELATIONS)
            given = random.choice(community.women + community.men)
            holds_power = random.random() < 0.25
            self.plain(
                "RelatedPerson", name=f"{given} {self.person.family}", relationship=relation, phone=f"({random.choice(pools.AREA_CODES)}) 555-0{random.randrange(100, 200)}",
                is_emergency_contact=True, is_caregiver=random.random() < 0.4, authority="power_of_attorney" if holds_power else "none",
                starts_on=self.calendar.day(-500) if holds_power else None, verified_on=self.calendar.day(-200) if holds_power else None,
                may_be_told="Everything" if holds_power else "Appointments only",
            )  # fmt: skip
        self.plain(
            "Consent",
            kind="care_coordination",
            signed_on=self.calendar.day(-random.randrange(20, 340)),
            expires_on=self.calendar.day(random.randrange(10, 400)),
            scope="Care team and health plan",
        )

    def coverage(self) -> None:
        random, age = self.random, self.person.age(self.calendar.today)
        choices = health.PAYERS[:2] if age >= 65 else health.PAYERS[2:]
        kind, payer, plan = random.choice(choices)
        self.plain(
            "Coverage",
            kind=kind,
            payer=payer,
            plan=plan,
            member_id=f"{random.randrange(10**8, 10**9)}",
            starts_on=self.calendar.day(-random.randrange(100, 1500)),
            subscriber="Self",
        )

    # ----------------------------------------------------------------------------------------------- health history
    def allergies(self, count: int) -> None:
        for code, text, category, reaction, criticality in self.random.sample(health.ALLERGIES, count):
            self.line(
                "Allergy",
                self.random.randrange(300, 3000),
                code=code,
                code_system=health.RXNORM if code else "",
                text=text,
                category=category,
                reaction=reaction,
                criticality=criticality,
            )

    def conditions(self) -> None:
        for illness in self.person.illnesses:
            ago = self.random.randrange(100, 3500)
            self.line(
                "Condition",
                ago,
                code=illness.code,
                code_system=health.ICD,
                text=illness.text,
                sensitivity=illness.sensitivity,
                status="active",
            )
            for code, text, dosage in illness.medicines:
                self.line(
                    "Medication", min(ago, self.random.randrange(20, 900)), code=code, code_system=health.RXNORM, text=text, dosage=dosage, reason=illness.text,
                    prescriber=self.random.choice(health.CLINICIANS), sensitivity=illness.sensitivity, status="active",
                )  # fmt: skip

    def visits(self, most: int) -> None:
        random = self.random
        for _n in range(random.randrange(1, most + 1)):
            ago = random.randrange(5, 700)
            start = self.calendar.at(-ago, random.randrange(8, 16))
            self.line(
                "Encounter", ago, occurred_at=start, ended_at=start + dt.timedelta(minutes=30), kind="AMB", text=random.choice(health.VISIT_REASONS),
                facility=random.choice(health.CLINICS), clinician=random.choice(health.CLINICIANS), status="finished",
            )  # fmt: skip
            self.measure(ago)

    def measure(self, ago: int) -> None:
        random = self.random
        systolic = random.randrange(108, 172)
        self.line(
            "Observation",
            ago,
            code="8480-6",
            code_system=health.LOINC,
            text="Systolic blood pressure",
            value=str(systolic),
            number=systolic,
            unit="mmHg",
            category="vital-signs",
        )
        weight = random.randrange(110, 290)
        self.line(
            "Observation",
            ago,
            code="29463-7",
            code_system=health.LOINC,
            text="Body weight",
            value=str(weight),
            number=weight,
            unit="lb",
            category="vital-signs",
        )
        if any(illness.code == "E11.9" for illness in self.person.illnesses):
            a1c = round(random.uniform(5.8, 11.2), 1)
            self.line(
                "Observation",
                ago,
                code="4548-4",
                code_system=health.LOINC,
                text="Hemoglobin A1c",
                value=str(a1c),
                number=a1c,
                unit="%",
                category="laboratory",
            )
        if any(illness.sensitivity == "BH" for illness in self.person.illnesses):
            score = random.randrange(3, 22)
            self.line(
                "Observation",
                ago,
                code="44261-6",
                code_system=health.LOINC,
                text="PHQ-9 total score",
                value=str(score),
                number=score,
                unit="points",
                category="survey",
                sensitivity="BH",
            )

    def rest(self) -> None:
        random = self.random
        for code, text in random.sample(health.VACCINES, random.randrange(1, 4)):
            self.line(
                "Immunization",
                random.randrange(20, 900),
                code=code,
                code_system=health.CVX,
                text=text,
                status="completed",
            )
        if random.random() < 0.5:
            self.line(
                "Procedure",
                random.randrange(50, 3000),
                text=random.choice(health.PROCEDURES),
                status="completed",
            )
        if random.random() < 0.6:
            relative, text = random.choice(health.FAMILY_HISTORY)
            self.line("FamilyHistory", random.randrange(100, 900), text=text, relative=relative)

    def stay(self, discharged: int, nights: int, reason: str, facility: str) -> None:
        """A hospital stay that ended `discharged` days ago."""
        start, end = self.calendar.at(-discharged - nights, 14), self.calendar.at(-discharged, 16, 30)
        self.line(
            "Encounter",
            discharged,
            occurred_at=start,
            ended_at=end,
            kind="IMP",
            text=f"Hospital stay: {reason.lower()}",
            reason=reason,
            facility=facility,
            disposition="Home",
            status="finished",
        )
