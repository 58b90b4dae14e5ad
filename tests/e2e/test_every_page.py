"""Every page, light and dark, on a desk, a tablet and a phone: nothing axe-core objects to, nothing wider than the screen,
nothing heavier than its cap."""

import gzip

import pytest
from django.urls import reverse
from django.utils import timezone

from coordination.accounts.models import Team, User
from coordination.interop.office.models import ExportJob
from coordination.lib.rls import organization
from coordination.worklist.models import SavedView, Task
from patients.models import AccessGrant, Condition, Patient
from tests.e2e.conftest import WIDTHS, violations
from tests.factories import SavedViewFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NODES = 1_500
HTML_KB = 30
# page → its own cap in KB of gzipped HTML (docs/interface.md); the others have the general one
CAPS = {"worklist:day": 14, "patients:patient": 14, "patients:registry": 22, "account_login": 4}


def pages() -> dict[str, list[tuple[str, str]]]:
    """Who opens which pages: name and address."""
    dana = User.objects.get(email="dana@riverbend.example")
    with organization(dana.organization_id):
        grace = Patient.objects.get(family="Okafor", given="Grace")
        task = Task.objects.filter(patient=grace, kind="discharge_call").get()
        view = SavedView.objects.filter(name="Late").first() or SavedViewFactory(owner=dana, name="Late")
        emergency = AccessGrant.objects.first()
        condition = Condition.objects.filter(patient=grace).first()
        exported = an_export(User.objects.get(email="lena@riverbend.example"))
    team = Team.objects.first()
    assert condition
    assert emergency
    assert team
    about = ["patient", "timeline", "history", "people", "coverage", "access", "sight", "print", "edit", "edit_person", "member_add", "person_add",
             "consent_add", "coverage_add", "hand_over", "death", "end_care"]  # fmt: skip
    return {
        "dana": [
            *[(f"patients:{name}", reverse(f"patients:{name}", args=[grace.pk])) for name in about],
            *[
                (name, reverse(name))
                for name in (
                    "worklist:day",
                    "worklist:day_print",
                    "worklist:history",
                    "patients:registry",
                    "patients:new",
                )
            ],
            *[
                (name, reverse(name))
                for name in (
                    "worklist:task_new",
                    "worklist:promises",
                    "notifications:list",
                    "accounts:me",
                    "clients:mine",
                    "mfa_index",
                    "access:emergency",
                )
            ],
            ("history_add", reverse("patients:history_add", args=[grace.pk, "allergy"])),
            ("history_item", reverse("patients:history_item", args=[grace.pk, "condition", condition.pk])),
            ("worklist:task", reverse("worklist:task", args=[task.pk])),
            ("worklist:edit", reverse("worklist:edit", args=[task.pk])),
            ("worklist:snooze", reverse("worklist:snooze", args=[task.pk])),
            ("worklist:assign", reverse("worklist:assign", args=[task.pk])),
            ("worklist:contact_new", reverse("worklist:contact_new") + f"?patient={grace.pk}"),
            ("worklist:patient_tasks", reverse("worklist:patient_tasks", args=[grace.pk])),
            ("accounts:keys", reverse("accounts:keys")),
            ("text to copy", reverse("worklist:task_text", args=[task.pk]) + "?as=page"),
            ("worklist:views", reverse("worklist:views")),
            ("worklist:view_new", reverse("worklist:view_new") + "?page=day&query=bucket%3Doverdue"),
            ("saved view", reverse("worklist:day") + f"?bucket=overdue&risk=high&view={view.pk}"),
            ("preview", reverse("worklist:day") + f"?sel={task.pk}"),
            ("not there", "/nowhere/"),
        ],
        "robin": [
            *[
                (name, reverse(name))
                for name in (
                    "accounts:users",
                    "accounts:user_new",
                    "accounts:teams",
                    "clients:apps",
                    "webhooks:endpoints",
                    "outbox:health",
                )
            ],
            ("accounts:user", reverse("accounts:user", args=[dana.pk])),
            ("accounts:team", reverse("accounts:team", args=[team.pk])),
        ],
        "lena": [
            *[
                (name, reverse(name))
                for name in (
                    "covers:list",
                    "interop:imports",
                    "interop:new",
                    "office:exports",
                    "office:export_new",
                )
            ],
            *[(name, reverse(name)) for name in ("office:rosters", "office:roster_new")],
            ("export", reverse("office:export_new") + "?list=patients"),
            ("exported", reverse("office:export", args=[exported.pk])),
        ],
        "miriam": [
            ("audit:events", reverse("audit:events")),
            ("access:reviews", reverse("access:reviews")),
            ("access:review", reverse("access:review", args=[emergency.pk])),
        ],
    }


def an_export(user: User) -> ExportJob:
    """One that is done, made once."""
    done = {
        "status": "done",
        "finished_at": timezone.now(),
        "stored_file": "x",
        "rows_written": 12,
        "rows_done": 13,
    }
    named = {"organization": user.organization, "listing": "patients", "stem": "patients", "created_by": user}
    return ExportJob.objects.get_or_create(**named, defaults=done)[0]


@pytest.mark.parametrize("who", ["dana", "robin", "lena", "miriam"])
def test_it_can_be_read_by_everyone_on_every_screen(visit, who):
    for dark in (False, True):
        one = visit(who, dark=dark)
        page = one.page()
        for name, path in pages()[who]:
            one.open(path, page)
            for width, size in WIDTHS.items():
                page.set_viewport_size({"width": size[0], "height": size[1]})
                where = f"{name}, {'dark' if dark else 'light'}, {width}"
                assert violations(page) == [], where
                assert page.evaluate("document.documentElement.scrollWidth") <= size[0], where


@pytest.mark.parametrize("who", ["dana", "robin", "lena", "miriam"])
def test_it_stays_within_its_weight(visit, who):
    one = visit(who)
    page = one.page()
    for name, path in pages()[who]:
        response = page.goto(one.server + path)
        assert response is not None
        kilobytes = len(gzip.compress(response.body(), 6)) / 1024
        assert kilobytes <= CAPS.get(name, HTML_KB), f"{name}: {kilobytes:.1f} KB"
        nodes = page.evaluate("document.querySelectorAll('*').length")
        assert nodes <= NODES, f"{name}: {nodes} nodes"
        hosts = page.evaluate(
            "performance.getEntriesByType('resource').map(entry => new URL(entry.name).host)"
        )
        assert set(hosts) <= {page.url.split("/")[2]}, f"{name} asks others"


def test_the_plain_pages_too(visit):
    for dark in (False, True):
        one = visit(None, dark=dark)
        page = one.page()
        for name in ("account_login", "account_reset_password", "account_reset_password_done"):
            one.open(reverse(name), page)
            for size in WIDTHS.values():
                page.set_viewport_size({"width": size[0], "height": size[1]})
                assert violations(page) == [], name
