"""Charts tell the truth, to everybody."""

import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web_kit import charts, words
from web_kit.charts import Row, bars, meter, nice_ceiling, sparkline


def _heights(svg: str) -> list[float]:
    return [float(height) for height in re.findall(r'class="chart-bar[^>]* height="([\d.]+)"', svg)]


def test_a_bar_is_as_long_as_its_value_and_begins_at_zero() -> None:
    chart = bars("c", "Orders", "said", "Hour", ("ship",), [Row("8", (10,)), Row("9", (20,)), Row("10", (0,))])
    short, long = _heights(chart.svg)
    assert long == pytest.approx(2 * short, abs=0.2)
    tops = [float(y) for y in re.findall(r'chart-bar[^>]* y="([\d.]+)"', chart.svg)]
    assert tops[0] + short == pytest.approx(tops[1] + long, abs=0.2)


def test_two_series_stand_on_top_of_each_other() -> None:
    chart = bars("c", "Orders", "said", "Hour", ("ship", "pickup"), [Row("8", (10, 30))])
    (first, second), (low, high) = _heights(chart.svg), re.findall(r'chart-bar[^>]* y="([\d.]+)"', chart.svg)
    assert second == pytest.approx(3 * first, abs=0.3)
    assert float(high) + second == pytest.approx(float(low), abs=0.2)


def test_a_chart_has_a_sentence_and_no_colours_and_escapes_what_it_is_given() -> None:
    chart = bars("c", "T", 'said "<b>"', "Hour", ("<i>",), [Row("<u>", (1,))])
    assert 'role="img" aria-label="said &#34;&lt;b&gt;&#34;"' in chart.svg
    assert "<i>" not in chart.svg and "<u>" not in chart.svg
    assert not re.search(r"fill=|stroke=|style=|#[0-9a-f]{3}", chart.svg)


@pytest.mark.parametrize(("series", "values"), [((), ()), (("a", "b", "c"), (1, 2, 3)), (("a",), (1, 2))])
def test_more_than_two_series_or_a_missing_value_is_refused(series: tuple[str, ...], values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="one or two series"):
        bars("c", "T", "said", "Hour", series, [Row("8", values)])


def test_an_empty_chart_is_an_empty_plot() -> None:
    assert _heights(bars("c", "T", "said", "Hour", ("a",), []).svg) == []


@given(st.integers(0, 10**9))
def test_the_top_of_an_axis_is_round_even_and_not_far_above(value: int) -> None:
    top = nice_ceiling(value)
    assert top >= max(value, 4)
    assert top % 2 == 0
    assert top <= max(2.5 * value, 4)
    assert len(str(top).rstrip("0")) == 1


@given(st.lists(st.integers(0, 10**6), max_size=50))
def test_a_sparkline_stays_inside_its_box(values: list[int]) -> None:
    drawn = sparkline(values, "said")
    assert bool(drawn) == (len(values) > 1)
    for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", str(drawn)):
        assert 0 <= float(x) <= 100
        assert 0 <= float(y) <= 32


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_meter_is_never_shorter_than_nothing_or_longer_than_all(value: float, whole: float) -> None:
    width = re.search(r'width="([\d.]+)%"', str(meter(value, whole)))
    assert width is not None and 0 <= float(width.group(1)) <= 100


@pytest.mark.parametrize("module", [words, charts])
def test_the_examples_in_the_docstrings_are_true(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


@given(st.floats(0, 10**9))
def test_a_span_names_at_most_two_units(seconds: float) -> None:
    assert re.fullmatch(r"\d+ (s|min|h|d)( \d+ (min|h))?", words.span(seconds))


def test_moments_beyond_any_calendar_are_shown_as_its_ends() -> None:
    assert words.iso(-(10**18)) == "1970-01-01T00:00:00Z"
    assert words.iso(10**18).startswith("9999-12-31")
