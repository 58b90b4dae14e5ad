"""Who hears of an emergency access, and the review of it."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from coordination.accounts.models import User
from coordination.lib.refusal import Refused
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.worklist.actions import close_task
from coordination.worklist.models import Task
from patients.actions.sight import review_access
from tests.factories import EmergencyFactory, PatientFactory
from tests.patients.record import at
from tests.patients.test_emergency import (
    NOTE,
    deliver,
    open_record,
    running,
    sam,
)

__all__ = ["sam"]
pytestmark = pytest.mark.django_db


class TestWhoHears:
    def test_a_privacy_officer_is_told_and_owes_a_review_by_the_next_business_day(self, cast, sam):
        open_record(sam)
        deliver(cast)
        deliver(cast)
        task = Task.objects.get(source_key__startswith="access.review:")
        assert (task.owner, task.patient, task.is_critical) == (cast.petra, None, True)
        assert timezone.now() < task.due_at < timezone.now() + dt.timedelta(days=5)
        told = Notification.objects.get(user=cast.petra, route="access:review")
        assert told.subject_id == running(cast).get().pk
        assert {message.to[0] for message in mail.outbox} == {cast.petra.email}
        for message in mail.outbox:
            for word in ("Rivera", "RIVERA", "Pat", "Sam", "1958", NOTE, "emergency", str(cast.pat.pk)):
                assert word not in message.subject + message.body
        assert "Rivera" not in told.text + task.title + task.reason + task.context

    def test_the_message_holds_ids_only(self, cast, sam):
        open_record(sam)
        (message,) = Message.objects.filter(topic="access.broken_glass")
        assert set(message.payload) <= {"grant_id", "key"}

    def test_without_a_privacy_officer_a_supervisor_who_sees_the_patient_reviews(self, cast, sam):
        User.objects.filter(pk=cast.petra.pk).update(is_active=False)
        open_record(sam)
        deliver(cast)
        assert Task.objects.get(source_key__startswith="access.review:").owner == cast.sue

    def test_without_anybody_it_waits_in_the_teams_queue(self, cast, sam):
        User.objects.filter(pk__in=[cast.petra.pk, cast.sue.pk]).update(is_active=False)
        open_record(sam)
        deliver(cast)
        assert Task.objects.get(source_key__startswith="access.review:").queue == cast.north

    def test_the_review_is_in_the_officers_day_and_leads_to_its_page(self, cast, sam, signed_in):
        open_record(sam)
        deliver(cast)
        petra = signed_in(cast.petra)
        task = Task.objects.get(source_key__startswith="access.review:")
        assert "Review an emergency access" in petra.get("/day/").content.decode()
        page = petra.get(reverse("worklist:task", args=[task.pk])).content.decode()
        assert reverse("access:review", args=[task.subject_id]) in page

    def test_the_task_ends_by_the_review_only(self, cast, sam):
        open_record(sam)
        deliver(cast)
        task = Task.objects.get(source_key__startswith="access.review:")
        for outcome in ("completed", "not_needed", "mistake"):
            with pytest.raises(Refused, match="Write the review"):
                close_task(task=task, by=cast.petra, outcome=outcome, note="Seen")


@pytest.fixture
def past(cast):
    return EmergencyFactory(patient=cast.pat, user=cast.sam)


def review(client, grant, **values):
    sent = {"finding": "appropriate", "finding_note": "", "idempotency_key": uuid.uuid4(), **values}
    return client.post(reverse("access:review", args=[grant.pk]), sent)


class TestTheReview:
    def test_it_says_who_when_why_and_what_was_opened(self, cast, sam, signed_in):
        open_record(sam)
        sam.get(at("timeline", cast.pat))
        grant = running(cast).get()
        with time_machine.travel(grant.expires_at + dt.timedelta(minutes=1)):
            page = signed_in(cast.petra).get(reverse("access:review", args=[grant.pk])).content.decode()
        for said in ("Sam Cole", "RIVERA, Pat", "Emergency", NOTE, "timeline"):
            assert said in page
        listed = signed_in(cast.petra).get("/access/reviews/").content.decode()
        assert reverse("access:review", args=[grant.pk]) in listed

    @pytest.mark.parametrize("finding", ["appropriate", "questioned", "breach"])
    def test_the_finding_closes_the_task_and_a_breach_opens_the_next(self, cast, sam, signed_in, finding):
        open_record(sam)
        deliver(cast)
        grant = running(cast).get()
        with time_machine.travel(grant.expires_at + dt.timedelta(minutes=1)):
            assert (
                review(signed_in(cast.petra), grant, finding=finding, finding_note="Looked at").status_code
                == 302
            )
            deliver(cast)
            deliver(cast)
        grant.refresh_from_db()
        assert (grant.finding, grant.reviewed_by) == (finding, cast.petra)
        task = Task.objects.get(source_key=f"access.review:{grant.pk}")
        assert (task.is_open, task.closed_by) == (False, cast.petra)
        follow_up = Task.objects.filter(source_key=f"access.breach:{grant.pk}")
        assert follow_up.count() == (finding == "breach")
        if finding == "breach":
            assert follow_up.get().owner == cast.petra
            done = signed_in(cast.petra).post(
                reverse("worklist:done", args=[follow_up.get().pk]), {"outcome": "completed", "note": "Told"}
            )
            assert done.status_code == 302

    def test_doubt_needs_words(self, cast, past, signed_in):
        assert review(signed_in(cast.petra), past, finding="questioned").status_code == 422
        assert review(signed_in(cast.petra), past, finding="maybe").status_code == 422
        past.refresh_from_db()
        assert past.reviewed_at is None

    def test_it_is_written_once(self, cast, past, signed_in):
        assert review(signed_in(cast.petra), past).status_code == 302
        answer = review(signed_in(cast.sue), past)
        assert answer.status_code == 422
        assert "Petra Lund has reviewed this already." in answer.content.decode()

    def test_not_while_it_runs(self, cast, sam, signed_in):
        open_record(sam)
        grant = running(cast).get()
        petra = signed_in(cast.petra)
        assert review(petra, grant).status_code == 422
        assert petra.post(reverse("access:end", args=[grant.pk])).status_code == 302
        assert not running(cast)
        assert review(petra, grant).status_code == 302

    def test_nobody_reviews_their_own(self, cast, signed_in):
        own = EmergencyFactory(patient=cast.pat, user=cast.sue)
        assert review(signed_in(cast.sue), own).status_code == 404
        assert str(own.pk) not in signed_in(cast.sue).get("/access/reviews/").content.decode()
        with pytest.raises(Refused, match="your own"):
            review_access(grant=own, finding="appropriate", note="", by=cast.sue)

    def test_a_supervisor_reviews_what_is_about_patients_they_see(self, cast, signed_in):
        far = PatientFactory(organization=cast.riverbend, team=cast.south, family="Faraway")
        grant = EmergencyFactory(patient=far, user=cast.max)
        assert signed_in(cast.sue).get(reverse("access:review", args=[grant.pk])).status_code == 404
        assert "FARAWAY" not in signed_in(cast.sue).get("/access/reviews/").content.decode()

    def test_the_list_is_read_in_a_few_statements(self, cast, signed_in, django_assert_max_num_queries):
        for _n in range(20):
            EmergencyFactory(patient=cast.pat, user=cast.sam)
        client = signed_in(cast.petra)
        with django_assert_max_num_queries(11):
            page = client.get("/access/reviews/").content.decode()
        assert page.count('<th scope="row">') == 20
