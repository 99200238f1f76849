"""${message}.

Revision ID: ${up_revision}
Revises: ${down_revision or ""}
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """${message}."""
    ${upgrades or "raise NotImplementedError"}


def downgrade() -> None:
    """Back to ${down_revision or "nothing"}."""
    ${downgrades or "raise NotImplementedError"}
