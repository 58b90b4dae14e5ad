"""Medicines read safely: 0.5 not .5, 5 not 5.0, units in full, names that look alike told apart."""

import pytest

from patients.doses import dose_words, medicine_parts
from patients.tall_man import TALL_MAN


def told(text):
    return " ".join(f"*{part.text}*" if part.strong else part.text for part in medicine_parts(text))


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("hydralazine 25 MG Oral Tablet [Apresoline]", "*hydrALAZINE* 25 mg Oral Tablet (brand: Apresoline)"),
        ("hydroxyzine", "*hydrOXYzine*"),
        ("Levothyroxine .05 mg", "*levothyroxine* 0.05 mg"),
        (
            "Acetaminophen 325 MG / Hydrocodone Bitartrate 7.5 MG Oral Tablet",
            "*acetaminophen* 325 mg / *HYDROcodone bitartrate* 7.5 mg Oral Tablet",
        ),
        (
            "24 HR metoprolol succinate 50 MG Extended Release",
            "*metoprolol succinate* 50 mg Extended Release (24 hours)",
        ),
        ("NDA020503 200 ACTUAT albuterol 0.09 MG/ACTUAT", "*albuterol* 0.09 mg/puff (200 ACTUAT)"),
        ("insulin glargine 100 UNT/ML", "*insulin glargine* 100 units/mL"),
        ("325", "325"),
    ],
)
def test_a_name_is_bold_and_the_rest_is_plain(stored, shown):
    assert told(stored) == shown


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (".5 mg", "0.5 mg"),
        ("5.0 mg", "5 mg"),
        ("0.50 mg", "0.5 mg"),
        ("1000 mg", "1,000 mg"),
        ("25 mcg", "25 micrograms"),
        ("10000 units", "10,000 units"),
        ("10 U", "10 units"),
        ("since 2019", "since 2019"),
        ("1.25 mg", "1.25 mg"),
        ("2 tablets", "2 tablets"),
        ("", ""),
    ],
)
def test_numbers_have_no_traps(written, read):
    assert dose_words(written) == read


def test_the_list_only_changes_capitals():
    assert all(name == spelled.lower() and name != spelled for name, spelled in TALL_MAN.items())
