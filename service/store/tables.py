"""The store's tables.

Times are UTC text in RFC 3339 with milliseconds, so that they sort as they are. A frame's id is a
number that grows with time; what is sent out is its 16 hexadecimal digits. Lane 0 is bare foil.
A shadow is a model that names what was already answered and judges nothing.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from inspection.input_health import MEASURES
from inspection.roll.lane_series import LANE_MEASURES, SUMS

METADATA = MetaData()

Whole = BigInteger().with_variant(Integer, "sqlite")
"""A whole number of 63 bits; SQLite's has them by the name of INTEGER, and only that one can be a row's own id."""

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
    Column("recipe_version", Whole, nullable=False),
    Column("recipe_text", String, doc="The recipe file as it was; NULL is the built-in default"),
    Column("model_name", String, nullable=False),
    Column("model_version", String, nullable=False),
    Column("model_sha256", String, nullable=False),
    Column("product", String, doc="What is coated; NULL where nobody told"),
    Column("order_number", String),
    Column("fields", String, doc="JSON object of what else was told, such as supplier lots"),
    Column("opened_by", String, doc="NULL: by its first frame"),
    Index("rolls_by_opening", "opened_at", "roll_id"),
)

closed_rolls = Table(
    "closed_rolls",
    METADATA,
    Column("roll_id", ForeignKey("rolls.roll_id"), primary_key=True, doc="Triggers refuse frames of these"),
    Column("closed_at", String, nullable=False),
    Column("closed_by", String, nullable=False),
)

roll_cameras = Table(
    "roll_cameras",
    METADATA,
    Column("roll_id", ForeignKey("rolls.roll_id"), primary_key=True),
    Column("camera_id", ForeignKey("cameras.camera_id"), primary_key=True),
    Column("calibration_version", Whole, doc="NULL: the camera was not calibrated"),
    Column("mm_per_px", Float, nullable=False, doc="Scale where no calibration brings its own"),
    Column("opened_at", String, nullable=False),
    sqlite_with_rowid=False,
)

camera_views = Table(
    "camera_views",
    METADATA,
    Column("roll_id", String, primary_key=True),
    Column("camera_id", String, primary_key=True),
    Column("left_mm", Float, nullable=False, doc="What its first frame on the roll showed of the web"),
    Column("right_mm", Float, nullable=False),
    Column("side", String, nullable=False, doc="top or bottom"),
    sqlite_with_rowid=False,
)

frames = Table(
    "frames",
    METADATA,
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("camera_id", String, nullable=False),
    Column("roll_id", String, nullable=False),
    Column("sequence", Whole, nullable=False),
    Column("position_mm", Float, nullable=False),
    Column("rows", Whole, nullable=False),
    Column("columns", Whole, nullable=False),
    Column("bits", Whole, nullable=False),
    Column("captured_at", String),
    Column("received_at", String, nullable=False),
    Column("pixel_hash", LargeBinary, nullable=False, doc="xxh3-128 of the grey pixels"),
    Column("verdict", String, nullable=False),
    Column("reasons", String, nullable=False, doc="JSON list"),
    Column("answer", LargeBinary, nullable=False, doc="The answer's bytes as they were sent"),
    Column("length_mm", Float, nullable=False, doc="Web that it covers"),
    UniqueConstraint("camera_id", "roll_id", "sequence", name="one_frame_per_number"),
    Index("frames_by_camera", "camera_id", "id"),
)

_FINDING = (
    ("frame", Whole),
    ("number", Whole),
    ("kind", String),
    ("probability", Float),
    ("lane", Whole),
    ("x", Whole),
    ("y", Whole),
    ("width", Whole),
    ("height", Whole),
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
    Column("frame", Whole, primary_key=True, autoincrement=False),
    Column("pictures", LargeBinary, nullable=False, doc="64 x 64 bytes each: defects in order, then events"),
)

not_inspected = Table(
    "not_inspected",
    METADATA,
    Column("camera_id", String, primary_key=True),
    Column("roll_id", String, primary_key=True),
    Column("sequence", Whole, primary_key=True),
    Column("cause", String, primary_key=True, doc="Name of the problem that the camera was told"),
    Column("detail", String, nullable=False, doc="The latest attempt's"),
    Column("attempts", Whole, nullable=False),
    Column("first_at", String, nullable=False),
    Column("last_at", String, nullable=False),
    Column("position_mm", Float, doc="Web position of row 0, where it was told"),
    Column("rows", Whole, doc="Lines, where they were told"),
    Column("closed_at", String, doc="When the frame was inspected after all"),
    sqlite_with_rowid=False,
)

metre_counts = Table(
    "metre_counts",
    METADATA,
    Column("roll_id", String, primary_key=True),
    Column("camera_id", String, primary_key=True),
    Column("metre", Whole, primary_key=True),
    Column("lane", Whole, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("severity", String, primary_key=True),
    Column("count", Whole, nullable=False),
    sqlite_with_rowid=False,
)

stretch_counts = Table(
    "stretch_counts",
    METADATA,
    Column("roll_id", String, primary_key=True),
    Column("step", Whole, primary_key=True, autoincrement=False, doc="A stretch is 2 to the power of it metres long"),
    Column("stretch", Whole, primary_key=True, autoincrement=False, doc="Its metres' numbers without their last bits"),
    Column("lane", Whole, primary_key=True, autoincrement=False),
    Column("kind", String, primary_key=True),
    Column("severity", String, primary_key=True),
    Column("camera_id", String, primary_key=True),
    Column("count", Whole, nullable=False, doc="Sum over metre_counts, which triggers keep"),
    sqlite_with_rowid=False,
)

LONG_MM = 1000
"""Defects so long or longer have an index of their own: they are lines on the map."""

web_defects = Table(
    "web_defects",
    METADATA,
    Column("frame", Whole, primary_key=True, autoincrement=False, doc="Its first piece's"),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("roll_id", String, nullable=False),
    Column("camera_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("probability", Float, nullable=False),
    Column("severity", String, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("lane", Whole, nullable=False),
    Column("from_mm", Float, nullable=False),
    Column("to_mm", Float, nullable=False),
    Column("left_mm", Float, nullable=False),
    Column("right_mm", Float, nullable=False),
    Column("area_mm2", Float, nullable=False),
    Column("contrast_sigma", Float, nullable=False),
    Column("pieces", Whole, nullable=False),
    Column("found_at", String, nullable=False),
    Column("largest_frame", Whole, doc="Its largest piece's; NULL, as what follows, where it has but one"),
    Column("largest_number", Whole),
    Column("worst_severity", String, doc="Of its pieces, each by itself"),
    Column("doubtful", Boolean, doc="A piece was marked for review"),
    Index("web_defects_along", "roll_id", "from_mm", "frame", "number"),
    Index("web_defects_by_kind", "roll_id", "kind", "severity", "from_mm", "frame", "number"),
    Index("web_defects_by_size", "roll_id", "kind", "severity", "area_mm2", "frame", "number"),
    Index("web_defects_by_time", "kind", "severity", "found_at", "frame", "number"),
    sqlite_with_rowid=False,
)

is_long = text(f"to_mm - from_mm >= {LONG_MM}")
"""As the index has it: both databases use it only for a condition that is written the same."""

Index("web_defects_long", web_defects.c.roll_id, web_defects.c.from_mm, sqlite_where=is_long, postgresql_where=is_long)

seam_pieces = Table(
    "seam_pieces",
    METADATA,
    Column("frame", Whole, primary_key=True, autoincrement=False, doc="A row of defects that may go on elsewhere"),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("roll_id", String, nullable=False),
    Column("camera_id", String, nullable=False),
    Column("side", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("probability", Float, nullable=False),
    Column("severity", String, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("lane", Whole, nullable=False),
    Column("from_mm", Float, nullable=False),
    Column("to_mm", Float, nullable=False),
    Column("left_mm", Float, nullable=False),
    Column("right_mm", Float, nullable=False),
    Column("area_mm2", Float, nullable=False),
    Column("contrast_sigma", Float, nullable=False),
    Column("found_at", String, nullable=False),
    Column("at_top", Boolean, nullable=False, doc="It reaches the frame's first line"),
    Column("at_bottom", Boolean, nullable=False),
    Column("seen_twice", Boolean, nullable=False, doc="Another camera saw more of it: its area does not count"),
    Column("web_frame", Whole, nullable=False, doc="The row of web_defects that it is a piece of"),
    Column("web_number", Whole, nullable=False),
    Index("seam_pieces_along", "roll_id", "from_mm"),
    Index("seam_pieces_joined", "web_frame", "web_number"),
    sqlite_with_rowid=False,
)

splices = Table(
    "splices",
    METADATA,
    Column("frame", Whole, primary_key=True, autoincrement=False),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("roll_id", String, nullable=False),
    Column("camera_id", String, nullable=False),
    Column("from_mm", Float, nullable=False),
    Column("to_mm", Float, nullable=False),
    Index("splices_along", "roll_id", "from_mm"),
)

web_metres = Table(
    "web_metres",
    METADATA,
    Column("roll_id", String, primary_key=True),
    Column("camera_id", String, primary_key=True),
    Column("metre", Whole, primary_key=True),
    Column("frames", Whole, nullable=False, doc="That begin in it"),
    Column("seen_mm", Float, nullable=False, doc="Covered by frames, those that were held included"),
    Column("held_mm", Float, nullable=False, doc="Of it, covered by frames that were held"),
    Column("first_at", String, nullable=False, doc="When the first frame that shows some of it was received"),
    Column("last_at", String, nullable=False),
    sqlite_with_rowid=False,
)

web_stretches = Table(
    "web_stretches",
    METADATA,
    Column("roll_id", String, primary_key=True),
    Column("step", Whole, primary_key=True, autoincrement=False, doc="As in stretch_counts"),
    Column("stretch", Whole, primary_key=True, autoincrement=False),
    Column("camera_id", String, primary_key=True),
    Column("seen_mm", Float, nullable=False, doc="Sum over web_metres, which triggers keep"),
    Column("held_mm", Float, nullable=False),
    Column("first_at", String, nullable=False),
    Column("last_at", String, nullable=False),
    sqlite_with_rowid=False,
)

lane_metres = Table(
    "lane_metres",
    METADATA,
    Column("roll_id", String, primary_key=True),
    Column("camera_id", String, primary_key=True),
    Column("metre", Whole, primary_key=True),
    Column("lane", Whole, primary_key=True),
    Column("side", String, nullable=False),
    Column("seen_mm2", Float, nullable=False, doc="Coating that its frames show, held ones included"),
    *(
        Column(f"{name}_{part}", Whole if part == "n" else Float, nullable=part in ("low", "high"))
        for name in LANE_MEASURES
        for part in SUMS
    ),
    sqlite_with_rowid=False,
)

lane_patches = Table(
    "lane_patches",
    METADATA,
    Column("roll_id", String, primary_key=True),
    Column("camera_id", String, primary_key=True),
    Column("frame", Whole, primary_key=True, autoincrement=False, doc="That shows skip-coated lanes; not held"),
    Column("side", String, nullable=False),
    Column("from_mm", Float, nullable=False, doc="The frame's own extent along the web"),
    Column("to_mm", Float, nullable=False),
    Column("patches", LargeBinary, nullable=False, doc="Coated intervals of its lanes, see `inspection.roll.patches`"),
    sqlite_with_rowid=False,
)

roll_alarms = Table(
    "roll_alarms",
    METADATA,
    Column("id", Whole, primary_key=True),
    Column("roll_id", String, nullable=False),
    Column("camera_id", String, nullable=False, doc="Empty where it is of the whole web"),
    Column("cause", String, nullable=False, doc="streak, repeat, density, lane"),
    Column("lane", Whole, nullable=False),
    Column("from_mm", Float, nullable=False, doc="Where what it is about begins"),
    Column("raised_mm", Float, nullable=False, doc="How far the web had been inspected"),
    Column("raised_at", String, nullable=False),
    Column("told", String, nullable=False, doc="In words"),
    Column("details", String, nullable=False, doc="JSON object"),
    Index("roll_alarms_by_roll", "roll_id", "id"),
)

recipes = Table(
    "recipes",
    METADATA,
    Column("name", String, primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("product", String, doc="NULL: for any"),
    Column("text", String, nullable=False),
    Column("kept_at", String, nullable=False),
)

recipe_activations = Table(
    "recipe_activations",
    METADATA,
    Column("id", Whole, primary_key=True),
    Column("name", String, nullable=False),
    Column("version", Whole, nullable=False),
    Column("at", String, nullable=False),
    Column("by", String, nullable=False),
    Column("why", String, nullable=False),
    Index("recipe_activations_by_name", "name", "id"),
)

write_trials = Table(
    "write_trials",
    METADATA,
    Column("id", Whole, primary_key=True, autoincrement=False, doc="Always 1"),
    Column("filling", LargeBinary, nullable=False, doc="Changed to learn whether records can be written again"),
)

shadow_counts = Table(
    "shadow_counts",
    METADATA,
    Column("running_sha256", String, primary_key=True),
    Column("shadow_sha256", String, primary_key=True),
    Column("named", Whole, nullable=False, doc="Candidates that both have named"),
    Column("otherwise", Whole, nullable=False, doc="Of these, named otherwise by the shadow"),
    sqlite_with_rowid=False,
)

shadow_names = Table(
    "shadow_names",
    METADATA,
    Column("frame", Whole, primary_key=True),
    Column("place", Whole, primary_key=True, doc="In the record from 1: defects, then events"),
    Column("shadow_sha256", String, nullable=False),
    Column("kind", String, nullable=False, doc="As it was answered"),
    Column("probability", Float, nullable=False),
    Column("shadow_kind", String, nullable=False),
    Column("shadow_probability", Float, nullable=False),
    sqlite_with_rowid=False,
)

camera_health = Table(
    "camera_health",
    METADATA,
    Column("camera_id", String, primary_key=True),
    Column("begun_at", String, primary_key=True, doc="Moment of the minute's first sample"),
    Column("calibration_version", Whole, nullable=False),
    Column("samples", Whole, nullable=False, doc="Frames that were measured"),
    *(Column(f"{name}_{part}", Float) for name in MEASURES for part in ("mean", "low", "high")),
    sqlite_with_rowid=False,
)

users = Table(
    "users",
    METADATA,
    Column("login", String, primary_key=True, doc="The name in NFKC, case folded: what makes it one's own"),
    Column("name", String, nullable=False, doc="As it was written"),
    Column("role", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", String, nullable=False),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("digest", String, primary_key=True, doc="SHA-256 of the cookie"),
    Column("login", ForeignKey("users.login"), nullable=False),
    Column("created_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("last_used_at", String, nullable=False),
)

api_keys = Table(
    "api_keys",
    METADATA,
    Column("key_id", String, primary_key=True, doc="The digest's first digits"),
    Column("digest", String, nullable=False, doc="SHA-256 of the key"),
    Column("camera_id", String, nullable=False, doc="* is any"),
    Column("role", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("created_at", String, nullable=False),
    Column("revoked_at", String),
    Column("last_used_at", String),
)

audit_trail = Table(
    "audit_trail",
    METADATA,
    Column("id", Whole, primary_key=True, autoincrement=False, doc="From 1, without a gap"),
    Column("at", String, nullable=False),
    Column("actor_kind", String, nullable=False, doc="user, key, command line or nobody"),
    Column("actor", String, nullable=False),
    Column("address", String, nullable=False),
    Column("verb", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("details", String, nullable=False, doc="JSON object"),
    Column("hash", String, nullable=False, doc="SHA-256 over the hash before and this row"),
)
