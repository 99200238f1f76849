"""Each task names the carrier's service that should take it.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column; older tasks name no service."""
    op.add_column("task", sa.Column("send_by", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Forget the services."""
    op.drop_column("task", "send_by")
