"""What needs a person, and what was wrong with imported files."""

from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform.event_log import dead_letter
from central.platform.tables import import_finding, import_report, incident, outbox
from tests.browser.day.network import FORK, box_id
from tests.browser.day.times import DAY, HOUR, MINUTE, at, uuid_at

FINDINGS = (
    ("hours", "Mon: 10-9:30; Thurs 10-9", "the text of Thursday is not a time of day", "write 10:00-21:00", "refused"),
    (
        "lat",
        "61.2181",
        "the coordinates lie 3,120 km from its ZIP code's",
        "correct them, or leave them out",
        "repaired",
    ),
    ("zip", "8540", "a ZIP code has five digits", "it was read as 08540", "repaired"),
    ("name", "", "it has no name", "it is shown by its key", "kept"),
)


async def write(conn: AsyncConnection, now_ms: int) -> UUID:
    """Write all of it; returns the id of an import with findings."""
    incidents = [
        (26 * MINUTE, "box", "S1002", f"box/{box_id(now_ms, 'S1002')}", FORK,
         "find out which box is right; grant it with central grant --replace, or switch it off"),
        (3 * HOUR, "outbox.parked", "", "outbox/1", "a message failed 8 times", "release it, or discard it"),
    ]  # fmt: skip
    for number, (age, kind, place, subject, problem, remedy) in enumerate(incidents):
        await conn.execute(
            insert(incident).values(
                at=at(now_ms - age), kind=kind, location=place, subject=subject, problem=problem, remedy=remedy,
                key=str(number),
            )
        )  # fmt: skip
    await conn.execute(
        insert(outbox).values(
            topic="task-event", key="0192f3a1-5b7c-7000-8000-00000000002a", payload="x", attempts=8,
            parked_at=at(now_ms - 3 * HOUR), error="DataError: the order of this task was deleted",
        )
    )  # fmt: skip
    await conn.execute(
        insert(dead_letter).values(
            id=uuid_at(now_ms, 77), location="S0707", box=box_id(now_ms, "S0707"), seq=9_001,
            reason="kind loyalty.earned is not known", body=b"\x93\xa6loyalty", received_at=at(now_ms - 5 * HOUR),
        )
    )  # fmt: skip
    return await _imports(conn, now_ms)


async def _imports(conn: AsyncConnection, now_ms: int) -> UUID:
    reports = [
        # kind, file, when, rows read, kept, repaired, refused
        ("network", "stores.csv", now_ms - DAY - 2 * HOUR, 1_565, 1_548, 41, 17),
        ("catalogue", "items.csv", now_ms - DAY - HOUR, 12_400, 12_400, 0, 0),
        ("stock", "opening_stock.csv", now_ms - MINUTE, 0, 0, 0, 0),
    ]
    for kind, source, ms, read, kept, repaired, refused in reports:
        await conn.execute(
            insert(import_report).values(
                report_id=uuid_at(ms, 1), kind=kind, source=source, started_at=at(ms),
                finished_at=at(ms + 4_000) if read else None, rows_read=read, rows_kept=kept, rows_repaired=repaired,
                rows_refused=refused,
            )
        )  # fmt: skip
    report_id = uuid_at(reports[0][2], 1)
    rows = []
    for number in range(140):
        field, value, problem, remedy, action = FINDINGS[0 if number % 8 == 0 else 1 + number % 3]
        rows.append(
            {
                "report_id": report_id, "finding_no": number + 1, "row": 2 + number * 11, "field": field,
                "value": value, "problem": problem, "remedy": remedy, "action": action,
            }
        )  # fmt: skip
    await conn.execute(insert(import_finding), rows)
    return report_id
