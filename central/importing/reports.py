"""Cleaning reports in the database, in the transaction of the import that they tell about."""

from uuid import UUID

from sqlalchemy import func, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform.tables import import_finding, import_report
from retail.cleaning import CleaningReport

_LOCK = 0x7111_0002
"""Key of the advisory lock; any number that nobody else uses."""


async def one_at_a_time(conn: AsyncConnection) -> None:
    """Wait until no other import runs, and hold others back until this transaction ends.

    Imports compare a file with what is stored and write the difference; two at once would both write it.
    """
    await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def save(conn: AsyncConnection, report_id: UUID, report: CleaningReport) -> None:
    """Keep ``report``, its findings by row. It began when the transaction began, and ends now."""
    report.findings.sort(key=lambda finding: finding.row)
    await conn.execute(
        insert(import_report).values(
            report_id=report_id,
            kind=report.kind,
            source=report.source,
            finished_at=func.clock_timestamp(),
            rows_read=report.rows_read,
            rows_kept=report.rows_kept,
            rows_repaired=report.rows_repaired,
            rows_refused=report.rows_refused,
        )
    )
    findings = [
        {
            "report_id": report_id,
            "finding_no": number,
            "row": finding.row,
            "field": finding.field,
            "value": finding.value,
            "problem": finding.problem,
            "remedy": finding.remedy,
            "action": finding.action.value,
        }
        for number, finding in enumerate(report.findings, start=1)
    ]
    if findings:
        await conn.execute(insert(import_finding), findings)


def as_json(report: CleaningReport) -> dict[str, object]:
    """The whole report for a script."""
    return {
        "kind": report.kind,
        "source": report.source,
        "rows_read": report.rows_read,
        "rows_kept": report.rows_kept,
        "rows_repaired": report.rows_repaired,
        "rows_refused": report.rows_refused,
        "problems": dict(report.counts.most_common()),
        "findings": [
            {
                "row": finding.row,
                "field": finding.field,
                "value": finding.value,
                "problem": finding.problem,
                "remedy": finding.remedy,
                "action": finding.action.value,
            }
            for finding in report.findings
        ],
    }
