"""What goes into COPY comes out of the table as it was."""

import datetime as dt
import json
import uuid

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coordination.town.sheets import as_text, as_tree

text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=text,
    several=st.lists(text, max_size=3),
    tree=st.dictionaries(text, text | st.integers(0, 9) | st.none(), max_size=3),
)
def test_any_text_comes_back(words, several, tree):
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table if not exists kept (words text, several text[], tree jsonb, at timestamptz, id uuid, flag bool)"
        )
        cursor.execute("truncate kept")
        at, pk = dt.datetime(2026, 3, 8, 12, tzinfo=dt.UTC), uuid.uuid4()
        with cursor.copy("copy kept from stdin") as copy:
            copy.write(
                "\t".join([as_text(words), as_text(several), as_tree(tree), *map(as_text, (at, pk, True))])
                + "\n"
            )
        cursor.execute("select words, several, tree::text, at, id, flag from kept")
        row = cursor.fetchone()
        assert (row[0], row[1], json.loads(row[2]), row[3], row[4], row[5]) == (
            words,
            several,
            tree,
            at,
            pk,
            True,
        )
