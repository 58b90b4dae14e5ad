import datetime as dt
import random

import pytest
from django.db.models import F
from django.db.models.functions import Length
from django.http import QueryDict
from django.utils import timezone

from coordination.lib.paging import Count, Page, capped_count, keyset, seal, unseal
from patients.models import Patient
from tests.factories import PatientFactory

ORDERS = [
    [("sort_name", "asc"), ("id", "asc")],
    [("sort_name", "desc"), ("id", "desc")],
    [("sort_name", "asc"), ("id", "desc")],
    [("last_contact_at", "asc"), ("id", "asc")],
    [("last_contact_at", "desc"), ("id", "desc")],
    [("last_contact_at", "asc", "first"), ("id", "asc")],
    [("last_contact_at", "desc", "first"), ("id", "desc")],
    [("risk", "asc"), ("last_contact_at", "desc"), ("id", "asc")],
    [("risk", "desc"), ("birth_date", "asc", "first"), ("id", "desc")],
    [("coordinator__name", "asc"), ("sort_name", "asc"), ("id", "asc")],
    [("coordinator__name", "desc"), ("id", "asc")],
]


@pytest.fixture
def people(cast):
    """Thirty people with every kind of tie and gap a list can have."""
    chance = random.Random(7)
    now = timezone.now()
    for number in range(30):
        PatientFactory(
            organization=cast.riverbend,
            created_by=cast.ana,
            family=chance.choice(["Adeyemi", "Brandt", "Cruz"]),
            given=chance.choice(["Io", "Jo"]),
            risk=chance.choice(["high", "low", "unknown"]),
            birth_date=chance.choice([None, dt.date(1950, 1, 1), dt.date(1960, 1, 1)]),
            last_contact_at=chance.choice([None, now, now - dt.timedelta(days=number % 4)]),
            coordinator=chance.choice([None, cast.ana, cast.sam]),
        )
    return Patient.objects.all()


def whole(queryset, order):
    terms = []
    for name, way, *nulls in order:
        last = (nulls or ["last"])[0] == "last"
        terms.append(
            F(name).asc(nulls_last=last or None, nulls_first=not last or None)
            if way == "asc"
            else F(name).desc(nulls_last=last or None, nulls_first=not last or None)
        )
    return [row.pk for row in queryset.order_by(*terms)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 4, 7, 50])
def test_it_walks_the_whole_list_both_ways(people, order, size):
    expected = whole(people, order)
    pages: list[Page] = [keyset(people, order=order, size=size)]
    while pages[-1].next_cursor:
        pages.append(keyset(people, order=order, size=size, after=pages[-1].next_cursor))
    assert [row.pk for page in pages for row in page] == expected

    back = [pages[-1]]
    while back[-1].previous_cursor:
        back.append(keyset(people, order=order, size=size, before=back[-1].previous_cursor))
    seen = list(dict.fromkeys(row.pk for page in reversed(back) for row in page))
    assert sorted(seen, key=expected.index) == expected
    assert [row.pk for row in back[-1]] == expected[:size]


@pytest.mark.parametrize("order", ORDERS)
def test_a_page_back_shows_what_stood_there(people, order):
    first = keyset(people, order=order, size=8)
    second = keyset(people, order=order, size=8, after=first.next_cursor)
    third = keyset(people, order=order, size=8, after=second.next_cursor)
    again = keyset(people, order=order, size=8, before=third.previous_cursor)
    assert [row.pk for row in again] == [row.pk for row in second]
    assert again.next_cursor == second.next_cursor


def test_a_row_that_left_the_list_keeps_its_place(people):
    order = [("sort_name", "asc"), ("id", "asc")]
    active = people.filter(status="active")
    expected = whole(active, order)
    page = keyset(active, order=order, size=10)
    last = page.rows[-1]
    last.status, last.care_ended_on = "ended", dt.date(2026, 1, 1)
    last.save(update_fields=["status", "care_ended_on"])
    assert [row.pk for row in keyset(active, order=order, size=10, after=page.next_cursor)] == expected[10:20]


def test_a_list_sorted_by_an_annotation(people):
    order = [("born", "desc"), ("id", "asc")]
    annotated = people.annotate(born=F("birth_date"))
    page = keyset(annotated, order=order, size=9)
    following = keyset(annotated, order=order, size=9, after=page.next_cursor)
    assert [row.pk for row in [*page, *following]] == whole(annotated, order)[:18]


def test_an_annotation_that_always_has_a_value_is_walked_as_one_part(people, django_assert_num_queries):
    order = [("length", "desc", "none"), ("id", "desc")]
    annotated = people.annotate(length=Length("family"))
    page = keyset(annotated, order=order, size=9)
    with django_assert_num_queries(2):
        following = keyset(annotated, order=order, size=9, after=page.next_cursor)
    assert [row.pk for row in [*page, *following]] == whole(annotated, [("length", "desc"), ("id", "desc")])[
        :18
    ]


def test_a_row_that_left_a_list_sorted_by_an_annotation_keeps_its_place(people):
    order = [("length", "desc", "none"), ("id", "desc")]
    active = people.filter(status="active").annotate(length=Length("family"))
    expected = whole(active, [("length", "desc"), ("id", "desc")])
    page = keyset(active, order=order, size=10)
    Patient.objects.filter(pk=page.rows[-1].pk).update(status="ended", care_ended_on=dt.date(2026, 1, 1))
    assert [row.pk for row in keyset(active, order=order, size=10, after=page.next_cursor)] == expected[10:20]


def test_rows_of_values(people):
    rows = people.values("id", "sort_name")
    page = keyset(rows, order=[("id", "asc")], size=3)
    assert unseal(Patient, page.next_cursor) == page.rows[-1]["id"]


@pytest.mark.parametrize("cursor", ["", "nonsense", "019f0000-0000-7000-8000-000000000000.forged"])
def test_a_cursor_that_is_not_ours_leads_to_the_first_page(people, cursor):
    order = [("id", "asc")]
    first = keyset(people, order=order, size=5)
    assert keyset(people, order=order, size=5, after=cursor) == first
    assert keyset(people, order=order, size=5, before=cursor) == first


def test_a_cursor_holds_an_id_and_nothing_else(people):
    row = people.first()
    cursor = seal(Patient, row)
    assert cursor.startswith(f"{row.pk}.")
    assert unseal(Patient, cursor) == row.pk
    assert unseal(type(row.created_by), cursor) is None


def test_a_page_costs_one_query_and_a_later_one_two(people, django_assert_num_queries):
    order = [("sort_name", "asc"), ("id", "asc")]
    with django_assert_num_queries(1):
        page = keyset(people, order=order, size=5)
    with django_assert_num_queries(2):
        keyset(people, order=order, size=5, after=page.next_cursor)


def test_links_keep_what_the_person_chose(people):
    query = QueryDict("risk=high&risk=low&after=old")
    page = keyset(people, order=[("id", "asc")], size=5)
    links = page.links(query, total=30)
    assert links["previous_url"] == ""
    assert links["next_url"].startswith("?risk=high&risk=low&after=")
    assert links["next_url"].count("after=") == 1
    assert (links["shown"], links["total"]) == (5, 30)


def test_an_empty_list(cast):
    page = keyset(Patient.objects.none(), order=[("id", "asc")])
    assert (page.rows, page.next_cursor, page.previous_cursor) == ([], None, None)


def test_it_counts_no_further_than_the_cap(people):
    assert capped_count(people, cap=10) == Count(10, is_capped=True)
    assert str(capped_count(people, cap=10)) == "10+"
    assert str(capped_count(people.filter(family="Nobody"), cap=10)) == "0"
