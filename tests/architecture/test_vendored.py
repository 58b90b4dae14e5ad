"""What others wrote stands in static/ unchanged, with its version and license, and nothing has grown fat."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from coordination.static_files import shrunk

STATIC = Path(__file__).resolve().parents[2] / "static"
KILOBYTE = 1024


def blocks() -> list[dict[str, str]]:
    text = (STATIC / "vendor" / "VERSIONS.txt").read_text(encoding="utf-8")
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            found.append(
                {key.strip(): value.strip() for key, value in (line.split(":", 1) for line in lines)}
            )
    return found


def served(path: Path) -> bytes:
    """The bytes production serves: our own styles and scripts are shrunk there."""
    if path.suffix not in {".css", ".js"}:
        return path.read_bytes()
    return shrunk(str(path.relative_to(STATIC)), path.read_text(encoding="utf-8")).encode("utf-8")


def packed(*paths: Path) -> int:
    return sum(len(gzip.compress(served(path), 9, mtime=0)) for path in paths)


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block["file"])
def test_a_vendored_file_is_the_one_that_was_taken(block: dict[str, str]) -> None:
    assert {"file", "name", "version", "license", "source", "sha256"} <= block.keys()
    assert hashlib.sha256((STATIC / block["file"]).read_bytes()).hexdigest() == block["sha256"]


def test_every_file_of_others_is_listed() -> None:
    listed = {block["file"] for block in blocks()}
    others = [path for folder in ("vendor", "fonts") for path in (STATIC / folder).iterdir()]
    assert {str(path.relative_to(STATIC)) for path in others if path.name != "VERSIONS.txt"} <= listed


@pytest.mark.parametrize(
    ("pattern", "limit"),
    [
        ("css/care.css", 12),
        ("icons/sprite.svg", 10),
        ("vendor/htmx.min.js", 14),
        ("fonts/*-latin-wght-*", 48),
    ],
)
def test_what_a_first_visit_loads_stays_small(pattern: str, limit: int) -> None:
    paths = sorted(STATIC.glob(pattern))
    assert paths
    assert packed(*paths) <= limit * KILOBYTE


def test_the_scripts_of_every_page_stay_small() -> None:
    """base.html names them; a page's own script (passkeys, file drop) is loaded there and kept short too."""
    base = (STATIC.parent / "templates/base.html").read_text(encoding="utf-8")
    names = re.findall(r'{% for name in "([a-z ]+)"\|words %}', base)[0].split()
    everywhere = [STATIC / "js" / f"{name}.js" for name in names]
    assert packed(*everywhere) <= 8 * KILOBYTE
    for path in (STATIC / "js").glob("*.js"):
        assert packed(path) <= 2 * KILOBYTE, path.name
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 80, path.name


def test_nothing_is_asked_of_another_server() -> None:
    for path in [*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")]:
        text = path.read_text(encoding="utf-8")
        assert "http://" not in text, path.name
        assert "https://" not in text, path.name
        assert "@import" not in text, path.name
