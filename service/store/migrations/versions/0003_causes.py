"""Every cause why a frame was not inspected, and how much web it covers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_KEY = ("camera_id", "roll_id", "sequence")
_SINCE_0001 = (*_KEY, "detail", "attempts", "first_at", "last_at", "closed_at")
_SCALE = (
    "SELECT mm_per_px FROM roll_cameras WHERE roll_cameras.roll_id = frames.roll_id"
    " AND roll_cameras.camera_id = frames.camera_id"
)


def upgrade() -> None:
    """Make the cause part of the key, keep what is there, and tell lengths."""
    op.add_column("frames", sa.Column("length_mm", sa.Float, nullable=False, server_default="0"))
    op.execute(f"UPDATE frames SET length_mm = rows * ({_SCALE})")
    op.rename_table("not_inspected", "not_inspected_before")
    op.create_table(
        "not_inspected",
        sa.Column("camera_id", sa.String, primary_key=True),
        sa.Column("roll_id", sa.String, primary_key=True),
        sa.Column("sequence", _WHOLE, primary_key=True),
        sa.Column("cause", sa.String, primary_key=True),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("attempts", _WHOLE, nullable=False),
        sa.Column("first_at", sa.String, nullable=False),
        sa.Column("last_at", sa.String, nullable=False),
        sa.Column("position_mm", sa.Float),
        sa.Column("rows", _WHOLE),
        sa.Column("closed_at", sa.String),
        sqlite_with_rowid=False,
    )
    names = ", ".join(_SINCE_0001)
    op.execute(f"INSERT INTO not_inspected ({names}, cause) SELECT {names}, reason FROM not_inspected_before")
    op.drop_table("not_inspected_before")


def downgrade() -> None:
    """Keep one cause of each frame."""
    op.rename_table("not_inspected", "not_inspected_after")
    op.create_table(
        "not_inspected",
        sa.Column("camera_id", sa.String, primary_key=True),
        sa.Column("roll_id", sa.String, primary_key=True),
        sa.Column("sequence", _WHOLE, primary_key=True),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("attempts", _WHOLE, nullable=False),
        sa.Column("first_at", sa.String, nullable=False),
        sa.Column("last_at", sa.String, nullable=False),
        sa.Column("closed_at", sa.String),
        sqlite_with_rowid=False,
    )
    names, newest = ", ".join(_SINCE_0001), "SELECT max(later.cause) FROM not_inspected_after AS later WHERE "
    newest += " AND ".join(f"later.{name} = one.{name}" for name in _KEY)
    told = f"SELECT {names}, cause FROM not_inspected_after AS one WHERE cause = ({newest})"
    op.execute(f"INSERT INTO not_inspected ({names}, reason) {told}")
    op.drop_table("not_inspected_after")
    with op.batch_alter_table("frames") as frames:
        frames.drop_column("length_mm")
