"""Two records beside each other, as the pages about merging show them."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.lib import display
from patients.access import care_team_of, list_patients, merges_of, rows_of, told_apart_from
from patients.actions.unmerging import Touched, Undoing
from patients.comparing import said
from patients.facts import facts_of
from patients.finding import find
from patients.forms.merging import PairForm
from patients.matching import Match, Probe, duplicates
from patients.models import HISTORY, Address, ContactPoint, Identifier, Patient, PatientMerge
from patients.registry import rows
from patients.words import coverage_words, phone_words

Item = dict[str, Any]
MOST = 10


def who(user: User, patient: Patient) -> Item:
    (row,) = rows([patient], user)
    found: Item = row["who"]
    return found


def likely_others(user: User, patient: Patient) -> list[Item]:
    """Who may be the same person, among those the person sees; the ones told apart say so."""
    matches = {match.patient.pk: match for match in duplicates(probe_of_patient(user, patient))}
    seen = list(list_patients(user).filter(pk__in=[*matches, *_similar(user, patient)]))
    seen.sort(key=lambda other: (-_score(matches.get(other.pk)), other.sort_name, other.pk))
    return _offered(user, patient, seen[:MOST], matches)


def found_others(user: User, patient: Patient, text: str) -> list[Item]:
    """Who fits a search by two identifiers."""
    among = list_patients(user).exclude(pk=patient.pk)
    pks = find(user, among, text)[:MOST]
    place = {pk: number for number, pk in enumerate(pks)}
    return _offered(user, patient, sorted(among.filter(pk__in=pks), key=lambda row: place[row.pk]), {})


def probe_of_patient(user: User, patient: Patient) -> Probe:
    """What is known of somebody on record, for the search for the other record."""
    numbers = rows_of(user, ContactPoint, patient).exclude(number="").values_list("number", flat=True)
    identifiers = rows_of(user, Identifier, patient).values_list("value", flat=True)
    codes = rows_of(user, Address, patient).exclude(postal_code="").values_list("postal_code", flat=True)
    return Probe(
        organization_id=patient.organization_id,
        family=patient.family,
        given=patient.given,
        birth_date=patient.birth_date,
        sex=patient.sex,
        suffix=patient.suffix,
        numbers=frozenset(numbers),
        identifiers=frozenset({*identifiers, patient.record_number} - {""}),
        postal_code=codes.first() or "",
        except_id=patient.pk,
    )


def _similar(user: User, patient: Patient) -> list[Any]:
    return [other.pk for other in facts_of(user, patient).similar]


def _score(match: Match | None) -> float:
    return match.score if match else 0.0


def _offered(user: User, patient: Patient, others: list[Patient], matches: dict[Any, Match]) -> list[Item]:
    apart = told_apart_from(patient)
    entries = rows(others, user)
    return [
        {
            "who": entry["who"],
            "band": matches[other.pk].band if other.pk in matches else None,
            "why": matches[other.pk].why if other.pk in matches else "",
            "apart": apart.get(other.pk),
            "url": reverse("patients:merge_with", args=[patient.pk, other.pk]),
        }
        for other, entry in zip(others, entries, strict=True)
    ]


def side(user: User, patient: Patient) -> Item:
    """One record as the comparison shows it: how it is reached, covered and cared for, and how much there is."""
    known = facts_of(user, patient)
    today = user.organization.today()
    team = [row for row in care_team_of(user, patient) if row.is_member_on(today)]
    facts = {
        _("Phones and e-mail"): [phone_words(point) for point in known.phones],
        _("Addresses"): [row.one_line for row in known.addresses],
        _("Identifiers"): [
            f"{row.get_kind_display()}: {row.value}" for row in known.identifiers if row.kind != "SS"
        ],
        _("Coverage"): [coverage_words(row) for row in known.coverages],
        _("Care team"): [_member_words(row) for row in team],
        _("Open tasks"): [str(patient.open_tasks)] if user.may(Permission.TASK_VIEW) else [],
        _("Health history"): _history_words(user, patient),
    }
    return {
        "who": who(user, patient),
        "status": patient.get_status_display(),
        "facts": [
            {"label": label, "value": "\n".join(map(str, lines)) or display.not_recorded()}
            for label, lines in facts.items()
        ],
    }


def _member_words(row: Any) -> str:
    name = row.user.name if row.user else row.name
    return _("%(name)s, primary coordinator") % {"name": name} if row.is_primary else name


def _history_words(user: User, patient: Patient) -> list[str]:
    if not user.may(Permission.HISTORY_VIEW):
        return []
    counts = [(model.label, rows_of(user, model, patient).standing().count()) for model in HISTORY]
    return [f"{label}: {count}" for label, count in counts if count]


def compared(form: PairForm) -> list[Item]:
    """Each difference with what may be kept, as the table of the page shows it."""
    return [
        {
            "label": difference.aspect.label,
            "name": form.name_of(difference),
            "survivor": difference.survivor,
            "merged": difference.merged,
            "kept": form.kept_of(difference),
            "is_asked": difference.is_asked,
            "choices": difference.choices,
        }
        for difference in form.found
    ]


def history_of_merges(user: User, patient: Patient) -> list[Item]:
    """The records that went into this one, with the way back."""
    may = user.may(Permission.PATIENT_MERGE)
    return [
        {
            "merge": merge,
            "name": merge.merged.display_name,
            "number": merge.merged.record_number,
            "undo_url": reverse("patients:unmerge", args=[patient.pk, merge.pk])
            if may and merge.undone_at is None
            else "",
        }
        for merge in merges_of(patient)
    ]


def undoing_words(undoing: Undoing) -> Item:
    """What taking a merge back would do, as the page says it."""
    moved = sum(undoing.back.values())
    return {
        "moved": ngettext("%(n)s row goes back.", "%(n)s rows go back.", moved) % {"n": moved},
        "lost": ngettext(
            "%(n)s row was removed or handed on since and stays so.",
            "%(n)s rows were removed or handed on since and stay so.",
            undoing.lost,
        )
        % {"n": undoing.lost}
        if undoing.lost
        else "",
        "added": [{"label": model_words(label), "value": count} for label, count in undoing.added.items()],
        "touched": [(one.aspect.key, touched_words(undoing.merge, one)) for one in undoing.touched],
    }


def touched_words(merge: PatientMerge, touched: Touched) -> str:
    now, before = (said(touched.aspect, Patient(**values)) for values in (touched.now, touched.before))
    return _("%(label)s: now %(now)s, before %(before)s") % {
        "label": touched.aspect.label, "now": now, "before": before,
    }  # fmt: skip


def model_words(label: str) -> str:
    """What a table is called on a page."""
    words = {
        "patients.Address": _("Addresses"),
        "patients.CareTeamMember": _("Care team"),
        "patients.Consent": _("Consents"),
        "patients.ContactPoint": _("Phones and e-mail"),
        "patients.Coverage": _("Coverage"),
        "patients.Identifier": _("Identifiers"),
        "patients.RelatedPerson": _("Family and caregivers"),
        "patients.SourceDocument": _("Documents"),
        "patients.AccessDenial": _("Who may not see the record"),
        "worklist.Task": _("Tasks"),
        "worklist.Contact": _("Contacts"),
    } | {model._meta.label: str(model.label) for model in HISTORY}
    return words.get(label, label.rpartition(".")[2])
