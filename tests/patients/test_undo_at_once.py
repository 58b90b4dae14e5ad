"""Two people at one line of a record at the same moment: one of them is told who was first."""

import pytest

from coordination.lib.rls import organization
from patients.actions.reaching import add_phone, change_phone, remove_phone
from patients.actions.undoing import undo_record_change
from patients.models import ContactPoint, RecordChange
from tests.at_once import at_once, names

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def phone(cast):
    with organization(cast.riverbend.pk):
        values = {"kind": "mobile", "value": "(937) 555-0142"}
        return add_phone(patient=cast.pat, values=values, by=cast.ana)


def test_it_is_undone_once(cast, phone):
    with organization(cast.riverbend.pk):
        gone = remove_phone(phone=phone, version=1, reason="", by=cast.ana, entered_in_error=True)
    acts = [lambda by=by: undo_record_change(change=gone.last_change, by=by) for by in (cast.ana, cast.sue)]
    told = at_once(cast.riverbend.pk, *acts)
    assert names(told) == ["Refused", "done"]
    assert any("Ana Ruiz undid this" in each or "Sue Park undid this" in each for each in told)
    with organization(cast.riverbend.pk):
        assert ContactPoint.objects.get().version == 3


def test_an_undo_and_an_edit_never_both_win(cast, phone):
    told = at_once(
        cast.riverbend.pk,
        lambda: undo_record_change(change=phone.last_change, by=cast.ana),
        lambda: change_phone(phone=phone, version=1, values={"note": "Evenings"}, by=cast.sue),
    )
    assert told.count("done") == 1, told
    with organization(cast.riverbend.pk):
        is_undone = RecordChange.objects.get(act="add").undone_at is not None
        assert is_undone == (told[0] == "done") == (not ContactPoint.objects.exists())
