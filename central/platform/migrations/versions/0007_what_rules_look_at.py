"""What rules of routing look at: groups, services and certifications of locations, tags of items, facts of orders.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_LISTS = (("location", "groups"), ("location", "delivery_services"), ("location", "certifications"), ("item", "tags"))
_TEXTS = ("customer_tier", "pinned_location")


def upgrade() -> None:
    """Make the columns: empty, and a wait that counts from when the order was placed."""
    for table, name in _LISTS:
        op.add_column(table, sa.Column(name, ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")))
    for name in _TEXTS:
        op.add_column("customer_order", sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("customer_order", sa.Column("waiting_since", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Forget them."""
    for name in ("waiting_since", *_TEXTS):
        op.drop_column("customer_order", name)
    for table, name in _LISTS:
        op.drop_column(table, name)
