"""Keeping words under a short name, changing them, deleting them and taking that back."""

from typing import Any

from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from coordination.accounts.models import Team, User
from coordination.audit.actions import record
from coordination.lib.refusal import Refused
from coordination.lib.undoable import check_version
from coordination.worklist.models import Snippet

MOST = 200  # of one person, and of one team: all of them go to the page where one is typed


@transaction.atomic
def save_snippet(*, by: User, name: str, text: str, team: Team | None = None) -> Snippet:
    """Keep the words, for oneself or for everyone who works in a team."""
    snippet = _new(by, name=name, text=text, team=team)
    if Snippet.objects.filter(owner=snippet.owner, team=team).count() >= MOST:
        raise Refused(_("There are %(n)s snippets already. Delete one of them first.") % {"n": MOST})
    _write(snippet)
    record("snippet.saved", by=by, target=snippet)
    return snippet


@transaction.atomic
def change_snippet(
    *, snippet: Snippet, by: User, name: str, text: str, version: int | None = None
) -> Snippet:
    snippet = get_object_or_404(Snippet.objects.select_for_update(), pk=snippet.pk)
    snippet.expect_version(version)
    before = {"name": snippet.name, "text": snippet.text}
    try:
        with transaction.atomic():
            changed = snippet.change({"name": name, "text": text}, by=by)
    except IntegrityError as error:
        raise _named_already(name) from error
    record("snippet.changed", by=by, target=snippet, changed=changed)
    if changed:
        snippet.last_change = {"id": str(snippet.pk), "version": snippet.version, "before": before}
    return snippet


@transaction.atomic
def put_snippet_back(*, snippet: Snippet, by: User, kept: dict[str, Any]) -> Snippet:
    """As it was before `change_snippet`. Refused when somebody changed it since."""
    snippet = get_object_or_404(Snippet.objects.select_for_update(), pk=snippet.pk)
    check_version(snippet, kept["version"])
    return change_snippet(snippet=snippet, by=by, **kept["before"])


@transaction.atomic
def delete_snippet(*, snippet: Snippet, by: User) -> dict[str, Any]:
    """Delete it. What is returned brings it back (`restore_snippet`)."""
    kept: dict[str, Any] = {"id": str(snippet.pk), "name": snippet.name, "text": snippet.text}
    kept["team"] = str(snippet.team_id) if snippet.team_id else ""
    record("snippet.deleted", by=by, target=snippet)
    snippet.delete()
    return kept


@transaction.atomic
def restore_snippet(*, by: User, kept: dict[str, Any], team: Team | None) -> Snippet:
    """Bring a deleted one back under its own id."""
    snippet = _new(by, pk=kept["id"], name=kept["name"], text=kept["text"], team=team)
    _write(snippet)
    record("snippet.restored", by=by, target=snippet)
    return snippet


def _new(by: User, *, team: Team | None, **values: Any) -> Snippet:
    return Snippet(
        organization_id=by.organization_id,
        owner=None if team else by,
        team=team,
        created_by=by,
        updated_by=by,
        **values,
    )


def _write(snippet: Snippet) -> None:
    try:
        with transaction.atomic():
            snippet.save(force_insert=True)
    except IntegrityError as error:
        raise _named_already(snippet.name) from error


def _named_already(name: str) -> Refused:
    return Refused(_("There is a snippet called “%(name)s” already.") % {"name": name}, field="name")
