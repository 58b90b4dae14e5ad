import datetime as dt

import pytest
from django.utils import timezone

from coordination.accounts.models import TeamMembership
from coordination.audit.models import Event
from coordination.idempotency.models import Answer
from patients.finding import find, understand
from patients.models import ContactPoint, Identifier, Patient
from patients.registry import FILTERS
from tests.factories import PatientFactory, join_care_team

URL = "/patients/"
SORTS = ["name", "born", "number", "coordinator", "team", "risk", "language", "contact", "due", "tasks"]


def add(cast, **values):
    patient = PatientFactory(
        **{"organization": cast.riverbend, "team": cast.north, "created_by": cast.ana} | values
    )
    if patient.coordinator:
        join_care_team(patient, patient.coordinator, role="coordinator", is_primary=True)
    return patient


def names(answer):
    return [row["who"]["name"] for row in answer.context["rows"]]


def search(client, text, **more):
    answer = client.post("/patients/search/", {"text": text})
    assert answer.status_code == 302
    assert text not in answer.url
    return client.get(answer.url, more)


def test_it_lists_whom_one_may_see(cast, signed_in):
    add(cast, team=cast.south, family="Hidden")
    page = signed_in(cast.ana).get(URL)
    assert names(page) == ["RIVERA, Pat"]
    assert "In care. 1 patient." in page.text
    assert names(signed_in(cast.sam).get(URL)) == ["HIDDEN, " + Patient.objects.get(family="Hidden").given]


@pytest.mark.parametrize(
    ("name", "status"), [("adam", 403), ("aud", 403), ("vic", 200), ("petra", 200), ("flo", 200)]
)
def test_who_may_open_it(cast, signed_in, name, status):
    client = signed_in(getattr(cast, name))
    assert client.get(URL).status_code == status
    assert client.post("/patients/search/", {"text": "Rivera"}).status_code == (302 if status == 200 else 403)
    assert client.post(URL).status_code == 405
    assert client.get("/patients/search/").status_code == 405


def test_another_organization_sees_nothing(cast, signed_in):
    page = signed_in(cast.olga).get(URL)
    assert names(page) == []
    assert "No patients yet" in page.text


def test_a_role_sees_only_its_columns(cast, signed_in):
    cast.pat.risk, cast.pat.language, cast.pat.open_tasks = "high", "es", 3
    cast.pat.save(update_fields=["risk", "language", "open_tasks"])
    assert list(signed_in(cast.ana).get(URL).context["columns"]) == SORTS
    desk = signed_in(cast.flo).get(URL)
    assert list(desk.context["columns"]) == ["name", "born", "number", "coordinator", "team", "language"]
    assert (desk.context["rows"][0]["risk"], desk.context["rows"][0]["open_tasks"]) == ("", None)
    assert list(signed_in(cast.petra).get(URL).context["columns"]) == [
        "name",
        "born",
        "number",
        "coordinator",
        "team",
    ]


def test_what_one_may_not_see_neither_narrows_nor_sorts(cast, signed_in):
    add(cast, family="Brandt", risk="low")
    page = signed_in(cast.flo).get(URL, {"risk": "high", "tasks": "open", "quiet": "7", "sort": "-risk"})
    assert names(page)[-1] == "RIVERA, Pat"
    assert len(names(page)) == 2
    assert page.context["sort"] == "name"


@pytest.mark.parametrize("sort", [f"{sign}{key}" for key in SORTS for sign in ("", "-")])
def test_it_sorts_by_every_column_and_pages_both_ways(cast, signed_in, sort, monkeypatch):
    monkeypatch.setattr("patients.registry.PAGE", 4)
    now = timezone.now()
    for number in range(9):
        add(
            cast, family=f"Family{number % 4}", risk=["high", "low", "rising"][number % 3], language=["", "es", "vi"][number % 3],
            birth_date=None if number == 4 else dt.date(1950 + number % 5, 1, 1), open_tasks=number % 3,
            last_contact_at=None if number % 3 else now - dt.timedelta(days=number), next_due_at=None if number % 2 else now,
            coordinator=[None, cast.ana, cast.sue][number % 3], team=cast.north,
        )  # fmt: skip
    client = signed_in(cast.sue)
    page = client.get(URL, {"sort": sort})
    walked, pages = names(page), 1
    while page.context["pager"]["next_url"]:
        page = client.get(URL + page.context["pager"]["next_url"])
        walked += names(page)
        pages += 1
    assert len(walked) == Patient.objects.count()
    assert len(set(walked)) == len(walked)
    assert pages == 3
    back = client.get(URL + page.context["pager"]["previous_url"])
    assert names(back) == walked[4:8]


def test_the_worst_risk_and_the_longest_silence_come_first(cast, signed_in):
    now = timezone.now()
    cast.pat.last_contact_at = now - dt.timedelta(days=3)
    cast.pat.risk = "rising"
    cast.pat.save(update_fields=["last_contact_at", "risk"])
    never = add(cast, family="Never", coordinator=cast.ana, risk="high")
    client = signed_in(cast.ana)
    assert names(client.get(URL, {"sort": "contact"}))[0] == never.display_name
    assert names(client.get(URL, {"sort": "-contact"}))[0] == "RIVERA, Pat"
    assert names(client.get(URL, {"sort": "risk"}))[0] == never.display_name


@pytest.mark.parametrize(
    ("query", "words", "found"),
    [
        ({"coordinator": "me"}, "In care, mine. 1 patient.", ["RIVERA, Pat"]),
        ({"coordinator": "none"}, "In care, no coordinator. 1 patient.", ["ABDI, Hodan"]),
        ({"risk": "high"}, "In care, risk: high. 1 patient.", ["ABDI, Hodan"]),
        ({"language": "so"}, "In care, speaks Somali. 1 patient.", ["ABDI, Hodan"]),
        ({"interpreter": "yes"}, "In care, interpreter needed. 1 patient.", ["ABDI, Hodan"]),
        ({"quiet": "14"}, "In care, no contact in 14 days. 1 patient.", ["ABDI, Hodan"]),
        ({"tasks": "open"}, "In care, open tasks. 1 patient.", ["ABDI, Hodan"]),
        ({"tasks": "overdue"}, "In care, overdue tasks. 1 patient.", ["ABDI, Hodan"]),
        ({"tasks": "none"}, "In care, nothing planned. 1 patient.", ["RIVERA, Pat"]),
        ({"status": "ended"}, "Care ended. 1 patient.", ["BRANDT, Ida"]),
        ({"status": "deceased"}, "Died. 1 patient.", ["CRUZ, Leo"]),
        (
            {"status": "all"},
            "Everyone. 4 patients.",
            ["ABDI, Hodan", "BRANDT, Ida", "CRUZ, Leo", "RIVERA, Pat"],
        ),
        (
            {"risk": "nonsense", "sort": "nonsense", "team": "x"},
            "In care. 2 patients.",
            ["ABDI, Hodan", "RIVERA, Pat"],
        ),
    ],
)
def test_it_narrows_and_says_so(cast, signed_in, query, words, found):
    now = timezone.now()
    cast.pat.last_contact_at = now
    cast.pat.save(update_fields=["last_contact_at"])
    add(
        cast,
        family="Abdi",
        given="Hodan",
        risk="high",
        language="so",
        interpreter_needed="yes",
        open_tasks=2,
        next_due_at=now - dt.timedelta(hours=1),
    )
    add(cast, family="Brandt", given="Ida", status="ended", care_ended_on=dt.date(2026, 1, 1))
    add(cast, family="Cruz", given="Leo", is_deceased=True)
    join_care_team(cast.pat, cast.sue)
    page = signed_in(cast.ana if query == {"coordinator": "me"} else cast.sue).get(URL, query)
    assert page.context["sentence"] == words
    assert names(page) == found


def test_each_filter_can_be_taken_away(cast, signed_in):
    page = signed_in(cast.ana).get(URL, {"risk": "high", "language": "so"})
    assert {chip["label"]: chip["remove_url"] for chip in page.context["chips"]} == {
        "risk: high": "?language=so",
        "speaks Somali": "?risk=high",
    }
    assert "No patient matches" in page.text


def test_the_list_alone_answers_htmx(cast, signed_in):
    page = signed_in(cast.ana).get(URL, {"risk": "high", "team": ""}, headers={"HX-Request": "true"})
    assert page.headers["HX-Push-Url"] == "/patients/?risk=high"
    assert page.text.strip().startswith('<section class="card" id="list"')
    assert "HX-Request" in page.headers["Vary"]


@pytest.mark.parametrize(
    "text",
    [
        "rivera",
        "Rivera, Pat",
        "pat rivera",
        "river",
        "Riviera",
        "Ryvera",
        "14 Mar 1958",
        "03/14/1958",
        "rivera 14-Mar-1958",
        "(937) 555-0142",
        "1EG4-TE5",
    ],
)
def test_it_finds_what_was_typed(cast, signed_in, text):
    ContactPoint.objects.create(
        organization=cast.riverbend,
        patient=cast.pat,
        kind="mobile",
        value="937",
        number="+19375550142",
        created_by=cast.ana,
        updated_by=cast.ana,
    )
    Identifier.objects.create(
        organization=cast.riverbend,
        patient=cast.pat,
        kind="MC",
        value="1EG4TE5",
        created_by=cast.ana,
        updated_by=cast.ana,
    )
    add(cast, family="Brandt", given="Ida", birth_date=dt.date(1990, 1, 1))
    assert names(search(signed_in(cast.sue), text)) == ["RIVERA, Pat"]


def test_it_finds_by_record_number(cast, signed_in):
    assert names(search(signed_in(cast.ana), cast.pat.record_number)) == ["RIVERA, Pat"]


@pytest.mark.parametrize("text", ["Brandt", "rivera 15 Mar 1958", "999", "!!"])
def test_it_says_when_nobody_fits(cast, signed_in, text):
    page = search(signed_in(cast.ana), text)
    assert names(page) == []
    assert "No one like that among the patients you may see" in page.text


def test_a_search_finds_only_whom_one_may_see(cast, signed_in):
    add(cast, team=cast.south, family="Rivera", given="Pia")
    assert names(search(signed_in(cast.ana), "rivera")) == ["RIVERA, Pat"]


def test_the_closest_comes_first_and_a_column_sorts_all(cast, signed_in):
    for family in ("Riviera", "Rivero", "Rivera"):
        add(cast, family=family, given="Zoe")
    client = signed_in(cast.sue)
    page = search(client, "rivera")
    assert names(page)[:2] == ["RIVERA, Pat", "RIVERA, Zoe"]
    assert set(names(page)) == {"RIVERA, Pat", "RIVERA, Zoe", "RIVERO, Zoe", "RIVIERA, Zoe"}
    by_name = client.get(
        page.request["PATH_INFO"], {"s": page.request["QUERY_STRING"].split("s=")[-1], "sort": "-name"}
    )
    assert names(by_name)[0] == "RIVIERA, Zoe"


def test_a_search_is_written_down_without_its_words(cast, signed_in):
    client = signed_in(cast.ana)
    search(client, "Rivera")
    search(client, "  RIVERA ")
    events = list(Event.objects.filter(name="patient.searched"))
    assert {event.kind for event in events} == {"search"}
    assert len({event.detail["query"] for event in events}) == 1
    assert [event.detail["results"] for event in events] == [1, 1]
    assert "ivera" not in str([event.detail for event in events]).lower()


def test_a_search_is_one_persons_own_and_ends(cast, signed_in):
    answer = signed_in(cast.ana).post("/patients/search/", {"text": "rivera"})
    page = signed_in(cast.vic).get(answer.url)
    assert "This search has ended. Search again." in page.text
    assert signed_in(cast.ana).post("/patients/search/", {"text": ""}).url == URL


@pytest.mark.parametrize("rows", [20, 50])
def test_it_costs_the_same_for_many_rows(cast, signed_in, django_assert_num_queries, rows):
    for _number in range(rows):
        add(cast, coordinator=cast.sue)
    client = signed_in(cast.sue)
    client.get(URL)
    # session with person, organization with scope, savepoint (2); what the filters offer with unread news, the list with its count
    with django_assert_num_queries(6):
        client.get(URL, {"sort": "due"})
    with django_assert_num_queries(6):
        client.get(URL)


def test_no_answer_of_a_search_is_kept_with_its_words(cast, signed_in):
    search(signed_in(cast.ana), "rivera")
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    ("text", "words", "born", "numbers"),
    [
        ("Okafor, Grace", ("okafor", "grace"), None, ()),
        ("grace 14 Mar 1958", ("grace",), dt.date(1958, 3, 14), ()),
        ("March 14, 1958", (), dt.date(1958, 3, 14), ()),
        ("1958-03-14 okafor", ("okafor",), dt.date(1958, 3, 14), ()),
        ("+44 20 7946 0018", (), None, ("+44 20 7946 0018",)),
        ("44000012", (), None, ("44000012",)),
        ("Nguyễn Thị", ("nguyen", "thi"), None, ()),
    ],
)
def test_it_understands(text, words, born, numbers):
    wanted = understand(text)
    assert (wanted.words, wanted.born, wanted.numbers) == (words, born, numbers)


def test_nothing_typed_finds_nobody(cast):
    assert find(cast.ana, Patient.objects.all(), " ,. ") == []


def test_a_large_house_offers_those_nearby_and_finds_the_others(cast, signed_in, monkeypatch):
    """One's own team first, whoever is chosen always, the others by their name: never everyone at once."""
    monkeypatch.setattr("coordination.accounts.access.NEARBY", 2)
    monkeypatch.setattr("patients.forms.registry.NEARBY", 2)
    for team in (cast.north, cast.south):
        for user in (cast.sue, cast.max) if team == cast.north else (cast.sam,):
            TeamMembership.objects.create(team=team, user=user, starts_on=dt.date(2026, 1, 1))
    client = signed_in(cast.sue)

    def offered(query):
        field = client.get(URL, query).context["filters"].fields["coordinator"]
        return [name for key, name in field.choices if key not in {"", "me", "none"}]

    assert "Max Weber" in offered({})
    assert "Sam Cole" not in offered({})
    assert offered({"offered": "cole"}) == ["Sam Cole"]
    assert "Sam Cole" in offered({"coordinator": str(cast.sam.pk)})
    assert "Sam Cole" in offered({"team": str(cast.south.pk)})
    assert (
        "offered" not in FILTERS
    )  # it narrows what is on offer, not the list: a saved view does not hold it
