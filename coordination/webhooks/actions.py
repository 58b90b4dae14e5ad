"""Adding an endpoint, changing its secret, ending it; and finding out what it is to be told."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.actions import ensure_system_user
from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.audit.models import Event
from coordination.lib.permissions import Permission
from coordination.lib.refusal import Refused
from coordination.lib.rls import organization
from coordination.lib.sealed import seal
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification
from coordination.outbox.actions import post, rest, wake
from coordination.outbox.models import Message
from coordination.webhooks.access import PURPOSE
from coordination.webhooks.calling import NotAllowed, check_url
from coordination.webhooks.models import EVENTS, Endpoint, Position
from coordination.webhooks.signing import new_secret

SECURITY = Event.Kind.SECURITY
BATCH = 500
_NEWS = """
    select s.position, e.id, e.name, e.organization_id from audit_seal s join audit_event e on e.id = s.event_id
    where s.position > %s order by s.position limit %s
"""


@transaction.atomic
def add_endpoint(*, url: str, events: Iterable[str], by: User) -> tuple[Endpoint, str]:
    """Tell this address from now on. Returns it with its secret, which is shown once."""
    try:
        check_url(url)
    except NotAllowed:
        raise Refused(_("Write an address of the internet that begins with https://."), field="url") from None
    wanted = [name for name in EVENTS if name in set(events)]
    if not wanted:
        raise Refused(_("Choose what it is told."), field="events")
    secret = new_secret()
    endpoint = Endpoint.objects.create(
        organization_id=by.organization_id,
        url=url,
        events=wanted,
        secret=seal(secret, PURPOSE),
        created_by=by,
    )
    record("webhook.added", kind=SECURITY, by=by, target=endpoint, detail={"events": wanted})
    return endpoint, secret


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, by: User) -> tuple[Endpoint, str]:
    """Give it a new secret. The old one signs too for a day, so that the receiver can change over."""
    endpoint = _locked(endpoint)
    secret = new_secret()
    endpoint.old_secret, endpoint.secret = endpoint.secret, seal(secret, PURPOSE)
    endpoint.old_secret_expires_at = timezone.now() + dt.timedelta(hours=settings.WEBHOOK_OLD_SECRET_HOURS)
    endpoint.save(update_fields=["old_secret", "secret", "old_secret_expires_at"])
    record("webhook.secret_changed", kind=SECURITY, by=by, target=endpoint)
    return endpoint, secret


@transaction.atomic
def disable_endpoint(*, endpoint: Endpoint, by: User) -> Endpoint:
    endpoint = _locked(endpoint)
    if endpoint.disabled_at is not None:
        raise Refused(_("This endpoint is off already."))
    endpoint.disabled_at, endpoint.disabled_by = timezone.now(), by
    endpoint.save(update_fields=["disabled_at", "disabled_by"])
    record("webhook.disabled", kind=SECURITY, by=by, target=endpoint, detail={"failures": endpoint.failures})
    return endpoint


@transaction.atomic
def enable_endpoint(*, endpoint: Endpoint, by: User) -> Endpoint:
    """Tell it again, of what happens from now on."""
    endpoint = _locked(endpoint)
    if endpoint.disabled_at is None:
        raise Refused(_("This endpoint is on."))
    endpoint.disabled_at, endpoint.disabled_by, endpoint.failures = None, None, 0
    endpoint.resting_until = None
    endpoint.save(update_fields=["disabled_at", "disabled_by", "failures", "resting_until"])
    wake(endpoint.pk)
    record("webhook.enabled", kind=SECURITY, by=by, target=endpoint)
    return endpoint


@transaction.atomic
def deliver_again(*, endpoint: Endpoint, message: Message, by: User) -> None:
    """Send what was sent before once more, under the same id: a receiver that has it takes no harm."""
    endpoint = _locked(endpoint)
    if endpoint.disabled_at is not None:
        raise Refused(_("This endpoint is off. Turn it on first."))
    post(
        "webhook.due",
        organization_id=endpoint.organization_id,
        lane=endpoint.pk,
        not_before=endpoint.rests_until,
        **message.payload,
    )
    record("webhook.delivered_again", by=by, target=endpoint, detail={"message": str(message.pk)})


def _locked(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.select_for_update().get(pk=endpoint.pk)


@transaction.atomic
def gather_news() -> int:
    """Post one message for each endpoint and event since the last time; returns how many.

    The sealed audit trail is followed: an event has its place there only once it is committed, so none is passed over, and no
    action pays for endpoints nobody has.
    """
    place = _take_place()
    if place is None:
        return 0
    endpoints = list(Endpoint.objects.filter(disabled_at=None))
    posted = 0
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, [place.position, BATCH])
        news = cursor.fetchall()
    for _position, event_id, name, organization_id in news:
        for endpoint in endpoints:
            if endpoint.organization_id == organization_id and name in endpoint.events:
                post(
                    "webhook.due",
                    organization_id=organization_id,
                    lane=endpoint.pk,
                    not_before=endpoint.rests_until,
                    endpoint_id=endpoint.pk,
                    event_id=event_id,
                    event=name,
                    key=f"{endpoint.pk.hex}{event_id.hex}",
                )
                posted += 1
    if news:
        Position.objects.filter(pk=place.pk).update(position=news[-1][0])
    return posted


def _take_place() -> Position | None:
    """Lock where we stand. None: somebody else is at it. The first time, news begins now."""
    place = Position.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if place is None and not Position.objects.filter(pk=1).exists():
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(max(position), 0) from audit_seal")
            last: int = cursor.fetchone()[0]
        place, _made = Position.objects.get_or_create(pk=1, defaults={"position": last})
    return place


def note_success(endpoint: Endpoint, *, took: float) -> None:
    """It works, so nothing is counted any more. One that was slow lets others go first for as long as it took."""
    Endpoint.objects.filter(pk=endpoint.pk).exclude(failures=0, resting_until=None).update(
        failures=0, resting_until=None
    )
    if took > settings.WEBHOOK_SLOW_SECONDS:
        rest(endpoint.pk, timezone.now() + dt.timedelta(seconds=took))


@transaction.atomic
def note_failure(endpoint: Endpoint, *, is_gone: bool, asks_to_wait: float = 0) -> None:
    """Count it. After some in a row the endpoint rests, longer each time; after many, or told that it is gone (410), it is turned off.

    What waits for an endpoint that rests is put off without a try, then one message finds out whether it answers. The
    administrators hear of one that is turned off.
    """
    endpoint = (
        Endpoint.objects.select_for_update(of=["self"]).select_related("organization").get(pk=endpoint.pk)
    )
    endpoint.failures += 1
    if seconds := max(rest_after(endpoint.failures), asks_to_wait):
        endpoint.resting_until = timezone.now() + dt.timedelta(seconds=seconds)
        rest(endpoint.pk, endpoint.resting_until)
    endpoint.save(update_fields=["failures", "resting_until"])
    if endpoint.disabled_at is None and (is_gone or endpoint.failures >= settings.WEBHOOK_FAILURES):
        disable_endpoint(endpoint=endpoint, by=ensure_system_user(endpoint.organization))
        _tell_administrators(endpoint)


def rest_after(failures: int) -> float:
    """Seconds of rest after so many failures in a row."""
    further = failures - settings.WEBHOOK_REST_AFTER
    if further < 0:
        return 0
    return min(settings.WEBHOOK_REST_MOST, settings.WEBHOOK_REST_SECONDS * 2.0 ** min(further, 30))


def _tell_administrators(endpoint: Endpoint) -> None:
    people: Any = User.objects.working().filter(organization_id=endpoint.organization_id)
    with organization(endpoint.organization_id):
        for person in people:
            if person.may(Permission.INTEGRATION_MANAGE):
                notify(
                    user=person,
                    kind=Notification.Kind.SYSTEM,
                    text=_("A webhook was turned off: it failed too often."),
                    route="webhooks:endpoint",
                    subject_id=endpoint.pk,
                    key=f"webhook.disabled:{endpoint.pk}:{endpoint.failures}",
                )
