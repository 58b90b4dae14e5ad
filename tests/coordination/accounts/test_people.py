"""The administrator's pages: the list, an invitation, roles, standing. Each works, hides, refuses and says why not."""

import uuid

import pytest
from django.core import mail
from django.utils import timezone

from coordination.accounts import access, actions
from coordination.accounts.handlers import send_invitation
from coordination.accounts.models import Session, User
from coordination.accounts.permissions import Permission
from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from coordination.outbox.models import Message
from tests.factories import UserFactory

NEWCOMER = {
    "name": "Nia Okoye",
    "email": "Nia.Okoye@Example.org",
    "credential": "RN",
    "phone": "",
    "roles": ["coordinator", "read_only"],
}
POSTS = ["change", "roles", "suspend", "reinstate", "invite", "reset-second-step"]


@pytest.fixture
def adam(cast, signed_in):
    return signed_in(cast.adam)


def url(user, part=""):
    return f"/users/{user.pk}/{part + '/' if part else ''}"


# --- who may ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["ana", "sue", "max", "vic", "flo", "petra", "aud", "pam"])
def test_it_refuses_everyone_but_administrators(cast, signed_in, name):
    client = signed_in(getattr(cast, name))
    assert client.get("/users/").status_code == 403
    assert client.get("/users/new/").status_code == 403
    assert client.get(url(cast.sam)).status_code == 403
    assert {client.post(url(cast.sam, part)).status_code for part in POSTS} == {403}


def test_it_hides_people_of_another_organization(cast, adam):
    assert adam.get(url(cast.olga)).status_code == 404
    assert {adam.post(url(cast.olga, part)).status_code for part in POSTS} == {404}
    assert adam.get(f"/users/{uuid.uuid4()}/").status_code == 404
    assert "Olga" not in adam.get("/users/").content.decode()


def test_it_hides_the_system_user(cast, adam):
    system = actions.ensure_system_user(cast.riverbend)
    assert adam.get(url(system)).status_code == 404
    assert str(system.pk) not in adam.get("/users/").content.decode()


def test_what_changes_something_is_posted(cast, adam):
    assert {adam.get(url(cast.sam, part)).status_code for part in POSTS} == {405}
    assert adam.post("/users/").status_code == 405
    assert adam.post(url(cast.sam)).status_code == 405


# --- the list -----------------------------------------------------------------------------------------------------
def test_it_lists_everyone_with_roles_and_teams(cast, adam):
    actions.add_team_member(team=cast.north, user=cast.ana, by=cast.adam)
    page = adam.get("/users/").content.decode()
    for name in ["Ana Ruiz", "Sam Cole", "Aud Kern", "Care coordinator", "North", "Invited"]:
        assert name in page


def test_it_costs_the_same_for_twenty_and_fifty(cast, adam, django_assert_num_queries):
    def queries():
        with django_assert_num_queries(8):
            assert adam.get("/users/").status_code == 200

    UserFactory.create_batch(10, organization=cast.riverbend)
    queries()
    UserFactory.create_batch(30, organization=cast.riverbend)
    queries()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=ana", {"Ana Ruiz"}),
        ("name=SAM%40example", set()),
        ("role=auditor", {"Aud Kern"}),
        ("state=suspended", {"Vic Stone"}),
        ("state=active", {"Sue Park", "Adam Frost"}),
        ("state=nonsense&role=nonsense", None),
    ],
)
def test_it_filters(cast, adam, query, expected):
    actions.suspend_user(user=cast.vic, by=cast.adam)
    User.objects.filter(pk=cast.sue.pk).update(last_login=timezone.now())
    found = {person.name for person in adam.get(f"/users/?{query}").context["page"]}
    assert found == expected if expected is not None else len(found) == 11


def test_it_filters_by_team(cast, adam):
    actions.add_team_member(team=cast.north, user=cast.sue, by=cast.adam)
    page = adam.get(f"/users/?team={cast.north.pk}")
    assert [person.name for person in page.context["page"]] == ["Sue Park"]
    assert page.context["is_filtered"]


def test_invited_people_are_not_active_yet(cast, adam):
    assert len(adam.get("/users/?state=invited").context["page"]) == 10  # adam has signed in


def test_it_has_pages(cast, adam):
    UserFactory.create_batch(60, organization=cast.riverbend)
    first = adam.get("/users/")
    second = adam.get(f"/users/{first.context['pager']['next_url']}")
    assert len(first.context["page"]) == 50
    names = [person.pk for page in (first, second) for person in page.context["page"]]
    assert len(names) == len(set(names)) == 71
    assert adam.get("/users/?name=nobody-at-all").context["page"].rows == []


# --- an invitation ------------------------------------------------------------------------------------------------
def test_it_invites(cast, adam):
    assert adam.get("/users/new/").status_code == 200
    answer = adam.post("/users/new/", NEWCOMER)
    nia = User.objects.get(email="nia.okoye@example.org")
    assert answer["Location"] == url(nia)
    assert (nia.organization, nia.roles, nia.has_usable_password()) == (
        cast.riverbend,
        ["coordinator", "read_only"],
        False,
    )
    event = Event.objects.get(name="user.invited")
    assert (event.actor_id, event.target_id, event.detail) == (
        cast.adam.pk,
        str(nia.pk),
        {"roles": nia.roles},
    )
    send_invitation(Message.objects.get(topic="user.invited"))()
    assert mail.outbox[0].to == ["nia.okoye@example.org"]


def test_it_invites_once(cast, adam):
    key = {"idempotency_key": str(uuid.uuid4())}
    answers = [adam.post("/users/new/", NEWCOMER | key) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert User.objects.filter(name="Nia Okoye").count() == 1
    assert Message.objects.filter(topic="user.invited").count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "ANA0@example.org"}, "already signs in with this"),
        ({"roles": []}, "This field is required"),
        ({"roles": ["king"]}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_it_says_why_it_cannot_invite(cast, adam, change, sentence):
    cast.ana.email = "ana0@example.org"
    cast.ana.save(update_fields=["email"])
    answer = adam.post("/users/new/", NEWCOMER | change)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not User.objects.filter(name="Nia Okoye").exists()


def test_it_sends_the_invitation_again(cast, adam):
    assert adam.post(url(cast.sam, "invite")).status_code == 302
    assert Message.objects.get(topic="user.invited").payload == {"user_id": str(cast.sam.pk)}
    User.objects.filter(pk=cast.sam.pk).update(last_login=timezone.now())
    assert b"already signed in" in adam.post(url(cast.sam, "invite")).content
    User.objects.filter(pk=cast.sam.pk).update(last_login=None, is_active=False)
    answer = adam.post(url(cast.sam, "invite"))
    assert answer.status_code == 422
    assert b"Reinstate it first" in answer.content


# --- one person ---------------------------------------------------------------------------------------------------
def test_it_shows_one_person(cast, adam, signed_in, django_assert_max_num_queries):
    signed_in(cast.ana).get("/me/", HTTP_USER_AGENT="x")
    actions.add_team_member(team=cast.north, user=cast.ana, by=cast.adam)
    with django_assert_max_num_queries(10):
        page = adam.get(url(cast.ana)).content.decode()
    for part in ["Ana Ruiz", "North", "Carries a caseload", "not set up", "A browser"]:
        assert part in page


def test_it_corrects_who_they_are(cast, adam):
    values = {
        "name": "Samuel Cole",
        "credential": "MSW",
        "phone": "217 555 0100",
        "capacity": "60",
        "version": "1",
    }
    assert adam.post(url(cast.sam, "change"), values)["Location"] == url(cast.sam)
    cast.sam.refresh_from_db()
    assert (cast.sam.name, cast.sam.credential, cast.sam.version) == ("Samuel Cole", "MSW", 2)
    assert Event.objects.get(name="user.changed").changed == ["name", "credential", "phone", "capacity"]
    assert adam.post(url(cast.sam, "change"), values | {"version": "2"}).status_code == 302
    assert Event.objects.filter(name="user.changed").count() == 1
    cast.sam.refresh_from_db()
    assert cast.sam.version == 2
    for wrong in ({"name": ""}, {"capacity": ""}, {"capacity": "0"}, {"capacity": "1000"}):
        assert adam.post(url(cast.sam, "change"), values | wrong).status_code == 422


def test_it_never_overwrites_a_colleagues_change(cast, adam):
    actions.change_person(
        user=cast.sam, name="Samuel Cole", credential="", phone="", capacity=90, by=cast.adam
    )
    answer = adam.post(
        url(cast.sam, "change"),
        {"name": "Sammy", "credential": "", "phone": "", "capacity": "90", "version": "1"},
    )
    assert answer.status_code == 409
    assert b"Samuel Cole" in answer.content
    assert b"Sammy" in answer.content
    cast.sam.refresh_from_db()
    assert cast.sam.name == "Samuel Cole"


# --- roles --------------------------------------------------------------------------------------------------------
def test_it_changes_roles(cast, adam):
    assert (
        adam.post(
            url(cast.sam, "roles"), {"roles": ["supervisor", "coordinator"], "version": "1"}
        ).status_code
        == 302
    )
    cast.sam.refresh_from_db()
    assert cast.sam.roles == ["coordinator", "supervisor"]
    assert cast.sam.may(Permission.TEAM_MANAGE)
    event = Event.objects.get(name="user.roles_changed")
    assert (event.kind, event.detail) == ("security", {"added": ["supervisor"], "removed": []})
    adam.post(url(cast.sam, "roles"), {"roles": ["supervisor", "coordinator"]})
    assert Event.objects.filter(name="user.roles_changed").count() == 1


def test_it_refuses_a_stale_change_of_roles(cast, adam):
    actions.change_roles(user=cast.sam, roles=["read_only"], by=cast.adam)
    answer = adam.post(url(cast.sam, "roles"), {"roles": ["supervisor"], "version": "1"})
    assert answer.status_code == 409
    cast.sam.refresh_from_db()
    assert cast.sam.roles == ["read_only"]


def test_nobody_gives_themselves_more_rights(cast, adam):
    answer = adam.post(url(cast.adam, "roles"), {"roles": ["admin", "clinician"]})
    assert answer.status_code == 422
    assert b"cannot give yourself more rights" in answer.content
    cast.adam.refresh_from_db()
    assert cast.adam.roles == ["admin"]


def test_one_may_give_up_rights(cast, adam):
    User.objects.filter(pk=cast.adam.pk).update(roles=["admin", "auditor"])
    assert adam.post(url(cast.adam, "roles"), {"roles": ["admin"]}).status_code == 302


def test_the_last_administrator_stays(cast, adam):
    for change in [{"roles": ["auditor"]}]:
        User.objects.filter(pk=cast.adam.pk).update(roles=["admin", "auditor"])
        assert b"last administrator" in adam.post(url(cast.adam, "roles"), change).content
    with pytest.raises(Refused, match="last administrator"):
        actions.suspend_user(user=cast.adam, by=cast.petra)
    second = UserFactory(organization=cast.riverbend, roles=["admin"])
    actions.suspend_user(user=second, by=cast.adam)
    with pytest.raises(Refused, match="last administrator"):
        actions.suspend_user(user=cast.adam, by=cast.petra)
    actions.reinstate_user(user=second, by=cast.adam)
    actions.suspend_user(user=cast.adam, by=second)


def test_a_person_has_a_role(cast, adam):
    answer = adam.post(url(cast.sam, "roles"), {"roles": []})
    assert (answer.status_code, b"Choose at least one role" in answer.content) == (422, True)
    assert adam.post(url(cast.sam, "roles"), {"roles": ["king"]}).status_code == 422
    with pytest.raises(ValueError, match="king"):
        actions.change_roles(user=cast.sam, roles=["king"], by=cast.adam)


# --- standing -----------------------------------------------------------------------------------------------------
def test_someone_suspended_is_out_on_the_next_request(cast, adam, signed_in):
    sam = signed_in(cast.sam)
    assert sam.get("/me/").status_code == 200
    assert adam.post(url(cast.sam, "suspend"), {"reason": "left the house"})["Location"] == url(cast.sam)
    assert sam.get("/me/")["Location"].startswith("/account/login/")
    assert not Session.objects.filter(user_id=cast.sam.pk).exists()
    event = Event.objects.get(name="user.suspended")
    assert (event.reason, event.detail) == ("left the house", {"sessions": 1})
    assert b"Suspended" in adam.get(url(cast.sam)).content


def test_even_a_session_that_slipped_through_is_refused(cast, signed_in):
    sam = signed_in(cast.sam)
    User.objects.filter(pk=cast.sam.pk).update(is_active=False)
    assert sam.get("/me/").status_code == 302


def test_it_says_why_it_cannot_suspend_or_reinstate(cast, adam):
    assert b"cannot suspend yourself" in adam.post(url(cast.adam, "suspend")).content
    adam.post(url(cast.sam, "suspend"), {"reason": "x" * 400})
    assert b"already suspended" in adam.post(url(cast.sam, "suspend")).content
    assert adam.post(url(cast.sam, "reinstate")).status_code == 302
    answer = adam.post(url(cast.sam, "reinstate"))
    assert (answer.status_code, b"not suspended" in answer.content) == (422, True)
    assert list(
        Event.objects.filter(name__startswith="user.").order_by("at", "id").values_list("name", flat=True)
    ) == ["user.suspended", "user.reinstated"]


def test_a_lost_second_step_is_reset(cast, adam, ana, app, signed_in):
    browser = signed_in(ana)
    assert b"They lost it" in adam.get(url(ana)).content
    assert adam.post(url(ana, "reset-second-step"), {"reason": "called back"}).status_code == 302
    assert not access.has_second_step(ana)
    assert browser.get("/me/").status_code == 302
    event = Event.objects.get(name="second_step.reset")
    assert (event.reason, event.detail) == ("called back", {"removed": 2})


# --- the doors ----------------------------------------------------------------------------------------------------
def test_questions_about_a_person(cast):
    assert str(cast.ana) == "Ana Ruiz"
    assert (cast.ana.initials, cast.ana.first_name, UserFactory.build(name="Cher").initials) == (
        "AR",
        "Ana",
        "C",
    )
    assert (
        UserFactory.build(name="", email="a@b.c").first_name,
        str(UserFactory.build(name="", email="a@b.c")),
    ) == ("a@b.c",) * 2
    assert [str(label) for label in cast.ana.role_labels()] == ["Care coordinator"]
    assert User.objects.get_by_natural_key(cast.ana.email.upper()) == cast.ana
    assert access.get_colleague(cast.adam, cast.ana.pk, permission=Permission.USER_MANAGE) == cast.ana
    assert [user.name for user in access.list_colleagues(cast.olga)] == ["Olga Berg"]
