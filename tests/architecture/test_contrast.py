"""Every pair of colors that carries text or a control keeps WCAG AA, light and dark, computed from the stylesheet."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "static/css/care.css").read_text(encoding="utf-8")
TEXT, CONTROL = 4.5, 3.0


def tokens() -> dict[str, tuple[str, str]]:
    """Name -> (light, dark), as the first :root says it."""
    root = CSS[CSS.index(":root {") : CSS.index(":root[data-density")]
    found = {}
    for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", root):
        if pair := re.fullmatch(r"light-dark\((#\w{6}), (#\w{6})\)", value.strip()):
            found[name] = (pair[1], pair[2])
        elif re.fullmatch(r"#\w{6}", value.strip()):
            found[name] = (value.strip(), value.strip())
    return found


TOKENS = tokens()
SOFT = ["red", "amber", "green", "blue", "violet"]
GROUNDS = ["canvas", "surface", "raised", "hover", "sunken"]

PAIRS: list[tuple[str, str, float]] = [
    *[
        (ink, ground, TEXT)
        for ink in ("ink", "ink-2", "ink-3", "link")
        for ground in GROUNDS
        if ink != "ink-3" or ground != "sunken"
    ],
    *[(ink, "brand-soft", TEXT) for ink in ("ink", "ink-2", "ink-3", "brand-ink", "red", "amber")],
    *[(tone, f"{tone}-bg", TEXT) for tone in SOFT],
    *[("ink", f"{tone}-bg", TEXT) for tone in SOFT],
    *[
        (tone, ground, TEXT)
        for tone in ("red", "amber", "green")
        for ground in ("surface", "hover", "canvas", "raised")
    ],
    ("on-brand", "brand", TEXT),
    ("on-brand", "brand-hover", TEXT),
    ("on-red", "red-solid", TEXT),
    ("on-invert", "invert", TEXT),
    ("id-ink", "id", TEXT),
    ("id-ink-2", "id", TEXT),
    ("id-ink", "id-2", TEXT),
    *[(ink, dead, TEXT) for ink in ("id-ink", "id-ink-2") for dead in ("id-dead", "id-dead-2")],
    *[("line-strong", ground, CONTROL) for ground in ("surface", "canvas", "raised")],
    *[(f"{tone}-solid", "surface", CONTROL) for tone in SOFT],
    ("brand", "surface", CONTROL),
    ("brand", "track", CONTROL),
    *[("focus-out", ground, CONTROL) for ground in GROUNDS],
]


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_colors_can_be_read(front: str, ground: str, least: float, theme: int) -> None:
    assert contrast(TOKENS[front][theme], TOKENS[ground][theme]) >= least


def test_the_band_of_a_demo_can_be_read() -> None:
    for ground in re.findall(r"repeating-linear-gradient\(135deg, (#\w{6}) 0 12px, (#\w{6})", CSS)[0]:
        assert contrast(TOKENS["on-amber"][0], ground) >= TEXT


def test_color_of_identity_is_used_for_nothing_else() -> None:
    """Petrol means: this is who the patient is."""
    for rule in re.findall(r"([^{}]+)\{[^{}]*var\(--id\)[^{}]*\}", CSS):
        assert ".idhead" in rule, rule.strip()
