"""Gap over time as a drawing (SVG), both axes logarithmic; legible on light and on dark paper."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 76, 132, 24, 58
COLOURS = (("#0b62b8", "#6cb6ff"), ("#b3440c", "#ff9d5c"), ("#147a44", "#56d38f"), ("#7a3fb0", "#c79bff"))
"""On light and on dark paper; at least 4.5:1 in contrast to either."""
DASHES = ("", "7 4", "2 3", "9 3 2 3")
_TICKS = (1, 2, 5)
_LABEL_APART, _LABEL_WIDTH = 16, 100
_INSIDE = 1e-9


@dataclass(frozen=True, slots=True)
class Curve:
    """``points``: seconds and the gap in per cent that held from then on. ``label`` stands at its end."""

    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Axis:
    """From numbers to places: ``low`` is drawn at ``begin``, ``high`` at ``end``."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Where a number is drawn."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self) -> Iterator[float]:
        """Round numbers within the axis."""
        for power in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1):
            for digit in _TICKS:
                value = digit * 10.0**power
                if self.low * (1 - _INSIDE) <= value <= self.high * (1 + _INSIDE):
                    yield value


def gap_plot(curves: Sequence[Curve], title: str) -> str:
    """The drawing. A point whose gap is not a positive number, such as one before the first plan, is left out."""
    drawn = [(each.label, _points(each)) for each in curves if _points(each)]
    seconds = [second for _, points in drawn for second, _ in points]
    gaps = [gap for _, points in drawn for _, gap in points]
    across = _axis(seconds, LEFT, WIDTH - RIGHT)
    up = _axis(gaps, HEIGHT - BOTTOM, TOP)
    parts = [_head(title), *_grid(across, up)]
    ends = _apart([(across.at(points[-1][0]), up.at(points[-1][1])) for _, points in drawn])
    for number, ((label, points), end) in enumerate(zip(drawn, ends, strict=True)):
        kind = number % len(COLOURS)
        last = across.at(points[-1][0])
        parts.append(f'<path class="c{kind}" d="{_steps(points, across, up)}"/>')
        parts.append(f'<circle class="d{kind}" cx="{last:.1f}" cy="{up.at(points[-1][1]):.1f}" r="3.5"/>')
        text = f"{label}: {points[-1][1]:.2g} %"
        parts.append(f'<text class="t{kind}" x="{last + 9:.1f}" y="{end + 4:.1f}">{escape(text)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _points(curve: Curve) -> list[tuple[float, float]]:
    return [(s, gap) for s, gap in curve.points if math.isfinite(gap) and gap > 0 and s > 0]


def _axis(values: Sequence[float], begin: float, end: float) -> _Axis:
    """An axis that holds all values, from one round number to another."""
    low, high = min(values, default=1.0), max(values, default=10.0)
    power = math.floor(math.log10(low))
    rounds = [digit * 10.0**each for each in range(power, math.ceil(math.log10(high)) + 2) for digit in _TICKS]
    first = max(each for each in rounds if each <= low * (1 + _INSIDE))
    last = min(each for each in rounds if each >= high * (1 - _INSIDE) and each > first)
    return _Axis(first, last, begin, end)


def _steps(points: Sequence[tuple[float, float]], across: _Axis, up: _Axis) -> str:
    """A stair: a gap holds until the next is known."""
    (second, gap), *rest = points
    path = [f"M{across.at(second):.1f} {up.at(gap):.1f}"]
    for later, smaller in rest:
        path.append(f"H{across.at(later):.1f}V{up.at(smaller):.1f}")
    return "".join(path)


def _apart(ends: Sequence[tuple[float, float]]) -> list[float]:
    """The heights of labels at the ``ends`` of curves, moved down where two would touch."""
    placed: list[tuple[float, float]] = []
    moved = [0.0] * len(ends)
    for index in sorted(range(len(ends)), key=lambda each: ends[each][1]):
        across, height = ends[index]
        for other, taken in placed:
            if abs(other - across) < _LABEL_WIDTH and height - taken < _LABEL_APART:
                height = taken + _LABEL_APART
        placed.append((across, height))
        moved[index] = height
    return moved


def _grid(across: _Axis, up: _Axis) -> Iterator[str]:
    for value in across.ticks():
        x = across.at(value)
        yield f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
        yield f'<text class="ink" text-anchor="middle" x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}">{value:g}</text>'
    for value in up.ticks():
        y = up.at(value)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text class="ink" text-anchor="end" x="{LEFT - 8}" y="{y + 4:.1f}">{value:g} %</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text class="ink" text-anchor="middle" x="{middle:.0f}" y="{HEIGHT - 14}">seconds since the start</text>'
    half = (TOP + HEIGHT - BOTTOM) / 2
    yield (
        f'<text class="ink" text-anchor="middle" transform="translate(18 {half:.0f}) rotate(-90)">'
        "gap between cost and proved bound</text>"
    )


def _head(title: str) -> str:
    light = "".join(f".c{n},.d{n}{{stroke:{c[0]}}}.d{n},.t{n}{{fill:{c[0]}}}" for n, c in enumerate(COLOURS))
    dark = "".join(f".c{n},.d{n}{{stroke:{c[1]}}}.d{n},.t{n}{{fill:{c[1]}}}" for n, c in enumerate(COLOURS))
    dashes = "".join(f".c{n}{{stroke-dasharray:{dash or 'none'}}}" for n, dash in enumerate(DASHES))
    curves = ",".join(f".c{n}" for n in range(len(COLOURS)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="13">\n<title>{escape(title)}</title>\n'
        f"<style>.paper{{fill:#fff}}.ink{{fill:#333}}.grid{{stroke:#ddd;fill:none}}"
        f"{curves}{{fill:none;stroke-width:2}}{light}{dashes}"
        f"@media (prefers-color-scheme: dark){{"
        f".paper{{fill:#0d1117}}.ink{{fill:#c9d1d9}}.grid{{stroke:#30363d}}{dark}}}"
        f'</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>'
    )
