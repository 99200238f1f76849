"""Charts as SVG made on the server: classes only, no colours, so that both themes and high contrast apply.

Horizontal places are percentages, so a chart fills any width while its text keeps its size. Bars begin at zero. Every
chart carries a sentence for those who do not see it, and its figures as a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from web_kit.words import number

HEIGHT = 180
_TOP, _BOTTOM = 8, 24
_AXIS_PERCENT = 5
_PLOT = HEIGHT - _TOP - _BOTTOM
_BAR = Markup(
    '<rect class="chart-bar series-{}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}" rx="1.5">'
    "<title>{}</title></rect>"
)
_LABEL = Markup('<text x="{:.2f}%" y="{}" text-anchor="middle"{}>{}</text>')
_STEPS = (2, 4, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Row:
    """One place on the axis and the value of each series there.

    Where the place is a moment, ``at_ms`` says which, and the browser shows it as the reader's own time of day.
    """

    label: str
    values: tuple[int, ...]
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as ``kit/figures.html`` shows it."""

    id: str
    title: str
    axis: str
    series: tuple[str, ...]
    rows: tuple[Row, ...]
    svg: Markup


def bars(id: str, title: str, sentence: str, axis: str, series: Sequence[str], rows: Sequence[Row]) -> Chart:
    """Bars of one or two series, one on top of the other. ``sentence`` says what the chart shows."""
    if not 1 <= len(series) <= 2 or any(len(row.values) != len(series) for row in rows):
        raise ValueError("a bar chart has one or two series, and a value of each in every row")
    top = nice_ceiling(max((sum(row.values) for row in rows), default=0))
    parts = [*_grid(top), *_columns(rows, series, top)]
    svg = Markup('<svg class="chart" role="img" aria-label="{}">{}</svg>').format(sentence, Markup("").join(parts))
    return Chart(id, title, axis, tuple(series), tuple(rows), svg)


def sparkline(values: Sequence[float], sentence: str) -> Markup:
    """A line without axes beside a key figure. Empty for fewer than two values."""
    if len(values) < 2:
        return Markup("")
    top = max(values) or 1
    places = [(index * 100 / (len(values) - 1), 30 - value * 28 / top) for index, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return Markup(
        '<svg class="sparkline" viewBox="0 0 100 32" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<polygon class="sparkline-area" points="0,32 {} 100,32"/><polyline class="sparkline-line" points="{}"/></svg>'
    ).format(sentence, line, line)


def meter(value: float, whole: float, look: str = "fill") -> Markup:
    """A bar that fills ``value / whole`` of its cell. Decoration: the figure stands beside it in words."""
    share = 100 * min(value / whole, 1.0) if whole > 0 and value > 0 else 0.0
    return Markup('<svg class="meter" aria-hidden="true"><rect class="meter-{}" width="{}%" height="8"/></svg>').format(
        look, f"{share:.1f}"
    )


def nice_ceiling(value: float) -> int:
    """The least even round number, at least 4, that is not below ``value``.

    >>> [nice_ceiling(v) for v in (0, 5, 9, 23, 180, 4100)]
    [4, 6, 10, 40, 200, 6000]
    """
    size = 1
    while True:
        for step in _STEPS:
            if step * size >= max(value, 4):
                return step * size
        size *= 10


def _grid(top: int) -> list[Markup]:
    parts = []
    for value in (0, top // 2, top):
        y = _TOP + _PLOT * (1 - value / top)
        look = "chart-base" if value == 0 else "chart-grid"
        parts.append(Markup('<line class="{}" x1="0" x2="100%" y1="{:.1f}" y2="{:.1f}"/>').format(look, y, y))
        if value:
            parts.append(Markup('<text x="0" y="{:.1f}">{}</text>').format(y + 12, number(value)))
    return parts


def _columns(rows: Sequence[Row], series: Sequence[str], top: int) -> list[Markup]:
    parts: list[Markup] = []
    if not rows:
        return parts
    slot = (100 - _AXIS_PERCENT) / len(rows)
    every = max(1, -(-len(rows) // 8))
    for index, row in enumerate(rows):
        left = _AXIS_PERCENT + index * slot
        base = float(_TOP + _PLOT)
        for place, (name, value) in enumerate(zip(series, row.values, strict=True), start=1):
            height = _PLOT * value / top
            base -= height
            if value:
                words = f"{value} {name}" if row.at_ms is not None else f"{row.label}: {value} {name}"
                parts.append(_BAR.format(place, left + slot * 0.14, base, slot * 0.72, height, words))
        if index % every == 0:
            moment = Markup(' data-moment="{}"').format(row.at_ms) if row.at_ms is not None else ""
            parts.append(_LABEL.format(left + slot / 2, HEIGHT - 6, moment, row.label))
    return parts
