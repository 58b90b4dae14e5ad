"""Every page and every dialog, light and dark, on a desk, a tablet and a phone: nothing axe-core objects to, nothing wider than
the screen, nothing heavier than its cap. A page is loaded once; then the screen changes around it."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Response, expect

from coordination.accounts.models import Team, User
from coordination.interop.office.models import ExportJob
from coordination.lib.rls import organization
from coordination.worklist.models import SavedView, Task
from patients.models import AccessGrant, Condition, Patient
from tests.e2e import scenes
from tests.e2e.conftest import HEARS, Visit
from tests.e2e.sight import WIDTHS, Sight
from tests.factories import SavedViewFactory

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NODES = 1_500
HTML_KB = 30
# page → its own cap in KB of gzipped HTML (docs/interface.md); the others have the general one
CAPS = {"worklist:day": 14, "patients:patient": 14, "patients:registry": 22, "account_login": 4}
ACTS = ("snooze", "assign", "due", "waiting", "done")
Step = Callable[[Page, str], None]


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@riverbend.example")


def named(*routes: str) -> list[tuple[str, str]]:
    return [(route, reverse(route)) for route in routes]


def of_dana() -> list[tuple[str, str]]:
    dana = person("dana")
    with organization(dana.organization_id):
        grace = Patient.objects.get(family="Okafor", given="Grace")
        task = Task.objects.filter(patient=grace, kind="discharge_call").get()
        view = SavedView.objects.filter(name="Late").first() or SavedViewFactory(owner=dana, name="Late")
        condition = Condition.objects.filter(patient=grace).first()
    assert condition
    about = ["patient", "timeline", "history", "people", "coverage", "access", "changes", "sight", "print", "edit", "edit_person", "member_add",
             "person_add", "consent_add", "coverage_add", "hand_over", "death", "end_care"]  # fmt: skip
    return [
        *[(f"patients:{name}", reverse(f"patients:{name}", args=[grace.pk])) for name in about],
        *named("worklist:day", "worklist:day_print", "worklist:history", "worklist:task_new", "worklist:promises"),
        *named("worklist:snippets", "worklist:snippet_new"),
        *named("worklist:views", "patients:registry", "patients:new", "notifications:list", "access:emergency"),
        *named("accounts:me", "accounts:keys", "clients:mine", "mfa_index"),
        ("history_add", reverse("patients:history_add", args=[grace.pk, "allergy"])),
        ("history_item", reverse("patients:history_item", args=[grace.pk, "condition", condition.pk])),
        *[(f"worklist:{name}", reverse(f"worklist:{name}", args=[task.pk])) for name in ("task", "edit", *ACTS)],
        ("worklist:contact_new", reverse("worklist:contact_new") + f"?patient={grace.pk}"),
        ("worklist:patient_tasks", reverse("worklist:patient_tasks", args=[grace.pk])),
        ("text to copy", reverse("worklist:task_text", args=[task.pk]) + "?as=page"),
        ("worklist:view_new", reverse("worklist:view_new") + "?page=day&query=bucket%3Doverdue"),
        ("saved view", reverse("worklist:day") + f"?bucket=overdue&risk=high&view={view.pk}"),
        ("preview", reverse("worklist:day") + f"?sel={task.pk}"),
        ("registry, who is offered", reverse("patients:registry") + "?offered=le"),
        ("not there", "/nowhere/"),
        *scenes.a_batch(dana).items(),
        *scenes.a_promise(dana, grace).items(),
    ]  # fmt: skip


def of_robin() -> list[tuple[str, str]]:
    team = Team.objects.first()
    assert team
    return [
        *named("accounts:users", "accounts:user_new", "accounts:teams", "clients:apps", "webhooks:endpoints"),
        *named("outbox:health"),
        ("accounts:user", reverse("accounts:user", args=[person("dana").pk])),
        ("accounts:team", reverse("accounts:team", args=[team.pk])),
    ]


def of_lena() -> list[tuple[str, str]]:
    lena = person("lena")
    with organization(lena.organization_id):
        grace = Patient.objects.select_related("organization", "team").get(family="Okafor", given="Grace")
        exported = an_export(lena)
    return [
        *named("covers:list", "interop:imports", "interop:new", "office:exports", "office:export_new"),
        *named("office:rosters", "office:roster_new"),
        ("export", reverse("office:export_new") + "?list=patients"),
        ("exported", reverse("office:export", args=[exported.pk])),
        *scenes.some_rosters(lena).items(),
        *scenes.merging(lena, grace).items(),
    ]


def of_miriam() -> list[tuple[str, str]]:
    with organization(person("miriam").organization_id):
        emergency = AccessGrant.objects.first()
    assert emergency
    return [
        *named("audit:events", "access:reviews", "access:explain"),
        ("access:review", reverse("access:review", args=[emergency.pk])),
    ]


def an_export(user: User) -> ExportJob:
    """One that is done."""
    done = {
        "status": "done",
        "finished_at": timezone.now(),
        "stored_file": "x",
        "rows_written": 12,
        "rows_done": 13,
    }
    return ExportJob.objects.create(
        organization=user.organization, listing="patients", stem="patients", created_by=user, **done
    )


PAGES = {"dana": of_dana, "robin": of_robin, "lena": of_lena, "miriam": of_miriam}


def weight(name: str, page: Page, response: Response | None) -> list[str]:
    """What is heavier than it may be, or comes from elsewhere."""
    assert response is not None
    kilobytes = len(gzip.compress(response.body(), 6)) / 1024
    nodes, hosts = page.evaluate(
        "[document.querySelectorAll('*').length, performance.getEntriesByType('resource').map(entry => new URL(entry.name).host)]"
    )
    faults = [f"{kilobytes:.1f} KB"] if kilobytes > CAPS.get(name, HTML_KB) else []
    faults += [f"{nodes} nodes"] if nodes > NODES else []
    faults += ["asks others"] if set(hosts) - {page.url.split("/")[2]} else []
    return faults


@pytest.mark.parametrize("who", PAGES)
def test_everyone_can_read_it_on_every_screen(visit, who):
    one = visit(who)
    page, sight, faults = one.page(), Sight(), {}
    for name, path in PAGES[who]():
        response = page.goto(one.server + path)
        page.wait_for_function(HEARS)
        faults[name] = [*weight(name, page, response), *sight.faults(page)]
    assert {name: found for name, found in faults.items() if found} == {}


def test_what_only_steps_lead_to(visit):
    dana, lena = person("dana"), person("lena")
    with organization(dana.organization_id):
        task = Task.objects.open().filter(owner=dana, priority=3, patient__isnull=False).order_by("pk")[0]
        grace = Patient.objects.select_related("organization", "team").get(family="Okafor", given="Grace")
    compare = scenes.merging(lena, grace)["merge, compare"]
    own: dict[str, Step] = {
        "bulk snooze": lambda page, server: scenes.bulk_preview(page, server, "snooze"),
        "bulk done": lambda page, server: scenes.bulk_preview(page, server, "done"),
        "conflict": lambda page, server: scenes.task_conflict(page, server, task, lena),
    }
    hers: dict[str, Step] = {
        "merge, confirm": lambda page, server: scenes.merge_confirm(page, server, compare)
    }
    sight = Sight()
    asked: dict[str, Step] = {
        "why somebody sees a patient": lambda page, server: scenes.explained(
            page, server, dana.email, grace.record_number
        ),
        "nobody": lambda page, server: scenes.explained(page, server, "Nobody", "0"),
    }
    for who, steps in (("dana", own), ("lena", hers), ("miriam", asked)):
        one = visit(who)
        page = one.page()
        for name, step in steps.items():
            page.set_viewport_size({"width": 1440, "height": 960})
            step(page, one.server)
            assert sight.faults(page) == [], name


def test_every_dialog(visit):
    dana = person("dana")
    with organization(dana.organization_id):
        task = Task.objects.filter(patient__family="Okafor", kind="discharge_call").get()
    one, sight = visit("dana"), Sight()
    page = one.open(
        reverse("worklist:history")
    )  # small: what stands behind a dialog takes time and says nothing
    for name in ("keys", "jump", "unsaved", "session-dialog"):
        page.evaluate("name => document.getElementById(name).showModal()", name)
        assert sight.faults(page, within=f"#{name}") == [], name
        page.evaluate("name => document.getElementById(name).close()", name)
    contact = reverse("worklist:contact_new") + f"?patient={task.patient_id}&task={task.pk}"
    for path in (*[reverse(f"worklist:{act}", args=[task.pk]) for act in ACTS], contact):
        page.evaluate("path => htmx.ajax('GET', path, {target: '#dialog', swap: 'innerHTML'})", path)
        expect(page.locator("#dialog h2")).to_be_visible()
        assert sight.faults(page, within="#dialog") == [], path
        page.evaluate("document.getElementById('dialog').close()")


def test_the_plain_pages_too(visit: Callable[..., Visit]) -> None:
    one, sight = visit(None), Sight()
    page = one.page()
    for name, path in named("account_login", "account_reset_password", "account_reset_password_done"):
        response = page.goto(one.server + path)
        assert [*weight(name, page, response), *sight.faults(page)] == [], name


def test_a_fault_on_one_screen_alone_is_found(visit):
    """The eyes that look at the pages, looked at themselves: text nobody can read, in one theme at one width."""
    page, sight = visit("dana").open(reverse("worklist:history")), Sight()
    assert sight.faults(page) == []
    spoil = """([across, theme]) => {
      const sheet = new CSSStyleSheet(), [light, dark] = theme === "light" ? ["#fdfdfd", "#eee"] : ["#222", "#151c1e"];
      const at = `(min-width: ${across}px) and (max-width: ${across}px)`;
      sheet.replaceSync(`@media ${at} { main .muted { color: light-dark(${light}, ${dark}) !important; } }`);
      document.adoptedStyleSheets = [sheet];
    }"""
    for width, (across, _high) in WIDTHS.items():
        for theme in ("light", "dark"):
            page.evaluate(spoil, [across, theme])
            found = sight.faults(page)
            assert found
            assert all(fault.startswith(f"{theme}, {width}: color-contrast") for fault in found), found
    page.evaluate("document.adoptedStyleSheets = []")
    page.evaluate("document.querySelector('main h1').insertAdjacentHTML('afterend', '<img src=x><input>')")
    assert {fault.split(": ")[1] for fault in sight.faults(page)} >= {"image-alt", "label"}


def test_the_theme_is_only_color():
    """So that nothing but color needs another look in the other theme."""
    for path in [
        *Path(settings.BASE_DIR, "static").glob("css/*.css"),
        *Path(settings.BASE_DIR, "static").glob("js/*.js"),
    ]:
        text = path.read_text()
        assert "prefers-color-scheme" not in text, path
        for rule in re.findall(r"\[data-theme[^{]*\{([^}]*)\}", text):
            assert rule.strip().startswith("color-scheme:"), path
            assert rule.count(":") == 1, path
