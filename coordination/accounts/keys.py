"""The commands a single key gives, and the keys a person chose for them instead (WCAG 2.1.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.accounts.models import User


@dataclass(frozen=True)
class Command:
    """`key` is the one it has unless a person chose another, and the one pages and scripts call it by."""

    name: str
    key: str
    label: Promise


ANYWHERE = [
    Command("new", "n", gettext_lazy("New: what you can start")),
    Command("search", "/", gettext_lazy("Search this page")),
    Command("undo", "z", gettext_lazy("Undo what you just did")),
    Command("go", "g", gettext_lazy("Go to a page: then its letter")),
    Command("help", "?", gettext_lazy("Show the keys")),
]
LISTS = [
    Command("next", "j", gettext_lazy("Next row, next patient; with Shift select on the way")),
    Command("previous", "k", gettext_lazy("Previous row, previous patient")),
    Command("tab", "o", gettext_lazy("Open in a new tab")),
    Command("select", "x", gettext_lazy("Select the row")),
    Command("preview", " ", gettext_lazy("Show or hide the preview")),
]
ITEMS = [
    Command("done", "d", gettext_lazy("Done")),
    Command("snooze", "s", gettext_lazy("Snooze: then H an hour, T tomorrow, W a week, D a day")),
    Command("log", "l", gettext_lazy("Log a contact")),
    Command("assign", "a", gettext_lazy("Assign; on a patient: add a task")),
    Command("due", "e", gettext_lazy("Move the due time")),
    Command("priority", "p", gettext_lazy("Change the priority")),
    Command("banner", "b", gettext_lazy("Details of the banner")),
    Command("more", ".", gettext_lazy("More for this patient")),
]
GROUPS = {
    gettext_lazy("Anywhere"): ANYWHERE,
    gettext_lazy("Lists"): LISTS,
    gettext_lazy("A task, a patient"): ITEMS,
}
COMMANDS = {command.name: command for commands in GROUPS.values() for command in commands}
FIXED = "123456789"  # the tabs of a record


def key_of(user: User, name: str) -> str:
    """The person's key for a command; empty when they took it away."""
    chosen: str = user.keys.get(name, COMMANDS[name].key)
    return chosen


def shown(key: str) -> str:
    """A key as it is printed on a keyboard."""
    return _("Space") if key == " " else key.upper()


def read_key(text: str) -> str:
    """What a person typed as a key: one character, or the word Space."""
    text = text.strip().lower() or (" " if text else "")
    return " " if text == _("Space").lower() else text


def remap(user: User) -> dict[str, str]:
    """What a pressed key stands for, as pages call it, where that differs: {"w": "d", "d": ""}."""
    taken = {key: COMMANDS[name].key for name, key in user.keys.items() if key and name in COMMANDS}
    freed = {COMMANDS[name].key: "" for name in user.keys if name in COMMANDS}
    return freed | taken


def own_only(chosen: Mapping[str, str]) -> dict[str, str]:
    """What differs from the keys everyone begins with: only that is kept."""
    return {name: key for name, key in chosen.items() if key != COMMANDS[name].key}


def list_shortcuts(user: User) -> str:
    """What a list announces (aria-keyshortcuts): the person's own keys for its rows."""
    names = [each.name for each in (*LISTS, *ITEMS[:6])]
    keys = (shown(key_of(user, name)).replace(_("Space"), "Space") for name in names)
    return " ".join(key for key in keys if key)


def sheet(user: User) -> list[dict[str, Any]]:
    """Every command under its heading with the person's own key, for the help and the settings."""
    return [
        {
            "heading": heading,
            "commands": [
                {"name": each.name, "label": each.label, "key": shown(key_of(user, each.name))}
                for each in commands
            ],
        }
        for heading, commands in GROUPS.items()
    ]
