"""Records that need a person: each section is one question, each row says why it is there and what comes next.

The apps above add sections of their own (`settings.PATIENT_ATTENTION`): callables `(user) -> list[Section]`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.lib.paging import Count, Page, capped_count, keyset
from patients.access import list_patients
from patients.models import Consent, ContactPoint, Patient, SimilarName, TwoPeople
from patients.pairs import who

PAGE = 25
Item = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """One kind of gap. `rows`: those the person may see; `row`: one of them as the page shows it."""

    key: str
    label: str | Promise
    lead: str | Promise
    rows: QuerySet[Any]
    row: Callable[[Any], Item]
    order: tuple[tuple[str, str], ...] = (("sort_name", "asc"), ("id", "asc"))

    @cached_property
    def count(self) -> Count:
        return capped_count(self.rows)

    def page(self, *, after: str | None, before: str | None) -> Page[Any]:
        return keyset(self.rows, order=self.order, after=after, before=before, size=PAGE)  # type: ignore[arg-type]


def sections_of(user: User) -> list[Section]:
    """What this person may see and put right, the most dangerous first."""
    return [section for path in settings.PATIENT_ATTENTION for section in import_string(path)(user)]


def section_in(query: Mapping[str, Any], sections: list[Section]) -> Section:
    """The section an address asks for; else the first that holds something."""
    asked = next((section for section in sections if section.key == query.get("show")), None)
    return asked or next((section for section in sections if section.count.number), sections[0])


def of_records(user: User) -> list[Section]:
    """The sections about the record itself."""
    found = [_may_be_one(user), _without_phone(user)]
    if user.may(Permission.CARE_TEAM_EDIT):
        found.append(_without_coordinator(user))
    found.append(_without_language(user))
    if user.may(Permission.CONSENT_EDIT):
        found.append(_consent_ended(user))
    return found


def patient_row(user: User, why: str, label: str, route: str, *more: Any) -> Callable[[Patient], Item]:
    """A row of the page: the patient, why they are here, and the one next thing to do."""
    return lambda patient: {
        "who": who(user, patient),
        "why": why,
        "actions": [{"label": label, "url": reverse(route, args=[patient.pk, *more])}],
    }


def in_care(user: User) -> Any:
    return list_patients(user).active().filter(is_deceased=False)


def _may_be_one(user: User) -> Section:
    """Pairs of the same name, or of one alike with the same date of birth, that nobody has told apart."""
    mine = list_patients(user).order_by().values("pk")
    pairs = SimilarName.objects.filter(patient__in=mine, other__in=mine, patient__lt=F("other"))
    one_birth = (
        Q(patient__birth_date=F("other__birth_date"))
        | Q(patient__birth_date__isnull=True)
        | Q(other__birth_date__isnull=True)
    )
    told = TwoPeople.objects.filter(patient=OuterRef("patient"), other=OuterRef("other"))
    pairs = pairs.filter(~Q(reason=SimilarName.Reason.SOUNDS_ALIKE) | one_birth).exclude(Exists(told))
    return Section(
        "same",
        __("May be one person"),
        __("Two records that look like one person. Merge them, or say that they are two people."),
        pairs.select_related("patient__coordinator", "patient__team", "other__coordinator", "other__team"),
        lambda pair: _pair_row(user, pair),
        (("id", "asc"),),
    )


def _pair_row(user: User, pair: SimilarName) -> Item:
    both = [pair.patient.pk, pair.other.pk]
    actions = [{"label": _("They are two people"), "url": reverse("patients:two_people", args=both)}]
    if user.may(Permission.PATIENT_MERGE):
        actions.insert(0, {"label": _("Compare and merge"), "url": reverse("patients:merge_with", args=both)})
    return {
        "who": who(user, pair.patient),
        "other": who(user, pair.other),
        "why": pair.get_reason_display(),
        "actions": actions,
    }


def _without_phone(user: User) -> Section:
    kinds = ContactPoint.Kind
    works = ContactPoint.objects.filter(
        patient=OuterRef("pk"), do_not_use=False, kind__in=[kinds.MOBILE, kinds.HOME, kinds.WORK]
    )
    return Section(
        "phone",
        __("No working phone"),
        __("In care, and no number that may be dialed."),
        in_care(user).exclude(Exists(works)),
        patient_row(
            user, _("No number that may be dialed"), _("Add a number"), "patients:line_new", "phones"
        ),
    )


def _without_coordinator(user: User) -> Section:
    return Section(
        "coordinator",
        __("Nobody answers"),
        __("In care without a primary coordinator."),
        in_care(user).filter(coordinator__isnull=True),
        patient_row(user, _("No primary coordinator"), _("Choose one"), "patients:hand_over"),
    )


def _without_language(user: User) -> Section:
    return Section(
        "language",
        __("Language not known"),
        __("An interpreter is needed, and nobody wrote down for which language."),
        in_care(user).filter(interpreter_needed="yes", language=""),
        patient_row(
            user,
            _("Interpreter needed, language not recorded"),
            _("Record the language"),
            "patients:edit_language",
        ),
    )


def _consent_ended(user: User) -> Section:
    today = user.organization.today()
    given = Consent.objects.open_to(user).filter(patient=OuterRef("pk"), given=True, revoked_at__isnull=True)
    ended = given.filter(expires_on__lt=today)
    holds = Consent.objects.filter(
        patient=OuterRef("patient"), kind=OuterRef("kind"), given=True, revoked_at__isnull=True
    ).filter(Q(expires_on__isnull=True) | Q(expires_on__gte=today))
    return Section(
        "consent",
        __("Consent ended"),
        __("In care, and a consent ended without a new one."),
        in_care(user).filter(Exists(ended.exclude(Exists(holds)))),
        patient_row(user, _("A consent ended"), _("Record a new one"), "patients:consent_add"),
    )
