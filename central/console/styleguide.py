"""Samples of every part, for the style guide: what pages are made of, side by side in both themes."""

from typing import Any

from central.console import labels
from web_kit.charts import Row, bars, sparkline
from web_kit.words import TONES, Label

_COLOURS = (
    ("Background", "bg"), ("Surface", "surface"), ("Brand", "brand"), ("Healthy", "ok"), ("Warning", "warn"),
    ("Bad", "bad"), ("Information", "info"), ("Muted", "muted"),
)  # fmt: skip


def samples(now_ms: int) -> dict[str, Any]:
    """What the template shows. Times are relative to ``now_ms``."""
    rows = [Row(f"{hour:02}:00", (ship, pickup)) for hour, ship, pickup in
            ((8, 12, 4), (9, 18, 9), (10, 25, 11), (11, 31, 16), (12, 28, 22), (13, 22, 14), (14, 19, 8))]  # fmt: skip
    return {
        "tones": [Label(tone, tone.capitalize()) for tone in TONES],
        "colours": _COLOURS,
        "states": [*labels.HEALTH.values(), *labels.TASKS.values(), labels.READY, labels.LATE],
        "sample_chart": bars(
            "sample", "Orders received", "155 orders between 8 and 14 o'clock, most of them at 12", "From",
            ("to ship", "for pickup"), rows,
        ),
        "sample_line": sparkline([4, 6, 5, 9, 12, 10, 14], "Rising from 4 to 14"),
        "soon_ms": now_ms + 750_000,
        "late_ms": now_ms - 500_000,
        "icons": ("overview", "orders", "pick-list", "store", "warehouse", "attention", "import", "search", "help",
                  "printer", "truck", "bag", "box", "scan", "offline", "undo", "refresh", "route", "id", "clock",
                  "check", "close", "left", "right", "arrow", "sun", "moon", "chart", "palette"),
    }  # fmt: skip
