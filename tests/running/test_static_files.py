"""Production's styles and scripts: shrunk, named by their digest, whole."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from coordination.static_files import shrunk
from tests.running.test_guards import SOUND

SHOW_HOME = """
import django; django.setup()
from django.template.loader import render_to_string
print(render_to_string("base_plain.html"))
"""


def run(*arguments: str, root: Path) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | SOUND | {"STATIC_ROOT": str(root), "DJANGO_SETTINGS_MODULE": "coordination.settings"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("static")
    run("-m", "django", "collectstatic", "--noinput", "--verbosity=0", root=root)
    return root


def test_own_styles_and_scripts_lose_their_comments_and_nothing_of_others_changes(collected: Path) -> None:
    names: dict[str, str] = json.loads((collected / "staticfiles.json").read_text())["paths"]
    ours = [name for name in names if name.startswith(("css/", "js/"))]
    assert {"css/care.css", "js/keys.js"} <= set(ours)
    for name in ours:
        written, served = (settings.BASE_DIR / "static" / name), (collected / names[name])
        assert served.stat().st_size < written.stat().st_size, name
        assert gzip.decompress(Path(f"{served}.gz").read_bytes()) == served.read_bytes(), name
    vendored = "vendor/htmx.min.js"
    assert (collected / names[vendored]).read_bytes() == (
        settings.BASE_DIR / "static" / vendored
    ).read_bytes()


def test_a_page_names_the_files_that_are_there(collected: Path) -> None:
    page = run("-c", SHOW_HOME, root=collected)
    named = [part.split('"')[0] for part in page.split("/static/")[1:]]
    assert any(name.startswith("css/care.") for name in named)
    for name in named:
        assert (collected / name.partition("#")[0]).exists(), name


def test_collecting_twice_gives_the_same(collected: Path) -> None:
    before = (collected / "staticfiles.json").read_bytes()
    run("-m", "django", "collectstatic", "--noinput", "--verbosity=0", root=collected)
    assert (collected / "staticfiles.json").read_bytes() == before


def test_a_module_keeps_its_meaning() -> None:
    """Template strings, patterns and names from other modules are where a shrinker goes wrong."""
    text = 'import { a } from "./a.js"; // why\nconst say = `two  spaces // kept`;\nconst is = /[/"]/.test(say);\n'
    assert shrunk("js/b.js", text).split("\n") == [
        'import{a}from"./a.js";const say=`two  spaces // kept`;const is=/[/"]/.test(say);'
    ]
    assert shrunk("vendor/b.js", text) == text
