"""Keep what is typed, and let go of it."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.audit.actions import record
from coordination.drafts.models import Draft
from coordination.idempotency.actions import hold
from coordination.lib import rls
from coordination.lib.acting import delete
from coordination.lib.refusal import Refused

LARGEST = 64 * 1024
# what a form carries besides what a person typed
NOT_TYPED = {"csrfmiddlewaretoken", "idempotency_key", "version", "place", "patient", "next", "step", "pass"}
NOT_TYPED |= {"second_identifier"}  # typed to be sure: it is typed again


def typed(sent: Any) -> dict[str, Any]:
    """The fields of a sent form as they go back into it: text, or a list where several were chosen.

    A form that tells what it showed (lib/editing.py) keeps the version with it: what was typed was typed over that one.
    """
    lists = {
        name: [value.replace("\x00", "") for value in values]
        for name, values in sent.lists()
        if (name not in NOT_TYPED or (name == "version" and "seen" in sent)) and "\x00" not in name
    }
    return {name: values if len(values) > 1 else values[0] for name, values in lists.items()}


@transaction.atomic
def keep(
    *,
    by: Any,
    form: str,
    subject_id: uuid.UUID,
    patient_id: uuid.UUID | None,
    fields: Mapping[str, Any],
    part: bool = False,
    form_key: uuid.UUID | None = None,
) -> Draft | None:
    """Keep the fields, or nothing when the form they come from was saved in the meantime: it must not come back.

    Only the first keeping is an event: the rest is the same typing.
    """
    if len(json.dumps(fields)) > LARGEST:
        raise Refused(_("This is too long to keep as a draft. Save the form."))
    with hold(user_id=by.pk, key=form_key) as is_unused:
        if not is_unused:
            return None
        draft: Draft
        draft, is_new = (
            Draft.objects.select_for_update().get_or_create(  # two windows may begin to type at once
                user=by,
                form=form,
                subject_id=subject_id,
                defaults={
                    "organization_id": by.organization_id,
                    "patient_id": patient_id,
                    "fields": dict(fields),
                    "updated_at": timezone.now(),
                },
            )
        )
        if is_new:
            record("draft.started", by=by, target=draft, detail={"form": form})
            return draft
        draft.fields = {**draft.fields, **fields} if part else dict(fields)
        draft.version += 1
        draft.updated_at = timezone.now()
        draft.save(update_fields=["fields", "version", "updated_at"])
        return draft


def let_go(*, by: Any, form: str, subject_id: uuid.UUID) -> None:
    """The form was saved: part of its transaction and of its event."""
    delete(Draft.objects.visible_to(by).of_form(form, subject_id))


@transaction.atomic
def discard(*, draft: Draft, by: Any) -> None:
    """Somebody decided against what they typed."""
    record("draft.discarded", by=by, target=draft, detail={"form": draft.form})
    draft.delete()


def forget_old() -> int:
    """Remove drafts nobody came back for. They hold what is not part of any record, so they do not stay."""
    before = timezone.now() - dt.timedelta(days=settings.DRAFT_DAYS)
    organizations: Any = Draft._meta.get_field("organization").related_model
    gone = 0
    for pk in organizations.objects.values_list("pk", flat=True):
        with rls.organization(pk):
            gone += Draft.objects.filter(updated_at__lt=before).delete()[0]
    return gone
