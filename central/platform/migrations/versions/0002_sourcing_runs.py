"""Runs of sourcing, kept so that they can be replayed, and versions of the rules.

Revision ID: 0002
Revises: 0001
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
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
    """Forget the runs. Decisions keep their explanations."""
    op.drop_table("rule_set")
    op.drop_table("sourcing_run")
    op.drop_table("sourcing_network")
    op.drop_column("decision", "run_id")
