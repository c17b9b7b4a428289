"""How each camera's input was, minute by minute."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_MEASURES = ("lamp", "flicker", "focus", "flat_field", "noise", "saturated")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "camera_health",
        sa.Column("camera_id", sa.String, primary_key=True),
        sa.Column("begun_at", sa.String, primary_key=True),
        sa.Column("calibration_version", _WHOLE, nullable=False),
        sa.Column("samples", _WHOLE, nullable=False),
        *(sa.Column(f"{name}_{part}", sa.Float) for name in _MEASURES for part in ("mean", "low", "high")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("camera_health")
