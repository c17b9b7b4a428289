"""The web of a roll: defects that count once, lanes by metre, splices, alarms; recipes; rolls that are closed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_ROLL_FIELDS = ("product", "order_number", "fields", "opened_by")

_DEFECT = (
    ("roll_id", sa.String),
    ("camera_id", sa.String),
    ("kind", sa.String),
    ("probability", sa.Float),
    ("severity", sa.String),
    ("needs_review", sa.Boolean),
    ("lane", _WHOLE),
    ("from_mm", sa.Float),
    ("to_mm", sa.Float),
    ("left_mm", sa.Float),
    ("right_mm", sa.Float),
    ("area_mm2", sa.Float),
    ("contrast_sigma", sa.Float),
    ("found_at", sa.String),
)

_TABLES = (
    "closed_rolls",
    "camera_views",
    "web_defects",
    "seam_pieces",
    "splices",
    "web_metres",
    "lane_metres",
    "lane_patches",
    "roll_alarms",
    "recipes",
    "recipe_activations",
)

_CLOSED = "the roll is closed"


def upgrade() -> None:
    """Create the tables; what was found so far counts as it was told, each frame for itself."""
    for name in _ROLL_FIELDS:
        op.add_column("rolls", sa.Column(name, sa.String))
    op.create_index("rolls_by_opening", "rolls", ["opened_at", "roll_id"])
    _create_views()
    _create_closing()
    _create_defects()
    _create_metres()
    _create_rest()
    _fill()


def _place() -> list[sa.Column[int]]:
    return [sa.Column(name, _WHOLE, primary_key=True, autoincrement=False) for name in ("frame", "number")]


def _create_views() -> None:
    op.create_table(
        "camera_views",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("roll_id", "camera_id")),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("left_mm", "right_mm")),
        sa.Column("side", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_closing() -> None:
    op.create_table(
        "closed_rolls",
        sa.Column("roll_id", sa.String, sa.ForeignKey("rolls.roll_id"), primary_key=True),
        sa.Column("closed_at", sa.String, nullable=False),
        sa.Column("closed_by", sa.String, nullable=False),
    )
    closed = "SELECT 1 FROM closed_rolls WHERE roll_id = NEW.roll_id"
    statements = _postgresql(closed) if op.get_bind().dialect.name == "postgresql" else _sqlite(closed)
    for statement in statements:
        op.execute(statement)


def _postgresql(closed: str) -> list[str]:
    function = f"""
        CREATE FUNCTION refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS ({closed}) THEN
                RAISE EXCEPTION '{_CLOSED}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$"""
    return [
        function,
        "CREATE TRIGGER frames_of_open_rolls BEFORE INSERT ON frames FOR EACH ROW EXECUTE FUNCTION refuse_closed()",
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON closed_rolls "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]


def _sqlite(closed: str) -> list[str]:
    """What was closed stays closed, in the same words as the records before it."""
    refusing = "BEGIN SELECT RAISE(ABORT, 'closed_rolls is append-only'); END"
    return [
        f"CREATE TRIGGER frames_of_open_rolls BEFORE INSERT ON frames WHEN EXISTS ({closed}) "
        f"BEGIN SELECT RAISE(ABORT, '{_CLOSED}'); END",
        f"CREATE TRIGGER closed_rolls_no_update BEFORE UPDATE ON closed_rolls {refusing}",
        f"CREATE TRIGGER closed_rolls_no_delete BEFORE DELETE ON closed_rolls {refusing}",
        f"CREATE TRIGGER closed_rolls_no_replace BEFORE INSERT ON closed_rolls WHEN EXISTS ({closed}) {refusing}",
    ]


def _create_defects() -> None:
    op.create_table(
        "web_defects",
        *_place(),
        *(sa.Column(name, kind, nullable=False) for name, kind in _DEFECT),
        sa.Column("pieces", _WHOLE, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("web_defects_along", "web_defects", ["roll_id", "from_mm", "frame", "number"])
    op.create_index("web_defects_by_kind", "web_defects", ["roll_id", "kind", "from_mm", "frame", "number"])
    op.create_index("web_defects_by_severity", "web_defects", ["roll_id", "severity", "from_mm", "frame", "number"])
    op.create_table(
        "seam_pieces",
        *_place(),
        *(sa.Column(name, kind, nullable=False) for name, kind in _DEFECT),
        sa.Column("side", sa.String, nullable=False),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("at_top", "at_bottom", "seen_twice")),
        *(sa.Column(name, _WHOLE, nullable=False) for name in ("web_frame", "web_number")),
        sqlite_with_rowid=False,
    )
    op.create_index("seam_pieces_along", "seam_pieces", ["roll_id", "from_mm"])
    op.create_index("seam_pieces_joined", "seam_pieces", ["web_frame", "web_number"])
    op.create_table(
        "splices",
        *_place(),
        *(sa.Column(name, sa.String, nullable=False) for name in ("roll_id", "camera_id")),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("from_mm", "to_mm")),
    )
    op.create_index("splices_along", "splices", ["roll_id", "from_mm"])


def _metre_of_camera() -> list[sa.Column[Any]]:
    of_camera = [sa.Column(name, sa.String, primary_key=True) for name in ("roll_id", "camera_id")]
    return [*of_camera, sa.Column("metre", _WHOLE, primary_key=True, autoincrement=False)]


def _create_metres() -> None:
    op.create_table(
        "web_metres",
        *_metre_of_camera(),
        sa.Column("frames", _WHOLE, nullable=False),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("seen_mm", "held_mm")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("first_at", "last_at")),
        sqlite_with_rowid=False,
    )
    measures = ("left_mm", "right_mm", "width_mm", "left_wave_mm", "right_wave_mm")
    op.create_table(
        "lane_metres",
        *_metre_of_camera(),
        sa.Column("lane", _WHOLE, primary_key=True, autoincrement=False),
        *(
            sa.Column(f"{name}_{part}", _WHOLE if part == "n" else sa.Float, nullable=part in ("low", "high"))
            for name in measures
            for part in ("n", "sum", "squares", "low", "high")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lane_patches",
        *(sa.Column(name, _WHOLE, primary_key=True, autoincrement=False) for name in ("frame", "lane", "number")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("roll_id", "camera_id")),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("from_mm", "to_mm")),
        sqlite_with_rowid=False,
    )
    op.create_index("lane_patches_along", "lane_patches", ["roll_id", "lane", "from_mm"])


def _create_rest() -> None:
    op.create_table(
        "roll_alarms",
        sa.Column("id", _WHOLE, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("roll_id", "camera_id", "cause")),
        sa.Column("lane", _WHOLE, nullable=False),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("from_mm", "raised_mm")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("raised_at", "told", "details")),
    )
    op.create_index("roll_alarms_by_roll", "roll_alarms", ["roll_id", "id"])
    op.create_table(
        "recipes",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("version", _WHOLE, primary_key=True, autoincrement=False),
        sa.Column("product", sa.String),
        *(sa.Column(name, sa.String, nullable=False) for name in ("text", "kept_at")),
    )
    op.create_table(
        "recipe_activations",
        sa.Column("id", _WHOLE, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("version", _WHOLE, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("at", "by", "why")),
    )
    op.create_index("recipe_activations_by_name", "recipe_activations", ["name", "id"])


def _fill() -> None:
    # Not every SQLite was built with FLOOR, and only SQLite cuts off what it casts.
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    metre = "CAST(position_mm / 1000 AS INTEGER) - (position_mm < 0)" if on_sqlite else "FLOOR(position_mm / 1000)"
    op.execute(
        """
        INSERT INTO web_defects (frame, number, roll_id, camera_id, kind, probability, severity, needs_review, lane,
            from_mm, to_mm, left_mm, right_mm, area_mm2, contrast_sigma, found_at, pieces)
        SELECT d.frame, d.number, f.roll_id, f.camera_id, d.kind, d.probability, d.severity, d.needs_review,
            COALESCE(d.lane, 0), d.down_mm - d.length_mm / 2, d.down_mm + d.length_mm / 2,
            d.cross_mm - d.width_mm / 2, d.cross_mm + d.width_mm / 2, d.area_mm2, d.contrast_sigma, f.received_at, 1
        FROM defects d JOIN frames f ON f.id = d.frame"""
    )
    op.execute(
        """
        INSERT INTO splices (frame, number, roll_id, camera_id, from_mm, to_mm)
        SELECT e.frame, e.number, f.roll_id, f.camera_id, e.down_mm - e.length_mm / 2, e.down_mm + e.length_mm / 2
        FROM events e JOIN frames f ON f.id = e.frame WHERE e.kind = 'splice'"""
    )
    op.execute(
        f"""
        INSERT INTO web_metres (roll_id, camera_id, metre, frames, seen_mm, held_mm, first_at, last_at)
        SELECT roll_id, camera_id, {metre}, COUNT(*), SUM(length_mm),
            SUM(CASE WHEN verdict = 'hold' THEN length_mm ELSE 0 END), MIN(received_at), MAX(received_at)
        FROM frames GROUP BY roll_id, camera_id, {metre}"""
    )


def downgrade() -> None:
    """Drop the tables."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER frames_of_open_rolls")
    else:
        op.execute("DROP FUNCTION refuse_closed() CASCADE")
    for name in reversed(_TABLES):
        op.drop_table(name)
    op.drop_index("rolls_by_opening", "rolls")
    for name in _ROLL_FIELDS:
        op.drop_column("rolls", name)
