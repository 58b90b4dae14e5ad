"""Who looks after whose caseload while its owner is away."""

import datetime as dt

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
    _tell(cover, by=by)
    return cover


@transaction.atomic
def change_cover(*, cover: Cover, ends_on: dt.date, by: User) -> Cover:
    """Give a cover another last day, and tell the person who covers."""
    cover = _lock(cover)
    today = cover.organization.today()
    if cover.ends_on < today:
        raise Refused(_("This cover is already over."))
    _refuse_days(cover.starts_on, ends_on, today=today)
    _refuse_overlap(cover.absent, cover.starts_on, ends_on, besides=cover)
    if cover.ends_on != ends_on:
        cover.ends_on = ends_on
        cover.save(update_fields=["ends_on"])
        record("cover.changed", kind=SECURITY, by=by, target=cover, changed=["ends_on"])
        _tell(cover, by=by)
    return cover


@transaction.atomic
def end_cover(*, cover: Cover, by: User) -> None:
    """End a cover today. One that has not begun is taken back."""
    cover = _lock(cover)
    yesterday = cover.organization.today() - dt.timedelta(days=1)
    if cover.ends_on <= yesterday:
        raise Refused(_("This cover is already over."))
    record("cover.ended", kind=SECURITY, by=by, target=cover)
    if cover.starts_on > yesterday:
        cover.delete()
    else:
        cover.ends_on = yesterday
        cover.save(update_fields=["ends_on"])


def _lock(cover: Cover) -> Cover:
    rows = Cover.objects.select_for_update(of=("self",)).select_related("organization", "absent", "covering")
    locked: Cover = rows.get(pk=cover.pk)
    return locked


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
