"""First tables: cameras, rolls, frames and what was found on them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "cameras",
        sa.Column("camera_id", sa.String, primary_key=True),
        sa.Column("first_seen_at", sa.String, nullable=False),
    )
    op.create_table(
        "rolls",
        sa.Column("roll_id", sa.String, primary_key=True),
        sa.Column("opened_at", sa.String, nullable=False),
        sa.Column("recipe_name", sa.String, nullable=False),
        sa.Column("recipe_version", _WHOLE, nullable=False),
        sa.Column("recipe_text", sa.String),
        sa.Column("model_name", sa.String, nullable=False),
        sa.Column("model_version", sa.String, nullable=False),
        sa.Column("model_sha256", sa.String, nullable=False),
    )
    op.create_table(
        "roll_cameras",
        sa.Column("roll_id", sa.String, sa.ForeignKey("rolls.roll_id"), primary_key=True),
        sa.Column("camera_id", sa.String, sa.ForeignKey("cameras.camera_id"), primary_key=True),
        sa.Column("calibration_version", _WHOLE),
        sa.Column("mm_per_px", sa.Float, nullable=False),
        sa.Column("opened_at", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    _create_frames()
    _create_findings()
    _create_counts()


def _create_frames() -> None:
    op.create_table(
        "frames",
        sa.Column("id", _WHOLE, primary_key=True, autoincrement=False),
        sa.Column("camera_id", sa.String, nullable=False),
        sa.Column("roll_id", sa.String, nullable=False),
        sa.Column("sequence", _WHOLE, nullable=False),
        sa.Column("position_mm", sa.Float, nullable=False),
        sa.Column("rows", _WHOLE, nullable=False),
        sa.Column("columns", _WHOLE, nullable=False),
        sa.Column("bits", _WHOLE, nullable=False),
        sa.Column("captured_at", sa.String),
        sa.Column("received_at", sa.String, nullable=False),
        sa.Column("pixel_hash", sa.LargeBinary, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("reasons", sa.String, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("camera_id", "roll_id", "sequence", name="one_frame_per_number"),
    )
    op.create_index("frames_by_camera", "frames", ["camera_id", "id"])
    op.create_table(
        "crops",
        sa.Column("frame", _WHOLE, primary_key=True, autoincrement=False),
        sa.Column("pictures", sa.LargeBinary, nullable=False),
    )


def _create_findings() -> None:
    op.create_table(
        "defects",
        *_finding_columns(),
        sa.Column("severity", sa.String, nullable=False),
        sa.Column("needs_review", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("events", *_finding_columns(), sqlite_with_rowid=False)


def _finding_columns() -> list[sa.Column[Any]]:
    whole = ("x", "y", "width", "height")
    measured = ("down_mm", "cross_mm", "length_mm", "width_mm", "area_mm2", "contrast_sigma")
    return [
        sa.Column("frame", _WHOLE, primary_key=True),
        sa.Column("number", _WHOLE, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("lane", _WHOLE),
        *(sa.Column(name, _WHOLE, nullable=False) for name in whole),
        *(sa.Column(name, sa.Float, nullable=False) for name in measured),
    ]


def _create_counts() -> None:
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
    op.create_table(
        "metre_counts",
        sa.Column("roll_id", sa.String, primary_key=True),
        sa.Column("camera_id", sa.String, primary_key=True),
        sa.Column("metre", _WHOLE, primary_key=True),
        sa.Column("lane", _WHOLE, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("severity", sa.String, primary_key=True),
        sa.Column("count", _WHOLE, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop every table."""
    for table in ("metre_counts", "not_inspected", "events", "defects", "crops", "frames"):
        op.drop_table(table)
    for table in ("roll_cameras", "rolls", "cameras"):
        op.drop_table(table)
