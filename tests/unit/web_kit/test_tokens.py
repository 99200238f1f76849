"""The colours can be told apart by everybody: contrasts as WCAG 2.1 computes them, in both themes."""

import re
from pathlib import Path

import pytest

from web_kit.assets import KIT_STATIC

_SETS = re.findall(
    r"([^{}]*)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", Path(KIT_STATIC, "tokens.css").read_text(), flags=re.S)
)
_TOKENS = [(selector, dict(re.findall(r"--([\w-]+): ([^;]+);", body))) for selector, body in _SETS]
LIGHT, DARK, DARK_BY_WISH = (tokens for _, tokens in _TOKENS)

TEXT = [
    ("text", "surface"),
    ("text", "bg"),
    ("text", "surface-2"),
    ("muted", "surface"),
    ("muted", "bg"),
    ("brand", "surface"),
    ("brand", "bg"),
    ("on-brand", "brand"),
    ("on-bad", "bad"),
    ("text", "brand-soft"),
    ("brand", "brand-soft"),
    ("ok", "ok-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("info", "info-soft"),
    ("muted", "neutral-soft"),
    ("text", "ok-soft"),
    ("text", "warn-soft"),
    ("text", "bad-soft"),
    ("text", "info-soft"),
    ("warn", "surface"),
    ("ok", "surface"),
    ("bad", "surface"),
    ("nav-text", "nav"),
    ("nav-muted", "nav"),
    ("nav-strong", "nav-2"),
]
SHAPES = [("control", "surface"), ("chart-1", "surface"), ("chart-2", "surface"), ("brand", "surface-2")]


def _luminance(colour: str) -> float:
    digits = colour.strip().removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), TEXT)
def test_text_stands_out_from_what_it_lies_on(tokens: dict[str, str], ink: str, paper: str) -> None:
    assert contrast(tokens[ink], tokens[paper]) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), SHAPES)
def test_borders_of_controls_and_bars_of_charts_can_be_seen(tokens: dict[str, str], ink: str, paper: str) -> None:
    assert contrast(tokens[ink], tokens[paper]) >= 3


def test_dark_is_the_same_whether_wished_or_chosen() -> None:
    assert DARK == DARK_BY_WISH


def test_both_themes_name_the_same_colours() -> None:
    shared = {"font", "mono", "radius", "radius-control", "radius-chip", "control-height", "row-height", "text-size",
              "line-height", "s1", "s2", "s3", "s4", "s5", "s6"}  # fmt: skip
    assert LIGHT.keys() - shared == DARK.keys()
