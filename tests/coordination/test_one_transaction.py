"""A request stands in its own organization, and leaves it behind."""

import pytest
from django.db import connection
from django.urls import reverse

from coordination.lib.rls import organization
from patients.models import Patient
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
