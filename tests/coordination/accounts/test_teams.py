"""Teams, sites, members and sight."""

import datetime as dt
import uuid

import pytest

from coordination.accounts import access, actions
from coordination.accounts.models import Organization, Site, Team, TeamMembership, User
from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from patients.models import Patient
from tests.factories import TeamFactory, UserFactory


@pytest.fixture
def adam(cast, signed_in):
    return signed_in(cast.adam)


@pytest.fixture
def sue(cast, signed_in):
    return signed_in(cast.sue)


def url(team, part=""):
    return f"/teams/{team.pk}/{part}"


def member(cast, user, team=None):
    return actions.add_team_member(team=team or cast.north, user=user, by=cast.adam)


def sees(cast, user, inside):
    """Whether the person sees pat, asked afresh: within one request the answer is read once."""
    inside(cast.riverbend)
    return Patient.objects.visible_to(User.objects.get(pk=user.pk)).filter(pk=cast.pat.pk).exists()


PARTS = ["rename/", "retire/", "reinstate/", "members/", f"members/{uuid.uuid4()}/end/"]


# --- who may ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["ana", "max", "vic", "flo", "petra", "aud"])
def test_it_refuses_those_who_manage_no_teams(cast, signed_in, name):
    client = signed_in(getattr(cast, name))
    assert client.get("/teams/").status_code == 403
    assert client.post("/teams/", {"name": "Mine"}).status_code == 403
    assert client.post("/sites/", {"name": "Mine"}).status_code == 403
    assert client.get(url(cast.north)).status_code == 403
    assert {client.post(url(cast.north, part)).status_code for part in PARTS} == {403}


def test_it_hides_teams_of_another_organization(cast, adam):
    other = TeamFactory(organization=cast.hillside)
    assert adam.get(url(other)).status_code == 404
    assert {adam.post(url(other, part)).status_code for part in PARTS} == {404}
    assert other.name not in adam.get("/teams/").content.decode()


def test_a_supervisor_manages_their_own_team_only(cast, sue):
    page = sue.get("/teams/").content.decode()
    assert ("North" in page, "South" in page, "Add a team" in page) == (True, False, False)
    assert sue.get(url(cast.north)).status_code == 200
    assert sue.get(url(cast.south)).status_code == 403
    assert sue.post(url(cast.south, "members/"), {}).status_code == 403
    assert sue.post("/teams/", {"name": "Mine"}).status_code == 403
    assert sue.post("/sites/", {"name": "Mine"}).status_code == 403
    assert {sue.post(url(cast.north, part)).status_code for part in ["rename/", "retire/", "reinstate/"]} == {
        403
    }


def test_what_changes_something_is_posted(cast, adam):
    assert {adam.get(url(cast.north, part)).status_code for part in PARTS} == {405}
    assert adam.get("/sites/").status_code == 405
    assert adam.put("/teams/").status_code == 405


# --- teams and sites ----------------------------------------------------------------------------------------------
def test_it_adds_teams_and_sites(cast, adam):
    assert adam.post("/sites/", {"name": "Mill Street", "address": "1 Mill Street"}).status_code == 302
    site = Site.objects.get()
    answer = adam.post("/teams/", {"name": "East", "site": str(site.pk)})
    east = Team.objects.get(name="East")
    assert (answer["Location"], east.site, east.organization) == (url(east), site, cast.riverbend)
    page = adam.get("/teams/").content.decode()
    assert "Mill Street" in page
    assert str(site) == "Mill Street"
    assert {"team.created", "site.created"} <= set(Event.objects.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("path", "name", "sentence"),
    [
        ("/teams/", "NORTH", "already a team"),
        ("/teams/", "", "required"),
        ("/sites/", "mill street", "already a site"),
        ("/sites/", "", "required"),
    ],
)
def test_it_says_why_it_cannot_add(cast, adam, path, name, sentence):
    actions.create_site(organization=cast.riverbend, name="Mill Street", by=cast.adam)
    answer = adam.post(path, {"name": name})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_the_list_costs_the_same_for_few_and_many(cast, adam, django_assert_num_queries):
    for count in [2, 30]:
        TeamFactory.create_batch(count, organization=cast.riverbend)
        with django_assert_num_queries(8):
            adam.get("/teams/")


def test_someone_without_a_team_is_told_so(cast, signed_in):
    lone = UserFactory(organization=cast.riverbend, roles=["supervisor"])
    assert b"No teams yet" in signed_in(lone).get("/teams/").content


def test_it_renames(cast, adam):
    site = actions.create_site(organization=cast.riverbend, name="Mill Street", by=cast.adam)
    assert (
        adam.post(
            url(cast.north, "rename/"), {"name": "North Side", "site": site.pk, "version": "1"}
        ).status_code
        == 302
    )
    cast.north.refresh_from_db()
    assert (cast.north.name, cast.north.site, cast.north.version) == ("North Side", site, 2)
    assert Event.objects.get(name="team.renamed").changed == ["name", "site_id"]
    stale = adam.post(url(cast.north, "rename/"), {"name": "Nord", "version": "1"})
    assert stale.status_code == 409
    same = adam.post(url(cast.north, "rename/"), {"name": "North Side", "site": site.pk})
    assert (same.status_code, Event.objects.filter(name="team.renamed").count()) == (302, 1)
    assert b"already a team" in adam.post(url(cast.north, "rename/"), {"name": "south"}).content
    assert adam.post(url(cast.north, "rename/"), {"name": ""}).status_code == 422


def test_it_retires_an_empty_team(cast, adam):
    membership = member(cast, cast.ana)
    answer = adam.post(url(cast.north, "retire/"))
    assert (answer.status_code, b"still work in this team" in answer.content) == (422, True)
    actions.end_membership(membership=membership, by=cast.adam)
    assert adam.post(url(cast.north, "retire/")).status_code == 302
    assert b"already retired" in adam.post(url(cast.north, "retire/")).content
    page = adam.get(url(cast.north)).content.decode()
    assert "Retired" in page
    assert "Add a member" not in page
    with pytest.raises(Refused, match="retired"):
        member(cast, cast.sam)
    assert adam.post(url(cast.north, "reinstate/")).status_code == 302
    assert b"not retired" in adam.post(url(cast.north, "reinstate/")).content


# --- members and sight --------------------------------------------------------------------------------------------
def today(cast):
    return cast.riverbend.today()


def joining(cast, user, **more):
    return {"user": user.pk, "starts_on": today(cast).isoformat(), "sees_patients": "on"} | more


def test_a_new_member_sees_the_patients(cast, sue, inside):
    assert not sees(cast, cast.sam, inside)
    assert sue.post(url(cast.north, "members/"), joining(cast, cast.sam)).status_code == 302
    assert cast.north.pk in Team.objects.granted_to(cast.sam)
    assert sees(cast, cast.sam, inside)
    event = Event.objects.get(name="team.member_added")
    assert event.detail == {"user_id": str(cast.sam.pk), "sees_patients": True}
    page = sue.get(url(cast.north)).content.decode()
    assert "Sam Cole" in page
    assert "Take sight away" in page


def test_a_member_may_join_without_sight(cast, sue):
    sue.post(url(cast.north, "members/"), {"user": cast.sam.pk, "starts_on": today(cast).isoformat()})
    assert cast.north.pk not in Team.objects.granted_to(cast.sam)
    assert b"Give sight" in sue.get(url(cast.north)).content


def test_ending_a_membership_ends_the_sight(cast, sue, inside):
    membership = member(cast, cast.sam)
    path = url(cast.north, f"members/{membership.pk}/end/")
    assert sue.post(path).status_code == 302
    membership.refresh_from_db()
    assert membership.ends_on == today(cast)
    assert not sees(cast, cast.sam, inside)
    answer = sue.post(path)
    assert (answer.status_code, b"already ended" in answer.content) == (422, True)
    assert member(cast, cast.sam).pk != membership.pk  # and may come back


def test_sight_is_given_and_taken_on_its_own(cast, sue):
    membership = member(cast, cast.sam)
    path = url(cast.north, f"members/{membership.pk}/")
    assert sue.post(f"{path}unsee/").status_code == 302
    assert cast.north.pk not in Team.objects.granted_to(cast.sam)
    assert sue.post(f"{path}see/").status_code == 302
    assert cast.north.pk in Team.objects.granted_to(cast.sam)
    assert {"team.sight_taken", "team.sight_given"} <= set(Event.objects.values_list("name", flat=True))
    with pytest.raises(Refused, match="Only people who work"):
        actions.give_sight(team=cast.north, user=cast.ana, by=cast.adam)


def test_nobody_gives_themselves_sight(cast, adam, sue):
    answer = adam.post(url(cast.north, "members/"), joining(cast, cast.adam))
    assert (answer.status_code, b"cannot give yourself sight" in answer.content) == (422, True)
    membership = actions.add_team_member(team=cast.north, user=cast.adam, by=cast.adam, sees_patients=False)
    assert adam.post(url(cast.north, f"members/{membership.pk}/see/")).status_code == 422
    assert cast.north.pk not in Team.objects.granted_to(cast.adam)


def test_it_says_who_cannot_join(cast, adam):
    member(cast, cast.sam)
    assert (
        adam.post(url(cast.north, "members/"), joining(cast, cast.sam)).status_code == 422
    )  # not offered any more
    with pytest.raises(Refused, match="already works"):
        member(cast, cast.sam)
    for stranger in [cast.olga, actions.ensure_system_user(cast.riverbend)]:
        with pytest.raises(Refused, match="cannot join"):
            member(cast, stranger)
    tomorrow = (today(cast) + dt.timedelta(days=1)).isoformat()
    answer = adam.post(url(cast.north, "members/"), joining(cast, cast.ana, starts_on=tomorrow))
    assert (answer.status_code, b"starts today or earlier" in answer.content) == (422, True)


def test_a_membership_of_another_team_is_not_found(cast, sue):
    membership = member(cast, cast.sam, team=cast.south)
    assert sue.post(url(cast.north, f"members/{membership.pk}/end/")).status_code == 404


def test_the_page_costs_the_same_for_few_and_many(cast, adam, django_assert_max_num_queries):
    for count in [3, 30]:
        for user in UserFactory.create_batch(count, organization=cast.riverbend):
            member(cast, user)
        with django_assert_max_num_queries(14):
            adam.get(url(cast.north))


def test_names_of_things(cast):
    membership = member(cast, cast.sam)
    assert str(membership) == "Sam Cole in North"
    assert str(cast.north) == "North"
    assert isinstance(membership, TeamMembership)
    assert str(Organization.objects.get(name="Riverbend")) == "Riverbend"
    assert [team.name for team in access.list_teams(cast.ana)] == ["North", "South"]
    closed = cast.riverbend.closed_days.create(day=dt.date(2026, 12, 24), name="Christmas Eve")
    assert str(closed) == "Christmas Eve 2026-12-24"
