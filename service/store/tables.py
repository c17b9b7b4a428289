"""The store's tables.

Times are UTC text in RFC 3339 with milliseconds, so that they sort as they are. A frame's id is a
number that grows with time; what is sent out is its 16 hexadecimal digits. Lane 0 is bare foil.
A shadow is a model that names what was already answered and judges nothing.
"""

from typing import Any

from sqlalchemy import (
    BLOB,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

METADATA = MetaData()

cameras = Table(
    "cameras",
    METADATA,
    Column("camera_id", String, primary_key=True),
    Column("first_seen_at", String, nullable=False),
)

rolls = Table(
    "rolls",
    METADATA,
    Column("roll_id", String, primary_key=True),
    Column("opened_at", String, nullable=False),
    Column("recipe_name", String, nullable=False),
    Column("recipe_version", Integer, nullable=False),
    Column("recipe_text", String, comment="The recipe file as it was; NULL is the built-in default"),
    Column("model_name", String, nullable=False),
    Column("model_version", String, nullable=False),
    Column("model_sha256", String, nullable=False),
)

roll_cameras = Table(
    "roll_cameras",
    METADATA,
    Column("roll_id", ForeignKey("rolls.roll_id"), primary_key=True),
    Column("camera_id", ForeignKey("cameras.camera_id"), primary_key=True),
    Column("calibration_version", Integer, comment="NULL: the camera was not calibrated"),
    Column("mm_per_px", Float, nullable=False, comment="Scale where no calibration brings its own"),
    Column("opened_at", String, nullable=False),
    sqlite_with_rowid=False,
)

frames = Table(
    "frames",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("camera_id", String, nullable=False),
    Column("roll_id", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("position_mm", Float, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("bits", Integer, nullable=False),
    Column("captured_at", String),
    Column("received_at", String, nullable=False),
    Column("pixel_hash", BLOB, nullable=False, comment="xxh3-128 of the grey pixels"),
    Column("verdict", String, nullable=False),
    Column("reasons", String, nullable=False, comment="JSON list"),
    Column("answer", BLOB, nullable=False, comment="The answer's bytes as they were sent"),
    UniqueConstraint("camera_id", "roll_id", "sequence", name="one_frame_per_number"),
    Index("frames_by_camera", "camera_id", "id"),
)

_FINDING = (
    ("frame", Integer),
    ("number", Integer),
    ("kind", String),
    ("probability", Float),
    ("lane", Integer),
    ("x", Integer),
    ("y", Integer),
    ("width", Integer),
    ("height", Integer),
    ("down_mm", Float),
    ("cross_mm", Float),
    ("length_mm", Float),
    ("width_mm", Float),
    ("area_mm2", Float),
    ("contrast_sigma", Float),
)


def _finding_columns() -> list[Column[Any]]:
    """Make the columns that defects and events have in common; numbered within their frame from 1."""
    return [
        Column(name, kind, primary_key=name in ("frame", "number"), nullable=name == "lane") for name, kind in _FINDING
    ]


defects = Table(
    "defects",
    METADATA,
    *_finding_columns(),
    Column("severity", String, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

events = Table("events", METADATA, *_finding_columns(), sqlite_with_rowid=False)

crops = Table(
    "crops",
    METADATA,
    Column("frame", Integer, primary_key=True),
    Column("pictures", BLOB, nullable=False, comment="64 x 64 bytes each: defects in order, then events"),
)

not_inspected = Table(
    "not_inspected",
    METADATA,
    Column("camera_id", String, primary_key=True),
    Column("roll_id", String, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("reason", String, nullable=False, comment="The latest refusal's kind"),
    Column("detail", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", String, nullable=False),
    Column("last_at", String, nullable=False),
    Column("closed_at", String, comment="When the frame was inspected after all"),
    sqlite_with_rowid=False,
)

metre_counts = Table(
    "metre_counts",
    METADATA,
    Column("roll_id", String, primary_key=True),
    Column("camera_id", String, primary_key=True),
    Column("metre", Integer, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("severity", String, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

shadow_counts = Table(
    "shadow_counts",
    METADATA,
    Column("running_sha256", String, primary_key=True),
    Column("shadow_sha256", String, primary_key=True),
    Column("named", Integer, nullable=False, comment="Candidates that both have named"),
    Column("otherwise", Integer, nullable=False, comment="Of these, named otherwise by the shadow"),
    sqlite_with_rowid=False,
)

shadow_names = Table(
    "shadow_names",
    METADATA,
    Column("frame", Integer, primary_key=True),
    Column("place", Integer, primary_key=True, comment="In the record from 1: defects, then events"),
    Column("shadow_sha256", String, nullable=False),
    Column("kind", String, nullable=False, comment="As it was answered"),
    Column("probability", Float, nullable=False),
    Column("shadow_kind", String, nullable=False),
    Column("shadow_probability", Float, nullable=False),
    sqlite_with_rowid=False,
)

users = Table(
    "users",
    METADATA,
    Column("login", String, primary_key=True, comment="The name in NFKC, case folded: what makes it one's own"),
    Column("name", String, nullable=False, comment="As it was written"),
    Column("role", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", String, nullable=False),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("digest", String, primary_key=True, comment="SHA-256 of the cookie"),
    Column("login", ForeignKey("users.login"), nullable=False),
    Column("created_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("last_used_at", String, nullable=False),
)

api_keys = Table(
    "api_keys",
    METADATA,
    Column("key_id", String, primary_key=True, comment="The digest's first digits"),
    Column("digest", String, nullable=False, comment="SHA-256 of the key"),
    Column("camera_id", String, nullable=False, comment="* is any"),
    Column("role", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("created_at", String, nullable=False),
    Column("revoked_at", String),
    Column("last_used_at", String),
)

audit_trail = Table(
    "audit_trail",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="From 1, without a gap"),
    Column("at", String, nullable=False),
    Column("actor_kind", String, nullable=False, comment="user, key, command line or nobody"),
    Column("actor", String, nullable=False),
    Column("address", String, nullable=False),
    Column("verb", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("details", String, nullable=False, comment="JSON object"),
    Column("hash", String, nullable=False, comment="SHA-256 over the hash before and this row"),
)
