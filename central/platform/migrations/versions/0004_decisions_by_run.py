"""Decisions are found by their run, and rule sets have the versions that decisions name.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; a version is a name and a number, such as peak-7."""
    op.create_index(
        "decision_run_idx", "decision", ["tenant", "run_id"], postgresql_where=sa.text("run_id IS NOT NULL")
    )
    op.alter_column("rule_set", "version", type_=sa.Text())


def downgrade() -> None:
    """Go back to numbers. There is nothing to keep: no program of that revision stored rule sets."""
    op.execute("DELETE FROM rule_set")
    op.alter_column("rule_set", "version", type_=sa.BigInteger(), postgresql_using="0")
    op.drop_index("decision_run_idx", "decision")
