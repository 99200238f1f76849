"""The page of benchmarks: what a run of a part of them changes on it."""

from tests.bench.benchmark import Benchmark, Bound, Picture, Row, Setting, Table
from tests.bench.figures import Figures
from tests.bench.report import Outcome, merged, page

FACTS = {"processor": "2 cores", "memory": "24 GiB", "PostgreSQL": "18"}


async def nothing(setting: Setting) -> Figures:
    return {}


def benchmark(title: str, **changes: object) -> Benchmark:
    rows = (Row("speed_ms", "speed", "ms", 1, Bound(5)),)
    return Benchmark(title.lower(), title, f"About {title}.", "a bare thing.", "little.", rows, nothing, **changes)  # type: ignore[arg-type]


def outcome(title: str, speed_ms: float, **changes: object) -> Outcome:
    return Outcome(benchmark(title, **changes), {"speed_ms": speed_ms}, ("0.1", "0.2"))


OLD = page("yesterday", FACTS, [outcome("Alpha", 1), outcome("Beta", 2), outcome("Gamma", 3)])
TITLES = ("Alpha", "Beta", "Gamma", "Delta")


def test_a_part_replaces_its_own_section_and_lines_of_the_summary_only() -> None:
    new = page("today", {"processor": "2 cores", "memory": "24 GiB"}, [outcome("Beta", 9)])
    text = merged(OLD, new, TITLES)
    assert text.count("## ") == 4
    assert [line for line in text.splitlines() if line.startswith("| ") and ": speed" in line] == [
        "| Alpha: speed | 1.0 ms   | ≤ 5 ms | met        |",
        "| Beta: speed  | 9.0 ms   | ≤ 5 ms | **missed** |",
        "| Gamma: speed | 3.0 ms   | ≤ 5 ms | met        |",
    ]
    assert [line for line in text.splitlines() if line.startswith("Measured")] == [
        f"Measured {day}; load average before 0.1, after 0.2." for day in ("yesterday", "today", "yesterday")
    ]
    assert ["PostgreSQL", "18"] in [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]


def test_a_whole_run_leaves_nothing_of_the_old_page() -> None:
    new = page("today", FACTS, [outcome("Alpha", 7), outcome("Beta", 8), outcome("Gamma", 9)])
    assert merged(OLD, new, TITLES) == new


def test_a_page_merged_with_itself_is_the_same_page() -> None:
    assert merged(OLD, OLD, TITLES) == OLD


def test_a_new_benchmark_takes_its_place_among_the_others() -> None:
    titles = ("Alpha", "Delta", "Beta", "Gamma")
    text = merged(OLD, page("today", FACTS, [outcome("Delta", 4)]), titles)
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Against the targets", "## Alpha", "## Delta", "## Beta", "## Gamma",
    ]  # fmt: skip


def test_figures_of_another_machine_do_not_stay_beside_new_ones() -> None:
    new = page("today", {**FACTS, "processor": "64 cores"}, [outcome("Beta", 9)])
    assert merged(OLD, new, TITLES) == new


def test_what_was_not_measured_is_named_with_the_reason() -> None:
    text = page("today", FACTS, [outcome("Alpha", 1)], {"Beta": "the instances are not there"})
    assert "Not measured this time: Beta, because the instances are not there." in text


def test_what_is_hoped_for_may_be_missed() -> None:
    hoped = Row("speed_ms", "hoped", "ms", 2, Bound(0.05, hoped=True))
    text = page("today", FACTS, [outcome("Alpha", 1, tables=(Table("Speeds.", ("of", "speed"), [("x", [hoped])]),))])
    assert "| Alpha: hoped | 1.00 ms  | ≤ 0.05 ms | missed, hoped for |" in text


def test_a_table_has_empty_cells_and_words_for_what_did_not_come_about() -> None:
    cells = [Row("a_s", "a", "s", 1, None, "never"), Row("b_s", "b", "s", 1), None]
    asked = Table("About the table.", ("what", "a", "b", "c"), [("one", cells), ("two", [None, None, None])])
    found = Outcome(benchmark("Alpha", tables=(asked,)), {"speed_ms": 1.0, "a_s": float("inf")}, ("0", "0"))
    text = page("today", FACTS, [found])
    assert "| one  | never |   |   |" in text
    assert "| two" not in text


def test_a_picture_stands_on_the_page_with_words_for_who_cannot_see_it() -> None:
    drawn = Picture("curve.svg", "A curve that falls", "Over time:")
    assert "Over time:\n\n![A curve that falls](curve.svg)" in page("", FACTS, [outcome("A", 1, pictures=(drawn,))])


def test_a_quick_run_says_so_in_its_own_sections_only() -> None:
    text = merged(OLD, page("today", FACTS, [outcome("Beta", 9)], quick=True), TITLES)
    assert [line.partition(";")[0] for line in text.splitlines() if line.startswith("Measured")] == [
        "Measured yesterday",
        "Measured today in a quick run, much smaller than the text says",
        "Measured yesterday",
    ]
