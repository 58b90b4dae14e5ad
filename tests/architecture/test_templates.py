"""Templates keep the strict content policy, name real icons, and never query or decide."""

import re
from pathlib import Path

import pytest

from coordination.lib.icons import ICONS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}", re.DOTALL)

FORBIDDEN = {
    "inline style": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.I),
    "style element": re.compile(r"<style\b", re.I),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.I),
    "event attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.I),
    "hx-on": re.compile(r"\bhx-on\b", re.I),
    "javascript in a value": re.compile(r"""["'\s](?:js|javascript):""", re.I),
    "trigger filter": re.compile(r"""hx-trigger\s*=\s*["'][^"']*\[""", re.I),
    "confirm box": re.compile(r"\bhx-confirm\b", re.I),
    "boosted navigation": re.compile(r"\bhx-boost\b", re.I),
    "another server": re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", re.I),
    "raw html": re.compile(r"\|\s*safe\b|{%\s*autoescape\s+off"),
    "a query": re.compile(r"\.objects\b|\.(?:all|filter|exclude)\b(?!\s*=)"),
    "a decision about rights": re.compile(r"\bhas_perm\b|\bperms\.|\buser\.may\b"),
}


def source(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


INCLUDE = re.compile(r'{% include "([^"]+)"[^%]*%}')


def whole(path: Path) -> str:
    """The source with the parts it includes by name put in."""

    def part(match: re.Match[str]) -> str:
        inner = ROOT / "templates" / match[1]
        return whole(inner) if inner.is_file() and inner != path else ""

    return INCLUDE.sub(part, source(path))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 50


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_has(what: str) -> None:
    found = [name(path) for path in TEMPLATES if FORBIDDEN[what].search(source(path))]
    assert not found, f"{what} in {found}"


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("inline style", '<p class="a" style="color:red">'),
        ("inline script", "<script>alert(1)</script>"),
        ("event attribute", '<button onclick="go()">'),
        ("hx-on", '<a hx-on:click="x">'),
        ("javascript in a value", "<a hx-vals='js:{a:1}'>"),
        ("trigger filter", '<a hx-trigger="click[ctrlKey]">'),
        ("a decision about rights", "{% if user.may %}"),
        ("a query", "{% for row in patient.tasks.all %}"),
    ],
)
def test_the_rules_see_what_they_forbid(what: str, line: str) -> None:
    assert FORBIDDEN[what].search(line)


def test_every_icon_is_in_the_sprite() -> None:
    sprite = set(
        re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons/sprite.svg").read_text(encoding="utf-8"))
    )
    assert sprite == ICONS
    used = {
        (name(path), icon)
        for path in TEMPLATES
        for icon in re.findall(r'{% icon "([^"]+)"|\bicon="([a-z0-9-]+)"', source(path))
        for icon in filter(None, icon)
    }
    used |= {
        (str(path.relative_to(ROOT)), icon)
        for folder in ("coordination", "patients")
        for path in (ROOT / folder).rglob("*.py")
        for icon in re.findall(
            r"""["']?icon["']?\s*[:=]\s*["']([a-z0-9-]+)["']""", path.read_text(encoding="utf-8")
        )
    }
    assert {pair for pair in used if pair[1] not in ICONS} == set()


def test_every_form_that_writes_carries_token_and_key() -> None:
    """A POST form without them would be refused, or done twice."""
    signing = {"account", "mfa", "socialaccount"}  # signing in or out is not done twice by a key
    for path in TEMPLATES:
        if name(path).split("/")[0] in signing:
            continue
        for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", whole(path), re.DOTALL | re.I):
            if "sign_out_url" in form:
                continue
            assert "{% csrf_token %}" in form, name(path)
            if 'role="search"' in form or "<button" not in form:
                continue  # a search is posted so that no name stands in an address; it changes nothing.
                # A form without a button lends its token to buttons that bring a key of their own.
            assert "{% idempotency_key %}" in form, name(path)
            assert form.count("<form") == 1, f"{name(path)}: a form inside a form"


def test_every_page_says_its_language_and_title() -> None:
    for path in TEMPLATES:
        text = source(path)
        if "<html" in text:
            assert 'lang="' in text, name(path)
            assert "<title>" in text, name(path)
        if re.search(r'{% extends "base(?:_plain)?\.html" %}', text):
            assert "{% block title %}" in text, f"{name(path)} has no title of its own"


WORDS = re.compile(r">([^<>{}]*[A-Za-z]{3,}[^<>{}]*)<")
NAMES = {"Throughline", "Alt", "Ctrl", "Enter", "Esc", "Ctrl Enter", "Ctrl K"}


def test_every_word_a_person_reads_goes_through_translation() -> None:
    """Text between tags stands in translate or blocktranslate, but for the product's name and the keys."""
    inside = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL)
    for path in TEMPLATES:
        text = re.sub(r"{%.*?%}|{{.*?}}|&[a-z]+;", "", inside.sub("", source(path)))
        plain = {word.strip(" ,·\n") for word in WORDS.findall(text)} - NAMES
        assert not plain, f"{name(path)}: {plain}"
