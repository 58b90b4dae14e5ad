"""Who opened the record, when and why."""

from coordination.audit.actions import record_access
from coordination.audit.models import Event
from tests.patients.record import at, events, page, send


def test_every_page_of_the_record_is_written_down_once(cast, signed_in):
    client = signed_in(cast.ana)
    for n, name in enumerate(["patient", "timeline", "history", "people", "coverage", "access"], start=1):
        page(client, at(name, cast.pat))
        assert events(cast.pat) == n
    shown = list(
        Event.objects.filter(patient_id=cast.pat.pk).order_by("at").values_list("detail__page", flat=True)
    )
    assert shown == ["overview", "timeline", "history", "people", "coverage", "access log"]


def test_a_form_shows_the_record_too_and_its_save_is_a_change(cast, signed_in):
    client = signed_in(cast.ana)
    page(client, at("coverage_add", cast.pat))
    assert (events(cast.pat), events(cast.pat, "change")) == (1, 0)
    send(
        client,
        at("coverage_add", cast.pat),
        cast.pat,
        payer="Medicare",
        rank=1,
        kind="medicare",
        status="active",
    )
    assert (events(cast.pat), events(cast.pat, "change")) == (1, 1)


def test_coordinators_see_their_own_visits(cast, signed_in):
    page(signed_in(cast.sue), at("patient", cast.pat))
    page(signed_in(cast.ana), at("patient", cast.pat))
    mine = page(signed_in(cast.ana), at("access", cast.pat))
    assert "Ana Ruiz" in mine.split("<tbody>")[1]
    assert "Sue Park" not in mine
    assert "Your own visits" in mine


def test_supervisors_and_the_privacy_officer_see_everyones(cast, signed_in):
    page(signed_in(cast.ana), at("patient", cast.pat))
    signed_in(cast.sam).get(at("patient", cast.pat))
    for who in (cast.sue, cast.petra):
        text = page(signed_in(who), at("access", cast.pat))
        assert "Ana Ruiz" in text
        assert "Sam Cole" in text
        assert "Refused" in text


def test_it_says_why(cast, signed_in):
    record_access("view", "patient.viewed", by=cast.max, patient_id=cast.pat.pk, reason="Asked to consult")
    assert "Asked to consult" in page(signed_in(cast.petra), at("access", cast.pat))


def test_it_pages_on(cast, signed_in, django_assert_max_num_queries):
    for _n in range(60):
        record_access("view", "patient.viewed", by=cast.ana, patient_id=cast.pat.pk)
    client = signed_in(cast.petra)
    first = page(client, at("access", cast.pat))
    assert first.count('<th scope="row">') == 50
    cursor = first.split("after=")[1].split('"')[0]
    assert str(cast.pat.pk) not in cursor
    with django_assert_max_num_queries(12):
        second = page(client, f"{at('access', cast.pat)}?after={cursor}")
    assert 10 <= second.count('<th scope="row">') <= 13
