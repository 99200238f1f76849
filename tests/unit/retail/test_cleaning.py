"""A cleaning report tells what was wrong and loses no count."""

from retail.cleaning import FINDINGS_MAX, Action, CleaningReport


def test_a_row_that_was_refused_and_repaired_counts_as_refused() -> None:
    report = CleaningReport("stock", "stock.csv", rows_read=2, rows_kept=1)
    report.add(1, "quantity", "1,5", "a decimal comma", "write 1.5", Action.REPAIRED)
    report.add(1, "sku", "", "no SKU", "fill it in", Action.REFUSED)
    report.add(2, "quantity", "2,5", "a decimal comma", "write 2.5", Action.REPAIRED)
    assert (report.rows_refused, report.rows_repaired) == (1, 1)


def test_findings_beyond_the_limit_are_still_counted() -> None:
    report = CleaningReport("stock", "stock.csv")
    for row in range(FINDINGS_MAX + 5):
        report.add(row, "sku", "?", "unknown SKU", "import the catalogue first", Action.REFUSED)
    assert len(report.findings) == FINDINGS_MAX
    assert report.counts["sku: unknown SKU"] == report.rows_refused == FINDINGS_MAX + 5


def test_values_are_shown_short_and_printable() -> None:
    report = CleaningReport("stock", "stock.csv")
    report.add(1, "name", "a\x1bp\x00" + "x" * 500, "control characters", "remove them", Action.REFUSED)
    assert report.findings[0].value.startswith("a?p?xxx")
    assert len(report.findings[0].value) == 200


def test_the_summary_names_the_commonest_problem_first() -> None:
    report = CleaningReport("network", "stores.csv", rows_read=1565, rows_kept=1563)
    report.add(1, "hours", "Mon: ?", "unreadable hours", "write Mon: 9-21", Action.KEPT)
    for row in (2, 3):
        report.add(row, "lat", "0", "far from its ZIP", "correct it", Action.REPAIRED)
    lines = report.summary().splitlines()
    assert lines[0] == "network from stores.csv: 1,565 rows read, 1,563 taken (2 repaired), 0 refused"
    assert "2 x lat: far from its ZIP" in lines[1]
