"""Who is away, who looks after their patients, and what would fall between."""

import datetime as dt
import uuid

import pytest
import time_machine

from coordination.accounts import actions
from coordination.accounts.models import Cover, User
from coordination.audit.models import Event
from coordination.lib.days import end_of_day
from coordination.lib.refusal import Refused
from coordination.notifications.models import Notification
from coordination.outbox.relay import deliver_due
from coordination.worklist.covers import hand_over
from patients.models import Patient
from tests.factories import TaskFactory, UserFactory

URL = "/team/cover/"
NOON = dt.datetime(2026, 11, 18, 18, 0, tzinfo=dt.UTC)  # a Wednesday, noon in Chicago

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=True):
        yield


@pytest.fixture
def two(cast):
    """Ana and Kim work in North; Kim sees nothing of it."""
    kim = UserFactory(organization=cast.riverbend, name="Kim Ode")
    for user in (cast.ana, kim):
        actions.add_team_member(team=cast.north, user=user, by=cast.adam, sees_patients=False)
    return cast.ana, kim


@pytest.fixture
def sue(cast, signed_in):
    return signed_in(cast.sue)


def day(cast, offset):
    return cast.riverbend.today() + dt.timedelta(days=offset)


def arrange(client, cast, absent, covering, first, last):
    sent = {"absent": absent.pk, "covering": covering.pk, "idempotency_key": uuid.uuid4()}
    return client.post(
        URL, {**sent, "starts_on": day(cast, first).isoformat(), "ends_on": day(cast, last).isoformat()}
    )


def covered(cast, absent, covering, first, last):
    return actions.start_cover(
        absent=absent, covering=covering, starts_on=day(cast, first), ends_on=day(cast, last), by=cast.sue
    )


def sees(cast, user, inside):
    inside(cast.riverbend)
    return Patient.objects.visible_to(User.objects.get(pk=user.pk)).filter(pk=cast.pat.pk).exists()


def due(cast, owner, offset, **values):
    at = end_of_day(day(cast, offset), cast.riverbend.zone)
    return TaskFactory(patient=cast.pat, owner=owner, due_at=at, **values)


def test_cover_gives_sight_of_the_caseload_and_its_end_takes_it(cast, sue, two, inside):
    ana, kim = two
    assert not sees(cast, kim, inside)
    assert arrange(sue, cast, ana, kim, 0, 3).status_code == 302
    assert sees(cast, kim, inside)
    cover = Cover.objects.get()
    assert str(cover) == "Kim Ode for Ana Ruiz"
    assert "Kim Ode" in sue.get(URL).content.decode()
    assert sue.post(f"{URL}{cover.pk}/end/").status_code == 302
    assert not sees(cast, kim, inside)
    assert {"cover.started", "cover.ended"} <= set(Event.objects.values_list("name", flat=True))


def test_it_ends_by_itself(cast, two, inside):
    ana, kim = two
    covered(cast, ana, kim, 0, 3)
    with time_machine.travel(NOON + dt.timedelta(days=4)):
        assert not sees(cast, kim, inside)


@pytest.mark.parametrize(
    ("first", "last", "sentence"), [(2, 1, "before the first"), (-5, -1, "already over")]
)
def test_it_says_why_there_is_no_cover(cast, sue, two, first, last, sentence):
    answer = arrange(sue, cast, *two, first, last)
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)


def test_people_who_cannot_cover(cast, sue, two):
    ana, _kim = two
    assert b"Choose someone else" in arrange(sue, cast, ana, ana, 0, 1).content
    assert arrange(sue, cast, ana, cast.sam, 0, 1).status_code == 422
    with pytest.raises(Refused, match="cannot cover"):
        covered(cast, ana, cast.olga, 0, 0)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (2, 9), (-1, 1), (5, 5)])
def test_a_day_has_one_cover(cast, sue, two, first, last):
    ana, kim = two
    covered(cast, ana, kim, 0, 5)
    answer = arrange(sue, cast, ana, cast_mate(cast), first, last)
    assert answer.status_code == 422
    assert "Kim Ode covers for Ana Ruiz from 18-Nov to 23-Nov." in answer.content.decode()
    assert Cover.objects.count() == 1


def cast_mate(cast):
    mate = UserFactory(organization=cast.riverbend, name="Lee Moss")
    actions.add_team_member(team=cast.north, user=mate, by=cast.adam, sees_patients=False)
    return mate


def test_the_last_day_moves_but_not_into_the_next_cover(cast, sue, two):
    ana, kim = two
    cover = covered(cast, ana, kim, 0, 2)
    assert sue.post(f"{URL}{cover.pk}/change/", {"ends_on": day(cast, 4).isoformat()}).status_code == 302
    cover.refresh_from_db()
    assert cover.ends_on == day(cast, 4)
    covered(cast, ana, kim, 6, 8)
    for wrong, sentence in ((6, "Kim Ode covers for"), (-1, "before the first")):
        answer = sue.post(f"{URL}{cover.pk}/change/", {"ends_on": day(cast, wrong).isoformat()})
        assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert sue.post(f"{URL}{cover.pk}/change/", {"ends_on": "soon"}).status_code == 422
    cover.refresh_from_db()
    assert cover.ends_on == day(cast, 4)


def test_a_cover_under_way_ends_with_yesterday(cast, sue, two):
    ana, kim = two
    begun = Cover.objects.create(
        organization=cast.riverbend, absent=ana, covering=kim, created_by=cast.sue, starts_on=day(cast, -3), ends_on=day(cast, 3)
    )  # fmt: skip
    assert sue.post(f"{URL}{begun.pk}/end/").status_code == 302
    begun.refresh_from_db()
    assert begun.ends_on == day(cast, -1)
    with pytest.raises(Refused, match="already over"):
        actions.end_cover(cover=begun, by=cast.sue)
    assert sue.post(f"{URL}{begun.pk}/end/").status_code == 404


@pytest.mark.parametrize("who", ["ana", "max", "vic", "flo", "petra", "aud"])
def test_those_who_answer_for_no_team_arrange_nothing(cast, signed_in, two, who):
    cover = covered(cast, *two, 0, 1)
    client = signed_in(getattr(cast, who))
    assert client.get(URL).status_code == 403
    assert arrange(client, cast, *two, 3, 4).status_code == 403
    assert client.post(f"{URL}{cover.pk}/end/").status_code == 404


def test_a_supervisor_arranges_for_their_own_teams_only(cast, sue, signed_in, two):
    ray = UserFactory(organization=cast.riverbend, name="Ray Far")
    actions.add_team_member(team=cast.south, user=ray, by=cast.adam, sees_patients=False)
    cover = covered(cast, ray, cast.sam, 0, 1)
    assert arrange(sue, cast, ray, two[1], 3, 4).status_code == 422
    assert "Ray Far" not in sue.get(URL).content.decode()
    assert sue.post(f"{URL}{cover.pk}/end/").status_code == 404
    assert "Ray Far" in signed_in(cast.adam).get(URL).content.decode()


# --- taking it back -----------------------------------------------------------------------------------------------
def stand():
    return list(Cover.objects.order_by("starts_on").values_list("starts_on", "ends_on"))


def undo(client, cover_id):
    return client.post(f"{URL}{cover_id}/undo/", {"idempotency_key": uuid.uuid4()}, follow=True)


def test_each_act_on_a_cover_is_taken_back(cast, sue, two):
    arrange(sue, cast, *two, 1, 3)
    cover = Cover.objects.get()
    assert f"{URL}{cover.pk}/undo/" in sue.get(URL).text
    undo(sue, cover.pk)
    assert stand() == []
    arrange(sue, cast, *two, 1, 3)
    cover = Cover.objects.get()
    sue.post(f"{URL}{cover.pk}/change/", {"ends_on": day(cast, 5).isoformat()})
    assert "The cover for Ana Ruiz is as it was before." in undo(sue, cover.pk).text
    assert stand() == [(day(cast, 1), day(cast, 3))]
    sue.post(f"{URL}{cover.pk}/end/")
    assert stand() == []
    undo(sue, cover.pk)
    assert stand() == [(day(cast, 1), day(cast, 3))]
    assert Cover.objects.get().pk == cover.pk
    assert undo(sue, cover.pk).status_code == 404
    assert Event.objects.filter(name="cover.undone").count() == 3


def test_a_cover_under_way_goes_on(cast, sue, two):
    ana, kim = two
    begun = Cover.objects.create(
        organization=cast.riverbend, absent=ana, covering=kim, created_by=cast.sue, starts_on=day(cast, -3), ends_on=day(cast, 3)
    )  # fmt: skip
    sue.post(f"{URL}{begun.pk}/end/")
    undo(sue, begun.pk)
    assert stand() == [(day(cast, -3), day(cast, 3))]


def test_two_who_move_the_last_day_at_once_do_not_overwrite_each_other(cast, sue, signed_in, two):
    arrange(sue, cast, *two, 1, 3)
    cover, seen = Cover.objects.get(), day(cast, 3).isoformat()
    url = f"{URL}{cover.pk}/change/"
    assert seen in sue.get(URL).text
    assert (
        signed_in(cast.adam).post(url, {"ends_on": day(cast, 5).isoformat(), "seen": seen}).status_code == 302
    )
    late = sue.post(url, {"ends_on": day(cast, 2).isoformat(), "seen": seen})
    assert late.status_code == 422
    assert "Somebody changed the last day" in late.text
    assert stand() == [(day(cast, 1), day(cast, 5))]


def test_what_was_changed_since_stays(cast, sue, signed_in, two):
    arrange(sue, cast, *two, 1, 3)
    cover = Cover.objects.get()
    signed_in(cast.adam).post(f"{URL}{cover.pk}/change/", {"ends_on": day(cast, 5).isoformat()})
    assert "This cover was changed since." in undo(sue, cover.pk).text
    assert stand() == [(day(cast, 1), day(cast, 5))]


def test_days_taken_meanwhile_are_not_covered_twice(cast, sue, two):
    ana, kim = two
    arrange(sue, cast, ana, kim, 1, 3)
    cover = Cover.objects.get()
    sue.post(f"{URL}{cover.pk}/end/")
    covered(cast, ana, cast_mate(cast), 2, 2)
    assert "Change or end that first." in undo(sue, cover.pk).text
    assert stand() == [(day(cast, 2), day(cast, 2))]


def test_only_who_did_it_takes_it_back_and_only_for_some_minutes(cast, sue, signed_in, two):
    arrange(sue, cast, *two, 1, 3)
    cover = Cover.objects.get()
    assert undo(signed_in(cast.adam), cover.pk).status_code == 404
    with time_machine.travel(NOON + dt.timedelta(minutes=11)):
        assert undo(sue, cover.pk).status_code == 404
    assert len(stand()) == 1


# --- what falls due, and what would fall between ------------------------------------------------------------------
def line_of(client):
    (line,) = client.get(URL).context["lines"]
    return line


def test_it_counts_what_falls_due_in_the_days(cast, sue, two):
    ana, kim = two
    for offset, priority in ((-1, 3), (1, 1), (2, 3), (9, 1)):
        due(cast, ana, offset, priority=priority)
    due(cast, cast.max, 1)
    cover = covered(cast, ana, kim, 0, 3)
    assert (line_of(sue).load.tasks, line_of(sue).load.critical) == (3, 1)  # yesterday's waits for Kim too
    actions.change_cover(cover=cover, ends_on=day(cast, 1), by=cast.sue)
    assert (line_of(sue).load.tasks, line_of(sue).load.critical) == (2, 1)


def test_whoever_covers_may_be_away_too(cast, sue, two):
    ana, kim = two
    due(cast, ana, 2)
    covered(cast, ana, kim, 0, 5)
    covered(cast, kim, cast_mate(cast), 2, 3)
    first, _second = sue.get(URL).context["lines"]
    assert first.gaps == ["Kim Ode is away too, 20-Nov to 21-Nov. 1 task falls due then."]
    page = sue.get(URL).content.decode()
    assert "1 gap" in page
    assert first.gaps[0] in page


def test_days_between_two_covers_are_a_gap(cast, sue, two):
    ana, kim = two
    for offset in (2, 3):
        due(cast, ana, offset)
    covered(cast, ana, kim, 0, 1)
    covered(cast, ana, kim, 4, 6)
    first, second = sue.get(URL).context["lines"]
    assert first.gaps == ["Nobody covers 20-Nov to 21-Nov. 2 tasks fall due then."]
    assert second.gaps == []


def test_covers_side_by_side_leave_no_gap(cast, sue, two):
    covered(cast, *two, 0, 1)
    covered(cast, *two, 2, 3)
    assert all(line.gaps == [] for line in sue.get(URL).context["lines"])


def test_whoever_covers_may_leave(cast, sue, two):
    covered(cast, *two, 0, 5)
    User.objects.filter(pk=two[1].pk).update(left_on=day(cast, 2))
    assert line_of(sue).gaps == ["Kim Ode leaves before this cover ends."]


def test_the_page_costs_the_same_for_few_and_many(cast, sue, two, django_assert_max_num_queries):
    ana, kim = two
    for n in range(12):
        covered(cast, ana, kim, 3 * n, 3 * n + 1)
        due(cast, ana, n)
        if n in (1, 11):
            with django_assert_max_num_queries(17):
                sue.get(URL)


# --- who is told --------------------------------------------------------------------------------------------------
def told(user):
    return list(Notification.objects.filter(user=user).values_list("text", flat=True))


def test_the_person_who_covers_is_told(cast, sue, two, inside):
    ana, kim = two
    arrange(sue, cast, ana, kim, 0, 3)
    while deliver_due():
        pass
    inside(cast.riverbend)
    assert told(kim) == ["You cover for Ana Ruiz from 18-Nov to 21-Nov. Their work is in My day."]
    assert told(ana) == []


def test_a_cover_that_ends_with_critical_tasks_asks_for_a_handover_once(cast, two, inside):
    ana, kim = two
    covered(cast, ana, kim, 0, 5)
    due(cast, ana, 3, priority=1)
    hand_over()
    inside(cast.riverbend)
    assert told(kim) == []
    with time_machine.travel(NOON + dt.timedelta(days=4)):  # Sunday; Monday is the last day
        for _n in range(2):
            hand_over()
            inside(cast.riverbend)
    sentence = "The cover of Kim Ode for Ana Ruiz ends 23-Nov with 1 critical task open. Hand it over."
    assert told(kim) == told(ana) == told(cast.sue) == [sentence]


def test_nothing_critical_asks_for_nothing(cast, two, inside):
    covered(cast, *two, 0, 0)
    due(cast, two[0], 0)
    hand_over()
    inside(cast.riverbend)
    assert told(two[1]) == []


# --- those who keep tasks of their own only ------------------------------------------------------------------------
def test_a_privacy_officer_works_the_reviews_of_whom_they_cover_for(cast, signed_in):
    pia = UserFactory(organization=cast.riverbend, name="Pia Noor", roles=["privacy_officer"])
    review = TaskFactory(
        organization=cast.riverbend, patient=None, owner=cast.petra, title="Review an access"
    )
    client = signed_in(pia)
    assert client.get(f"/tasks/{review.pk}/").status_code == 404
    covered(cast, cast.petra, pia, 0, 1)
    shown = client.get("/day/", {"show": f"cover:{cast.petra.pk}"})
    assert "Review an access" in shown.text
    key = str(uuid.uuid4())
    done = client.post(f"/tasks/{review.pk}/done/", {"idempotency_key": key, "version": 1}, follow=True)
    assert done.status_code == 200
    review.refresh_from_db()
    assert review.status == "done"
    assert review.closed_by == pia


def test_whoever_covered_is_told_that_it_ended_unless_it_goes_on(cast, sue, two, inside):
    _ana, kim = two
    arrange(sue, cast, *two, 1, 3)
    cover = Cover.objects.get()
    sue.post(f"{URL}{cover.pk}/end/")
    undo(sue, cover.pk)
    sue.post(f"{URL}{cover.pk}/end/")
    while deliver_due():
        pass
    inside(cast.riverbend)
    assert "You no longer cover for Ana Ruiz." in told(kim)
