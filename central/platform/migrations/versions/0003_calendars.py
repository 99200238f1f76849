"""Calendars of locations: days with hours of their own, collections by carriers; postal areas.

Revision ID: 0003
Revises: 0002
"""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, as the SQL beside this file says."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    connection = op.get_bind()
    for statement in script.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)


def downgrade() -> None:
    """Forget the calendars. Weekly hours are the locations' own and stay."""
    for table in ("postal_area", "location_collection", "location_day"):
        op.drop_table(table)
