"""The doors to drafts: one's own, and only while the form itself would open."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.module_loading import import_string

from coordination.drafts.models import Draft


@dataclass(frozen=True)
class Kept:
    """What a form needs to keep what is typed into it, and what was kept before."""

    form: str
    subject_id: uuid.UUID
    draft: Draft | None = None
    part: bool = False  # a short form that knows some of the fields only: what it lacks stays as it is
    version: int | None = None  # of what the form changes, as it is stored now

    @property
    def key(self) -> str:
        return f"{self.form}:{self.subject_id}"

    @property
    def url(self) -> str:
        address = reverse("drafts:keep", args=[self.form, self.subject_id])
        return f"{address}?part=1" if self.part else address

    @property
    def discard_url(self) -> str:
        return reverse("drafts:discard", args=[self.form, self.subject_id])

    @property
    def is_behind(self) -> bool:
        """Whether what the form changes was saved since the draft was begun: then saving it compares both."""
        return (
            self.version is not None
            and self.fields.get("version") != str(self.version)
            and self.draft is not None
        )

    @property
    def fields(self) -> dict[str, Any]:
        return dict(self.draft.fields) if self.draft is not None else {}


def open_form(user: Any, form: str, subject_id: uuid.UUID) -> uuid.UUID | None:
    """The patient a form is about, or none. 404 or 403 as the form itself would answer this person now."""
    for doors in map(import_string, settings.DRAFT_FORMS):
        if form in doors:
            patient_id: uuid.UUID | None = doors[form](user, subject_id)
            return patient_id
    raise Http404


def get_draft(user: Any, form: str, subject_id: uuid.UUID) -> Draft:
    open_form(user, form, subject_id)
    draft: Draft = get_object_or_404(Draft.objects.visible_to(user).of_form(form, subject_id))
    return draft


def read_draft(
    user: Any,
    form: str,
    subject_id: uuid.UUID,
    *,
    part: bool = False,
    restore: bool = True,
    version: int | None = None,
) -> Kept:
    """For a view that shows a form and has opened its subject already. A form that comes back refused restores nothing.

    `version` is that of the row the form changes, as it is stored now.
    """
    found = Draft.objects.visible_to(user).of_form(form, subject_id).first() if restore else None
    return Kept(form, subject_id, found, part, version)
