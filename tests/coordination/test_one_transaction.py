"""A request stands in its own organization, and leaves it behind."""

import pytest
from django.db import connection, transaction
from django.urls import reverse

from coordination.lib.rls import organization
from patients.models import Patient
from patients.querysets import enter_as, scope_of
from tests.factories import OrganizationFactory, PatientFactory, UserFactory, join_care_team

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_request_sees_its_own_organization_and_the_next_one_starts_with_none(signed_in):
    riverbend = OrganizationFactory()
    ana = UserFactory(organization=riverbend)
    with organization(riverbend.pk):
        pat = PatientFactory(organization=riverbend, family="Rivera", coordinator=ana, created_by=ana)
        join_care_team(pat, ana)
    page = signed_in(ana).get(reverse("patients:patient", args=[pat.pk]))
    assert page.status_code == 200
    assert "RIVERA" in page.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('app.organization', true)")
        assert cursor.fetchone()[0] in {None, ""}
    assert not Patient.objects.exists()


def test_a_request_is_let_in_by_two_statements(signed_in, django_assert_num_queries):
    """The session with its person, then the organization with what the person reaches in it. The third is the page's own."""
    ana = UserFactory(organization=OrganizationFactory())
    browser = signed_in(ana)
    with django_assert_num_queries(3 + 2):  # the transaction begins and ends
        browser.get(reverse("notifications:badge"))


def test_to_ask_what_someone_reaches_opens_nothing():
    ana, olga = UserFactory(), UserFactory(organization=OrganizationFactory(name="Hillside"))
    with transaction.atomic(), connection.cursor() as cursor:
        enter_as(ana)
        assert scope_of(olga).organization_id == olga.organization_id
        cursor.execute("select current_setting('app.organization', true)")
        assert cursor.fetchone()[0] == str(ana.organization_id)


def test_whoever_was_suspended_is_out_at_the_next_request(signed_in):
    ana = UserFactory(organization=OrganizationFactory())
    browser = signed_in(ana)
    assert browser.get(reverse("notifications:badge")).status_code == 200
    type(ana).objects.filter(pk=ana.pk).update(is_active=False)
    assert browser.get(reverse("notifications:badge")).status_code != 200
