"""Saving a list under a name, changing it, deleting it and taking that back."""

from typing import Any

from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from coordination.accounts.models import Team, User
from coordination.audit.actions import record
from coordination.lib.refusal import Refused
from coordination.lib.undoable import check_version
from coordination.worklist.models import SavedView

PINNED_MOST = 12  # each is counted for the side navigation


@transaction.atomic
def save_view(
    *, by: User, name: str, page: str, query: str, team: Team | None = None, is_pinned: bool = True
) -> SavedView:
    """Keep what a list was asked for, for oneself or for everyone who works in a team."""
    view = SavedView(
        organization_id=by.organization_id,
        name=name.strip(),
        page=page,
        query=query,
        owner=None if team else by,
        team=team,
        is_pinned=is_pinned,
        created_by=by,
        updated_by=by,
    )
    if is_pinned:
        _check_pins(view)
    _write(view)
    record("view.saved", by=by, target=view)
    return view


@transaction.atomic
def change_view(*, view: SavedView, by: User, version: int | None = None, **values: Any) -> SavedView:
    """Give it another name, another place or another list: `name`, `is_pinned`, `query`."""
    view = get_object_or_404(SavedView.objects.select_for_update(), pk=view.pk)
    view.expect_version(version)
    before = {name: getattr(view, name) for name in values}
    if values.get("is_pinned") and not view.is_pinned:
        _check_pins(view)
    try:
        with transaction.atomic():
            changed = view.change(values, by=by)
    except IntegrityError as error:
        raise _named_already(values.get("name", view.name)) from error
    record("view.changed", by=by, target=view, changed=changed)
    if changed:
        view.last_change = {"id": str(view.pk), "version": view.version, "before": before}
    return view


@transaction.atomic
def put_view_back(*, view: SavedView, by: User, kept: dict[str, Any]) -> SavedView:
    """As it was before `change_view`. Refused when somebody changed it since."""
    view = get_object_or_404(SavedView.objects.select_for_update(), pk=view.pk)
    check_version(view, kept["version"])
    return change_view(view=view, by=by, **kept["before"])


@transaction.atomic
def delete_view(*, view: SavedView, by: User) -> dict[str, Any]:
    """Delete it. What is returned brings it back (`restore_view`)."""
    kept: dict[str, Any] = {"id": str(view.pk), "name": view.name, "page": view.page, "query": view.query}
    kept |= {"team": str(view.team_id) if view.team_id else "", "is_pinned": view.is_pinned}
    record("view.deleted", by=by, target=view)
    view.delete()
    return kept


@transaction.atomic
def restore_view(*, by: User, kept: dict[str, Any], team: Team | None) -> SavedView:
    """Bring a deleted view back under its own id."""
    view = SavedView(
        pk=kept["id"],
        organization_id=by.organization_id,
        name=kept["name"],
        page=kept["page"],
        query=kept["query"],
        owner=None if team else by,
        team=team,
        is_pinned=kept["is_pinned"],
        created_by=by,
        updated_by=by,
    )
    _write(view)
    record("view.restored", by=by, target=view)
    return view


def _write(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save(force_insert=True)
    except IntegrityError as error:
        raise _named_already(view.name) from error


def _check_pins(view: SavedView) -> None:
    same = SavedView.objects.filter(owner=view.owner, team=view.team, is_pinned=True)
    if same.exclude(pk=view.pk).count() >= PINNED_MOST:
        sentence = _("%(n)s views are pinned already. Unpin one of them first.")
        raise Refused(sentence % {"n": PINNED_MOST}, field="is_pinned")


def _named_already(name: str) -> Refused:
    return Refused(_("There is a view called “%(name)s” already.") % {"name": name}, field="name")
