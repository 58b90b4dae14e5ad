"""Everything a sender can get wrong: each gets one sentence, and nothing is stored."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coordination.interop.fhir.bundles import Index, build
from coordination.interop.fhir.problems import Unreadable
from coordination.interop.fhir.reading import (
    PIECE,
    Limits,
    find_files,
    is_named_by_line,
    megabytes,
    read_text,
)
from coordination.interop.fhir.scanning import LARGEST, resources
from patients.models import Condition, ImportIssue, ImportJob, Patient
from tests.conftest import Cast
from tests.interop.conftest import ImportIt
from tests.interop.made_up import bundle, condition, lines, observation, patient, write

WIDE = Limits(64 << 20, 256 << 20)


def index_of(folder: Path, *files: Path, limits: Limits = WIDE) -> Index:
    with (folder / "spool").open("wb") as out:
        return build(list(files), out, limits)


def sentence(folder: Path, content: Any, name: str = "bad.json", limits: Limits = WIDE) -> str:
    index = index_of(folder, write(folder, content, name), limits=limits)
    assert not index.items
    assert len(index.broken) == 1
    return index.broken[0].sentence


GOOD = json.dumps(bundle(patient(), condition()))

BAD_FILES = {
    "empty": (b"", "empty"),
    "only space": (" \n\t ", "empty"),
    "a word": ("hello", "something else than a FHIR resource"),
    "a list": ("[1]", "something else than a FHIR resource"),
    "cut off in the middle": (GOOD[:-40], "the end is missing"),
    "cut off in a text": (GOOD[: GOOD.index("Okafor") + 3], "the end is missing"),
    "a comma too many": ('{"resourceType": "Patient",}', "not JSON"),
    "a comma too few": ('{"resourceType": "Patient" "id": "1"}', "not JSON"),
    "single quotes": ("{'resourceType': 'Patient'}", "not JSON"),
    "not a number": (GOOD.replace('"female"', "NaN"), "NaN is not a number"),
    "infinity": (GOOD.replace('"female"', "-Infinity"), "-Infinity is not a number"),
    "a number too large": (GOOD.replace('"female"', "1e999"), "too large"),
    "a name twice": ('{"resourceType": "Patient", "id": "1", "id": "2"}', "given twice"),
    "a name twice deep down": (GOOD.replace('"system"', '"value": "x", "system"', 1), "given twice"),
    "two lists of entries": ('{"resourceType": "Bundle", "entry": [], "entry": []}', "given twice"),
    "too deep to read": (
        '{"resourceType": "Patient", "x": ' + "[" * 20_000 + "]" * 20_000 + "}",
        "levels deep",
    ),
    "latin-1": (GOOD.replace("Okafor", "Müller").encode("latin-1"), "not UTF-8"),
    "utf-16": (GOOD.encode("utf-16"), "UTF-16"),
    "a damaged gzip": (gzip.compress(GOOD.encode())[:30] + b"\xff" * 40, "damaged"),
    "a gzip cut off": (gzip.compress(GOOD.encode())[:-12], "cut off"),
    "a gzip of nothing but a head": (gzip.compress(GOOD.encode())[:10], "cut off"),
    "a binary file": (bytes(range(128, 256)), "not UTF-8"),
}


@pytest.mark.parametrize(("content", "expected"), BAD_FILES.values(), ids=BAD_FILES)
def test_it_says_what_is_wrong_with_a_file(tmp_path: Path, content: Any, expected: str) -> None:
    assert expected in sentence(tmp_path, content)


def test_it_refuses_a_large_file_before_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(200 << 20)
    index = index_of(tmp_path, path)
    assert index.broken[0].sentence == "It is 200 MB, the limit is 64 MB. Send it in parts."


def test_it_refuses_what_unpacks_too_far(tmp_path: Path) -> None:
    limits = Limits(1 << 20, 100_000)
    noise = "".join(f'"{n:x}",' for n in range(30_000))
    assert "unpacks to more than" in sentence(tmp_path, f"[{noise}]", "a.json.gz", limits)


def test_it_refuses_a_gzip_bomb_early(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    path = tmp_path / "bomb.json.gz"
    with path.open("wb") as file:
        file.write(packer.compress(b'{"resourceType": "Patient", "x": "'))
        for _ in range(64):
            file.write(packer.compress(b"0" * (1 << 20)))
        file.write(packer.flush())
    assert path.stat().st_size < 100_000
    assert "100 times its size" in index_of(tmp_path, path).broken[0].sentence


def test_it_reads_several_gzip_members_and_a_byte_order_mark(tmp_path: Path) -> None:
    packed = (
        gzip.compress(b"\xef\xbb\xbf" + GOOD[:50].encode()) + gzip.compress(GOOD[50:].encode()) + b"\x00\x00"
    )
    (tmp_path / "two.json").write_bytes(packed)
    assert len(index_of(tmp_path, tmp_path / "two.json").items) == 2


def test_a_bad_file_leaves_nothing_and_the_others_stay(tmp_path: Path) -> None:
    bad = write(tmp_path, GOOD[:-40], "bad.json")
    mine = condition("c2", subject={"reference": "Patient/p2"})
    good = write(tmp_path, bundle(patient("p2"), mine), "good.json")
    index = index_of(tmp_path, bad, good)
    assert [item.key for item in index.items] == ["Patient/p2", "Condition/c2"]
    assert [(broken.file, len(index.groups)) for broken in index.broken] == [(1, 1)]
    assert index.resolve("Patient/p1", 1) is None


def test_entries_may_come_before_the_type_of_the_bundle(tmp_path: Path) -> None:
    turned = {"entry": bundle(patient(), condition())["entry"], "resourceType": "Bundle"}
    assert len(index_of(tmp_path, write(tmp_path, turned)).items) == 2


def test_bundles_may_stand_inside_bundles(tmp_path: Path) -> None:
    outer = {"resourceType": "Bundle", "entry": [{"resource": bundle(patient(), condition())}]}
    index = index_of(
        tmp_path, write(tmp_path, outer), write(tmp_path, lines(bundle(patient("p2"))), "n.ndjson")
    )
    assert [item.key for item in index.items] == ["Patient/p1", "Condition/c1", "Patient/p2"]


def test_values_may_follow_each_other(tmp_path: Path) -> None:
    assert len(index_of(tmp_path, write(tmp_path, lines(patient(), condition()))).items) == 2


def test_a_list_resource_is_not_a_bundle(tmp_path: Path) -> None:
    index = index_of(
        tmp_path, write(tmp_path, {"resourceType": "List", "id": "l", "entry": [{"item": {"display": "x"}}]})
    )
    assert index.left_out == {"List": 1}


def test_one_resource_larger_than_any_is_refused() -> None:
    def pieces() -> Iterator[str]:
        yield '{"resourceType": "Patient", "text": "'
        for _ in range(LARGEST // PIECE + 2):
            yield "0" * PIECE

    with pytest.raises(Unreadable, match="larger than 16 MB"):
        list(resources(pieces()))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_it_reads_the_same_in_pieces_of_any_size(size: int) -> None:
    sent = {
        "resourceType": "Bundle",
        "total": 12,
        **bundle(patient(), observation(valueQuantity={"value": 12.25}), condition()),
    }
    text = json.dumps(sent) + " "
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    assert [value["resource"]["resourceType"] for _text, value in resources(pieces)] == [
        "Patient",
        "Observation",
        "Condition",
    ]


LINES = {
    "not json": ("{oops", "it is not JSON"),
    "a list": ("[1]", "there is no resource here"),
    "a word": ('"Patient"', "there is no resource here"),
    "nan": ('{"resourceType": "Patient", "x": NaN}', "NaN is not a number of JSON"),
    "a name twice": ('{"resourceType": "Patient", "id": "1", "id": "1"}', "a name is given twice"),
    "nul": ('{"resourceType": "Patient", "id": "1", "x": "\\u0000"}', "NUL"),
    "half a character": ('{"resourceType": "Patient", "id": "1", "x": "\\ud83d"}', "half a character"),
    "deep": ('{"resourceType": "Patient", "x": ' + "[" * 80 + "]" * 80 + "}", "more than 64 levels"),
    "very deep": (
        '{"resourceType": "Patient", "x": ' + "[" * 20_000 + "]" * 20_000 + "}",
        "more than 64 levels",
    ),
    "no type": ('{"id": "1"}', "there is no resource here"),
    "an unknown type": ('{"resourceType": "Patiens"}', "is not a resource of FHIR R4"),
    "a type that is none": ('{"resourceType": 3}', "is not a resource of FHIR R4"),
    "an id that is a number": ('{"resourceType": "Patient", "id": 7}', "must be text"),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_a_bad_line_costs_only_itself(tmp_path: Path, line: str, expected: str) -> None:
    path = write(tmp_path, lines(patient()) + "\n" + line + "\n" + lines(condition()), "mixed.ndjson")
    index = index_of(tmp_path, path)
    assert [item.kind for item in index.items] == ["Patient", "Condition"]
    assert expected in index.refusals[0].reason
    assert "no. 3" in index.refusals[0].name
    assert index.resources == 3


def test_whole_characters_are_not_taken_for_halves(tmp_path: Path) -> None:
    named = patient(name=[{"family": "😀"}])
    assert len(index_of(tmp_path, write(tmp_path, json.dumps(named, ensure_ascii=True))).items) == 1


def test_it_finds_files_in_folders(tmp_path: Path) -> None:
    for name in ("b/2.json", "b/1.ndjson.gz", "b/readme.txt", "a.json"):
        write(tmp_path, "{}", name)
    found = find_files([tmp_path / "b", tmp_path / "a.json"])
    assert [path.name for path in found] == ["1.ndjson.gz", "2.json", "a.json"]
    with pytest.raises(Unreadable, match="no file or folder"):
        find_files([tmp_path / "gone"])


def test_names_promise_lines() -> None:
    assert is_named_by_line("X.NDJSON.gz")
    assert is_named_by_line("x.jsonl")
    assert not is_named_by_line("x.json.gz")


def test_sizes_are_said_in_round_numbers() -> None:
    assert [megabytes(n) for n in (1, 2048, 1 << 20, (1 << 20) + 1)] == ["1 KB", "2 KB", "1 MB", "2 MB"]


def test_text_is_never_read_beyond_a_limit(tmp_path: Path) -> None:
    path = write(tmp_path, "x" * 5000)
    with pytest.raises(Unreadable):
        list(read_text(path, Limits(10_000, 100)))


def test_an_index_comes_back_as_it_was(tmp_path: Path) -> None:
    index = index_of(
        tmp_path,
        write(tmp_path, lines(patient(), condition()) + "{oops\n", "x.ndjson"),
        write(tmp_path, "no"),
    )
    assert Index.load(index.dump()) == index


@pytest.mark.django_db
def test_a_bad_file_leaves_no_row(cast: Cast, import_it: ImportIt, tmp_path: Path) -> None:
    before = Patient.objects.count()
    job = import_it(write(tmp_path, GOOD[:-40]))
    assert (job.status, Patient.objects.count(), Condition.objects.count()) == (
        ImportJob.Status.FAILED,
        before,
        0,
    )
    assert "the end is missing" in job.error
    assert [str(issue) for issue in ImportIssue.objects.filter(job=job)] == [f"file 1 : {job.error}"]


@pytest.mark.django_db
def test_entries_nobody_can_take_are_counted_and_said(cast: Cast, import_it: ImportIt) -> None:
    sent = bundle(patient(), condition(note=[{"text": "\x00"}]), {"resourceType": "Odd"})
    sent["entry"] += [{"request": {"method": "DELETE"}}, {"resource": "no"}]
    job = import_it(sent)
    assert (job.created, job.rejected, job.resources_read) == (1, 4, 5)
    assert [issue.path for issue in ImportIssue.objects.filter(job=job).order_by("id")] == [
        "",
        "resourceType",
        "",
        "",
    ]
    assert job.by_kind["unknown"]["rejected"] == 4


def test_a_file_cut_off_before_a_value_is_refused(tmp_path: Path) -> None:
    assert "the end is missing" in sentence(tmp_path, '{"resourceType": ')
