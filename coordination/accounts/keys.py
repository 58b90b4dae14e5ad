"""The commands a single key gives, and the keys a person chose for them instead (WCAG 2.1.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission


@dataclass(frozen=True)
class Command:
    """`key` is the one it has unless a person chose another, and the one pages and scripts call it by.

    `needs` names what it presses on a page, as a selector: where there is no such thing, the key is not announced.
    """

    name: str
    key: str
    label: Promise
    needs: str = ""


WALKED = "[data-list] .row, .walk [data-key]"


def pressed(act: str, key: str) -> str:
    """What a row offers to a key, or the page itself."""
    return f"[data-act={act}], [data-key={key}]"


ANYWHERE = [
    Command("new", "n", gettext_lazy("New: what you can start"), "[data-key=n]"),
    Command(
        "search",
        "/",
        gettext_lazy("Search this page, else find a patient"),
        "[data-search], [type=search], [data-key='mod+k']",
    ),
    Command("undo", "z", gettext_lazy("Undo what you just did")),
    Command("go", "g", gettext_lazy("Go to a page: then its letter")),
    Command("help", "?", gettext_lazy("Show the keys")),
]
LISTS = [
    Command("next", "j", gettext_lazy("Next row, next patient; with Shift select on the way"), WALKED),
    Command("previous", "k", gettext_lazy("Previous row, previous patient"), WALKED),
    Command("tab", "o", gettext_lazy("Open in a new tab"), "[data-list] .row"),
    Command("select", "x", gettext_lazy("Select the row"), "[data-list] .row [type=checkbox]"),
    Command("preview", " ", gettext_lazy("Show or hide the preview"), "#peek"),
]
ITEMS = [
    Command("done", "d", gettext_lazy("Done"), pressed("done", "d")),
    Command(
        "snooze",
        "s",
        gettext_lazy("Snooze: then H an hour, T tomorrow, W a week, D a day"),
        pressed("snooze", "s"),
    ),
    Command("log", "l", gettext_lazy("Log a contact"), pressed("log", "l")),
    Command(
        "assign",
        "a",
        gettext_lazy("Assign; on a patient: add a task"),
        "#row-acts, " + pressed("assign", "a"),
    ),
    Command("due", "e", gettext_lazy("Move the due time"), "#row-acts, " + pressed("due", "e")),
    Command("priority", "p", gettext_lazy("Change the priority"), "#row-acts, " + pressed("priority", "p")),
    Command("banner", "b", gettext_lazy("Details of the banner"), "[data-key=b]"),
    Command("more", ".", gettext_lazy("More for this patient"), "[data-key='.']"),
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


def list_shortcuts(user: User, *, previews: bool) -> str:
    """What a list of tasks announces (aria-keyshortcuts): the person's own keys for what they may do with its rows."""
    may_work = user.may(Permission.TASK_WORK) or user.may(Permission.OWN_TASKS)
    names = [
        *(each.name for each in LISTS if previews or each.name != "preview"),
        *(["done", "snooze"] if may_work else []),
        *(["log"] if user.may(Permission.CONTACT_LOG) else []),
        *(["assign", "due", "priority"] if may_work else []),
    ]
    keys = (shown(key_of(user, name)).replace(_("Space"), "Space") for name in names)
    return " ".join(key for key in keys if key)


def sheet(user: User) -> list[dict[str, Any]]:
    """Every command under its heading with the person's own key, for the help and the settings."""
    return [
        {
            "heading": heading,
            "commands": [
                {
                    "name": each.name,
                    "label": each.label,
                    "key": shown(key_of(user, each.name)),
                    "needs": each.needs,
                }
                for each in commands
            ],
        }
        for heading, commands in GROUPS.items()
    ]
