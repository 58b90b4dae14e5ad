"""Names in any script: sorted beside each other, found though misspelt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.lib.ids import new_id
from coordination.lib.names import name_keys, sort_key, sort_name, sounds


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Éva", "eva"),
        ("O'Brien", "o brien"),
        ("NGUYỄN", "nguyen"),
        ("Muñoz Íñiguez", "munoz iniguez"),
        ("Đặng", "dang"),
        ("Straße", "strasse"),
        ("陈", "陈"),
    ],
)
def test_marks_and_capitals_do_not_part_names(written, key):
    assert sort_key(written) == key


def test_a_short_family_name_sorts_before_a_longer_one():
    assert sort_name("Li", "Zoe") < sort_name("Lia", "Anna")


@pytest.mark.parametrize(
    ("one", "other"), [("Jonson", "Johnson"), ("Okafor", "Okafour"), ("Tran", "Trans"), ("Smith", "Smyth")]
)
def test_one_letter_off_is_found(one, other):
    assert set(name_keys(one)) & set(name_keys(other))


def test_another_script_keeps_its_own_sound():
    assert sounds("陈") == "陈"
    assert set(name_keys("陈", "秀英")) >= {"d:陈", "p:陈", "g:秀英"}


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_has_keys_and_a_place(family, given_name):
    keys = name_keys(family, given_name)
    assert keys == sorted(set(keys))
    assert sort_name(family, given_name).count("\x1f") == 1


def test_ids_follow_each_other():
    made = [new_id() for _ in range(50)]
    assert len(set(made)) == 50
    assert [pk.int >> 80 for pk in made] == sorted(pk.int >> 80 for pk in made)
