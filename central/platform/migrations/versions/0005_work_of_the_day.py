"""The work of a day is found by when it was offered: promises look every few seconds.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("task_tenant_offered_at_idx", "task", ["tenant", "offered_at"])


def downgrade() -> None:
    """Look through all tasks again."""
    op.drop_index("task_tenant_offered_at_idx")
