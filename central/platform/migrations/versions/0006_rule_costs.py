"""What every rule did and cost is kept with its run.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    op.add_column("sourcing_run", sa.Column("rule_costs", JSONB))


def downgrade() -> None:
    """Forget the costs of rules."""
    op.drop_column("sourcing_run", "rule_costs")
