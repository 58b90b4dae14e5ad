"""Two people add patients under one record number at once: one is shown the other, whatever else they typed."""

import datetime as dt

import pytest

from coordination.lib.rls import organization
from patients.actions.registration import register_patient
from patients.models import Patient
from tests.at_once import at_once, names

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_with_one_record_number_one_is_refused(cast):
    def add(family, year):
        values = {"family": family, "birth_date": dt.date(year, 5, 4), "record_number": "R-77"}
        return lambda: register_patient(values=values, by=cast.ana, coordinator=cast.ana)

    assert names(at_once(cast.riverbend.pk, add("Adams", 1950), add("Young", 1990))) == [
        "DuplicateFound",
        "done",
    ]
    with organization(cast.riverbend.pk):
        assert Patient.objects.filter(record_number="R-77").count() == 1
