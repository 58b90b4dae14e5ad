"""Two people merge at once: one is refused with a sentence, and every row is where it belongs."""

import pytest

from coordination.lib.rls import organization
from patients.actions.merging import merge_patients
from patients.models import Allergy, Patient, PatientMerge
from tests.at_once import at_once, names
from tests.factories import PatientFactory
from tests.factories.record import AllergyFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("both_ways", [False, True], ids=["the same", "each into the other"])
def test_of_two_merges_of_two_records_one_is_refused(cast, both_ways):
    with organization(cast.riverbend.pk):
        twin = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.sue)
        AllergyFactory(patient=twin)

    def merge(survivor, merged):
        one, two = (Patient.objects.get(pk=pk) for pk in (survivor.pk, merged.pk))
        merge_patients(
            survivor=one,
            merged=two,
            chosen={},
            second_identifier=merged.record_number,
            reason="Same card",
            by=cast.sue,
        )

    second = (twin, cast.pat) if both_ways else (cast.pat, twin)
    found = at_once(cast.riverbend.pk, lambda: merge(cast.pat, twin), lambda: merge(*second))
    assert names(found) == ["Refused", "done"]
    with organization(cast.riverbend.pk):
        done = PatientMerge.objects.get()
        assert Allergy.objects.get().patient_id == done.survivor_id
        assert Patient.objects.filter(status="merged").count() == 1
