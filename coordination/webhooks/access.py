"""The doors to endpoints and to what was sent to them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from coordination.accounts.models import User
from coordination.lib.permissions import Permission, require
from coordination.lib.sealed import unseal
from coordination.outbox.models import Message
from coordination.webhooks.models import Endpoint

PURPOSE, TOPIC = "webhook", "webhook.due"
RECENT = 50


@dataclass(frozen=True)
class Delivery:
    message: Message
    event: str
    at: dt.datetime


def get_endpoint(user: User, pk: Any) -> Endpoint:
    """404 for one of another organization, 403 for who may not manage them."""
    found: Endpoint = get_object_or_404(Endpoint.objects.filter(organization_id=user.organization_id), pk=pk)
    require(user, Permission.INTEGRATION_MANAGE)
    return found


def list_endpoints(user: User) -> QuerySet[Endpoint]:
    require(user, Permission.INTEGRATION_MANAGE)
    mine = Endpoint.objects.filter(organization_id=user.organization_id)
    return mine.select_related("created_by").order_by("created_at", "id")


def deliveries_to(endpoint: Endpoint) -> list[Delivery]:
    """What was sent to it lately, newest first."""
    sent = Message.objects.filter(
        topic=TOPIC, organization_id=endpoint.organization_id, payload__endpoint_id=str(endpoint.pk)
    )
    return [
        Delivery(message, str(message.payload["event"]), message.created_at)
        for message in sent.order_by("-created_at", "-id")[:RECENT]
    ]


def count_waiting(endpoint: Endpoint) -> int:
    """How many messages wait for it."""
    return Message.objects.waiting_in(endpoint.pk).count()


def get_delivery(endpoint: Endpoint, pk: Any) -> Message:
    """404 for what was not sent to this endpoint."""
    sent = Message.objects.filter(topic=TOPIC, payload__endpoint_id=str(endpoint.pk))
    found: Message = get_object_or_404(sent, pk=pk)
    return found


def secrets_of(endpoint: Endpoint) -> list[str]:
    """Every secret a receiver may still check with, the newest first."""
    found = [unseal(endpoint.secret, PURPOSE)]
    until = endpoint.old_secret_expires_at
    if endpoint.old_secret and until is not None and until > timezone.now():
        found.append(unseal(endpoint.old_secret, PURPOSE))
    return found
