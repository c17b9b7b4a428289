"""What a shadow names otherwise than the model in use."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "shadow_counts",
        sa.Column("running_sha256", sa.String, primary_key=True),
        sa.Column("shadow_sha256", sa.String, primary_key=True),
        sa.Column("named", _WHOLE, nullable=False),
        sa.Column("otherwise", _WHOLE, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shadow_names",
        sa.Column("frame", _WHOLE, primary_key=True),
        sa.Column("place", _WHOLE, primary_key=True),
        sa.Column("shadow_sha256", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("shadow_kind", sa.String, nullable=False),
        sa.Column("shadow_probability", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop both tables."""
    for table in ("shadow_names", "shadow_counts"):
        op.drop_table(table)
