"""The summary on paper: whose it is and who printed it on each page, and only what the role may see."""

from coordination.audit.models import Event
from patients.models import Patient
from tests.factories import join_care_team
from tests.factories.record import AllergyFactory, ConditionFactory, ContactPointFactory, MedicationFactory
from tests.patients.record import at, events, page


def test_identity_stands_in_the_head_that_repeats_on_each_page(cast, signed_in):
    text = page(signed_in(cast.ana), at("print", cast.pat))
    head, foot = text.split("<thead>")[1].split("</thead>")[0], text.split("<tfoot>")[1].split("</tfoot>")[0]
    for words in ("RIVERA, Pat", "14-Mar-1958", cast.pat.record_number):
        assert words in head
    assert "Printed by Ana Ruiz" in foot
    assert "<title>RIVERA, Pat, born 14-Mar-1958" in text


def test_it_prints_what_holds_now(cast, signed_in):
    Patient.objects.filter(pk=cast.pat.pk).update(safety_note="Dog bites")
    AllergyFactory(patient=cast.pat)
    ConditionFactory(patient=cast.pat, text="Heart failure")
    ConditionFactory(patient=cast.pat, text="Old flu", is_active=False, occurred_at=None)
    MedicationFactory(patient=cast.pat)
    ContactPointFactory(patient=cast.pat, voicemail="none")
    join_care_team(cast.pat, cast.max, role="primary_care")
    text = page(signed_in(cast.ana), at("print", cast.pat))
    for words in [
        "Penicillin (anaphylaxis)",
        "Heart failure",
        "hydrALAZINE",
        "leave no message",
        "Max Weber",
        "Dog bites",
    ]:
        assert words in text
    assert "Old flu" not in text
    assert text.count("Dog bites") == 1


def test_it_is_recorded_as_a_print(cast, signed_in):
    page(signed_in(cast.ana), at("print", cast.pat))
    assert Event.objects.get(patient_id=cast.pat.pk, kind="print").name == "patient.printed"
    assert events(cast.pat) == 0


def test_sensitive_lines_are_printed_only_for_those_who_see_them(cast, signed_in):
    ConditionFactory(patient=cast.pat, text="Opioid use disorder", sensitivity="ETH")
    assert "Opioid use disorder" not in page(signed_in(cast.ana), at("print", cast.pat))
    assert "Opioid use disorder" in page(signed_in(cast.max), at("print", cast.pat))


def test_it_costs_few_queries(cast, signed_in, django_assert_max_num_queries):
    client = signed_in(cast.ana)
    client.get(at("print", cast.pat))
    for _n in range(20):
        ConditionFactory(patient=cast.pat)
    with django_assert_max_num_queries(15):
        page(client, at("print", cast.pat))
