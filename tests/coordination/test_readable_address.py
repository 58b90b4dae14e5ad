"""A letter nobody can type, in an address: a clear answer, never an error of ours."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/patients/?offered=%00", "/patients/?coordinator=a%00b", "/patients/changes/?%00=1", "/colleagues/?text=z%00e",
        "/day/?show=%00", "/beside/?%00",
    ],
)  # fmt: skip
def test_it_is_refused_before_anything_is_read(cast, signed_in, address):
    answer = signed_in(cast.sam).get(address)
    assert answer.status_code == 400
    assert "<h1" in answer.text


def test_the_api_names_what_is_wrong(cast, signed_in):
    assert signed_in(cast.sam).get("/api/v1/patients/?after=%00").status_code in {400, 401}


def test_who_has_not_signed_in_is_asked_to(client):
    assert client.get("/patients/?offered=%00").status_code == 302
