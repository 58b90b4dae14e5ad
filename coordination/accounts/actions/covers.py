"""Who looks after whose caseload while its owner is away."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.accounts.models import Cover, User
from coordination.audit.actions import record
from coordination.audit.models import Event
from coordination.lib import display
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post

SECURITY = Event.Kind.SECURITY


@transaction.atomic
def start_cover(*, absent: User, covering: User, starts_on: dt.date, ends_on: dt.date, by: User) -> Cover:
    """Let one person look after another's caseload for some days, and tell them. The days are the organization's.

    Each day of an absence has one cover: two people who both think the other calls are nobody.
    """
    if absent.organization_id != covering.organization_id or not covering.is_active:
        raise Refused(_("These two people cannot cover for each other."), field="covering")
    if absent.pk == covering.pk:
        raise Refused(_("Choose someone else to cover."), field="covering")
    _refuse_days(starts_on, ends_on, today=absent.organization.today())
    _refuse_overlap(absent, starts_on, ends_on)
    cover = Cover.objects.create(
        organization_id=absent.organization_id,
        absent=absent,
        covering=covering,
        starts_on=starts_on,
        ends_on=ends_on,
        created_by=by,
    )
    detail = {"absent_id": str(absent.pk), "covering_id": str(covering.pk)}
    record("cover.started", kind=SECURITY, by=by, target=cover, detail=detail)
    cover.last_change = _kept(cover, before=None, after=_days(cover))
    _tell(cover, by=by)
    return cover


@transaction.atomic
def change_cover(*, cover: Cover, ends_on: dt.date, by: User, seen: dt.date | None = None) -> Cover:
    """Give a cover another last day, and tell the person who covers. Refused when it no longer ends on the day that was `seen`."""
    cover = _lock(cover)
    if seen is not None and cover.ends_on not in {seen, ends_on}:
        sentence = _("Somebody changed the last day to %(day)s meanwhile. Look again.")
        raise Refused(sentence % {"day": display.day_short(cover.ends_on)})
    today = cover.organization.today()
    if cover.ends_on < today:
        raise Refused(_("This cover is already over."))
    _refuse_days(cover.starts_on, ends_on, today=today)
    _refuse_overlap(cover.absent, cover.starts_on, ends_on, besides=cover)
    if cover.ends_on != ends_on:
        before = _days(cover)
        cover.ends_on = ends_on
        cover.save(update_fields=["ends_on"])
        record("cover.changed", kind=SECURITY, by=by, target=cover, changed=["ends_on"])
        cover.last_change = _kept(cover, before=before, after=_days(cover))
        _tell(cover, by=by)
    return cover


@transaction.atomic
def end_cover(*, cover: Cover, by: User) -> Cover:
    """End a cover today, and tell the person who covered. One that has not begun is taken back."""
    cover = _lock(cover)
    yesterday = cover.organization.today() - dt.timedelta(days=1)
    if cover.ends_on <= yesterday:
        raise Refused(_("This cover is already over."))
    record("cover.ended", kind=SECURITY, by=by, target=cover)
    _tell_end(cover, by=by)
    before = _days(cover)
    if cover.starts_on > yesterday:
        cover.last_change = _kept(cover, before=before, after=None)
        cover.delete()
    else:
        cover.ends_on = yesterday
        cover.save(update_fields=["ends_on"])
        cover.last_change = _kept(cover, before=before, after=_days(cover))
    return cover


@transaction.atomic
def put_cover_back(*, kept: dict[str, Any], by: User) -> None:
    """Take back the last act on a cover (`last_change`). Refused when it was changed since, or when the days are taken by now."""
    people = {"absent_id": kept["absent_id"], "covering_id": kept["covering_id"]}
    cover = _locked(kept["id"])
    if (_days(cover) if cover is not None else None) != kept["after"]:
        raise Refused(_("This cover was changed since."))
    if kept["before"] is None and cover is not None:
        record("cover.undone", kind=SECURITY, by=by, target=cover, detail=people)
        _tell_end(cover, by=by)
        cover.delete()
        return
    days = {name: dt.date.fromisoformat(day) for name, day in kept["before"].items()}
    before = Cover(pk=kept["id"], organization=by.organization, created_by=by, **people, **days)
    if not before.covering.is_active:
        raise Refused(_("These two people cannot cover for each other."))
    _refuse_days(before.starts_on, before.ends_on, today=before.organization.today())
    _refuse_overlap(before.absent, before.starts_on, before.ends_on, besides=before)
    if cover is None:
        before.save(force_insert=True)
    else:
        Cover.objects.filter(pk=cover.pk).update(**days)
    record("cover.undone", kind=SECURITY, by=by, target=before, detail=people)
    _tell(before, by=by)


def _days(cover: Cover) -> dict[str, str]:
    return {"starts_on": cover.starts_on.isoformat(), "ends_on": cover.ends_on.isoformat()}


def _kept(cover: Cover, *, before: dict[str, str] | None, after: dict[str, str] | None) -> dict[str, Any]:
    """What takes an act back: the days before it and after it, None where there was no cover."""
    who = {"absent_id": str(cover.absent_id), "covering_id": str(cover.covering_id)}
    return {"id": str(cover.pk), **who, "before": before, "after": after}


def _lock(cover: Cover) -> Cover:
    locked = _locked(cover.pk)
    if locked is None:
        raise Refused(_("This cover is already over."))
    return locked


def _locked(pk: Any) -> Cover | None:
    rows = Cover.objects.select_for_update(of=("self",)).select_related("organization", "absent", "covering")
    return rows.filter(pk=pk).first()


def _refuse_days(starts_on: dt.date, ends_on: dt.date, *, today: dt.date) -> None:
    if ends_on < starts_on:
        raise Refused(_("The last day is before the first."), field="ends_on")
    if ends_on < today:
        raise Refused(_("These days are already over."), field="ends_on")


def _refuse_overlap(
    absent: User, starts_on: dt.date, ends_on: dt.date, *, besides: Cover | None = None
) -> None:
    User.objects.select_for_update(no_key=True).get(
        pk=absent.pk
    )  # two covers of one person are arranged one after the other
    others = Cover.objects.filter(absent=absent, starts_on__lte=ends_on, ends_on__gte=starts_on)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    other = others.select_related("covering").order_by("starts_on", "pk").first()
    if other is not None:
        sentence = _(
            "%(covering)s covers for %(absent)s from %(first)s to %(last)s. Change or end that first."
        )
        days = {"first": display.day_short(other.starts_on), "last": display.day_short(other.ends_on)}
        raise Refused(sentence % {"covering": other.covering, "absent": absent, **days}, field="ends_on")


def _tell(cover: Cover, *, by: User) -> None:
    post("cover.arranged", organization_id=cover.organization_id, cover_id=cover.pk, by_id=by.pk)


def _tell_end(cover: Cover, *, by: User) -> None:
    post(
        "cover.ended",
        organization_id=cover.organization_id,
        cover_id=cover.pk,
        absent_id=cover.absent_id,
        covering_id=cover.covering_id,
        by_id=by.pk,
    )
