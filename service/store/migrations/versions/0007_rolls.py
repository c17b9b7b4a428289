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
    "stretch_counts",
    "web_metres",
    "web_stretches",
    "lane_metres",
    "lane_patches",
    "roll_alarms",
    "recipes",
    "recipe_activations",
)

_CLOSED = "the roll is closed"

_STEPS = {"stretch_counts": (1, 2, 3, 4, 6, 20), "web_stretches": (6, 20)}
"""Powers of two that metres are counted together by: 2 to 16 and 64 m, and any roll as a whole."""

_KEPT_FOR_EVER = {
    "recipes": "name = NEW.name AND version = NEW.version",
    "recipe_activations": "id = NEW.id",
    "roll_alarms": "id = NEW.id",
}
"""Tables that are only added to, and how a row is told to be there already; see revision 0004."""


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
    _create_stretches()


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
        *(sa.Column(name, _WHOLE) for name in ("largest_frame", "largest_number")),
        sa.Column("worst_severity", sa.String),
        sa.Column("doubtful", sa.Boolean),
        sqlite_with_rowid=False,
    )
    op.create_index("web_defects_along", "web_defects", ["roll_id", "from_mm", "frame", "number"])
    for name, columns in (
        ("by_kind", ["roll_id", "kind", "severity", "from_mm", "frame", "number"]),
        ("by_size", ["roll_id", "kind", "severity", "area_mm2", "frame", "number"]),
        ("by_time", ["kind", "severity", "found_at", "frame", "number"]),
    ):
        op.create_index(f"web_defects_{name}", "web_defects", columns)
    op.execute("CREATE INDEX web_defects_long ON web_defects (roll_id, from_mm) WHERE to_mm - from_mm >= 1000")
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
        sa.Column("parts_web", sa.Boolean, nullable=False),
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
        sa.Column("side", sa.String, nullable=False),
        sa.Column("seen_mm2", sa.Float, nullable=False),
        *(
            sa.Column(f"{name}_{part}", _WHOLE if part == "n" else sa.Float, nullable=part in ("low", "high"))
            for name in measures
            for part in ("n", "sum", "squares", "low", "high")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lane_patches",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("roll_id", "camera_id")),
        sa.Column("frame", _WHOLE, primary_key=True, autoincrement=False),
        sa.Column("side", sa.String, nullable=False),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("from_mm", "to_mm")),
        sa.Column("patches", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


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
    for table, same in _KEPT_FOR_EVER.items():
        _keep_for_ever(table, same)


def _keep_for_ever(table: str, same: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    refusing = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refusing}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refusing}")
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {there} {refusing}")


def _fill() -> None:
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
        INSERT INTO splices (frame, number, roll_id, camera_id, from_mm, to_mm, parts_web)
        SELECT e.frame, e.number, f.roll_id, f.camera_id, e.down_mm - e.length_mm / 2, e.down_mm + e.length_mm / 2, TRUE
        FROM events e JOIN frames f ON f.id = e.frame WHERE e.kind = 'splice'"""
    )
    metre = _metre_of("position_mm")
    op.execute(
        f"""
        INSERT INTO web_metres (roll_id, camera_id, metre, frames, seen_mm, held_mm, first_at, last_at)
        SELECT roll_id, camera_id, {metre}, COUNT(*), SUM(length_mm),
            SUM(CASE WHEN verdict = 'hold' THEN length_mm ELSE 0 END), MIN(received_at), MAX(received_at)
        FROM frames GROUP BY roll_id, camera_id, {metre}"""
    )
    metre = _metre_of("from_mm")
    op.execute("DELETE FROM metre_counts")
    op.execute(
        f"""
        INSERT INTO metre_counts (roll_id, camera_id, metre, lane, kind, severity, count)
        SELECT roll_id, camera_id, {metre}, lane, kind, severity, COUNT(*)
        FROM web_defects GROUP BY roll_id, camera_id, {metre}, lane, kind, severity"""
    )


def _metre_of(column: str) -> str:
    # Not every SQLite was built with FLOOR, and only SQLite cuts off what it casts.
    if op.get_bind().dialect.name == "sqlite":
        return f"CAST({column} / 1000 AS INTEGER) - ({column} / 1000 < CAST({column} / 1000 AS INTEGER))"
    return f"FLOOR({column} / 1000)"


_COUNTED = "roll_id, step, stretch, lane, kind, severity, camera_id"
_SEEN = "roll_id, step, stretch, camera_id"


def _create_stretches() -> None:
    """Count metres together, so that a roll's map and figures need not be added up of all its metres.

    The database does so by itself: whatever writes the metres, the sums are theirs.
    """
    op.create_table(
        "stretch_counts",
        *_stretch(),
        sa.Column("lane", _WHOLE, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String, primary_key=True) for name in ("kind", "severity", "camera_id")),
        sa.Column("count", _WHOLE, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "web_stretches",
        *_stretch(),
        sa.Column("camera_id", sa.String, primary_key=True),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("seen_mm", "held_mm")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("first_at", "last_at")),
        sqlite_with_rowid=False,
    )
    for step in _STEPS["stretch_counts"]:
        place = f"roll_id, {step}, metre >> {step}, lane, kind, severity, camera_id"
        op.execute(
            f"INSERT INTO stretch_counts ({_COUNTED}, count) SELECT {place}, SUM(count) FROM metre_counts "
            f"GROUP BY roll_id, metre >> {step}, lane, kind, severity, camera_id"
        )
    for step in _STEPS["web_stretches"]:
        op.execute(
            f"INSERT INTO web_stretches ({_SEEN}, seen_mm, held_mm, first_at, last_at) "
            f"SELECT roll_id, {step}, metre >> {step}, camera_id, SUM(seen_mm), SUM(held_mm), MIN(first_at), "
            f"MAX(last_at) FROM web_metres GROUP BY roll_id, metre >> {step}, camera_id"
        )
    for table, adds in (("metre_counts", _add_count), ("web_metres", _add_metre)):  # whose keys nobody changes
        _after(table, "INSERT", adds("NEW", "NEW.{}"))
        _after(table, "UPDATE", adds("NEW", "NEW.{0} - OLD.{0}"))
        _after(table, "DELETE", adds("OLD", "-OLD.{}"))


def _stretch() -> list[sa.Column[Any]]:
    numbers = (sa.Column(name, _WHOLE, primary_key=True, autoincrement=False) for name in ("step", "stretch"))
    return [sa.Column("roll_id", sa.String, primary_key=True), *numbers]


def _add_count(row: str, change: str) -> str:
    count = change.format("count")
    return (
        f"INSERT INTO stretch_counts ({_COUNTED}, count) SELECT {row}.roll_id, column1, {row}.metre >> column1, "
        f"{row}.lane, {row}.kind, {row}.severity, {row}.camera_id, {count} FROM {_rows('stretch_counts')} "
        f"ON CONFLICT ({_COUNTED}) DO UPDATE SET count = stretch_counts.count + excluded.count;"
    )


def _add_metre(row: str, change: str) -> str:
    """A moment once seen stays: frames are never taken back."""
    seen, held = change.format("seen_mm"), change.format("held_mm")
    least, most = ("MIN", "MAX") if op.get_bind().dialect.name == "sqlite" else ("LEAST", "GREATEST")
    return (
        f"INSERT INTO web_stretches ({_SEEN}, seen_mm, held_mm, first_at, last_at) SELECT {row}.roll_id, column1, "
        f"{row}.metre >> column1, {row}.camera_id, {seen}, {held}, {row}.first_at, {row}.last_at "
        f"FROM {_rows('web_stretches')} ON CONFLICT ({_SEEN}) DO UPDATE SET "
        "seen_mm = web_stretches.seen_mm + excluded.seen_mm, held_mm = web_stretches.held_mm + excluded.held_mm, "
        f"first_at = {least}(web_stretches.first_at, excluded.first_at), "
        f"last_at = {most}(web_stretches.last_at, excluded.last_at);"
    )


def _rows(table: str) -> str:
    """The steps as rows of one column; SQLite takes an ON for a join's unless there is a WHERE before it."""
    values = ", ".join(f"(CAST({step} AS BIGINT))" for step in _STEPS[table])
    if op.get_bind().dialect.name == "sqlite":
        return f"(VALUES {', '.join(f'({step})' for step in _STEPS[table])}) WHERE true"
    return f"(VALUES {values}) AS steps"


def _after(table: str, event: str, body: str) -> None:
    name = f"{table}_{event.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {body} END")
        return
    body = body.replace("metre >> column1", "metre >> column1::int")
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


_SUMMED = [f"{table}_{event}" for table in ("metre_counts", "web_metres") for event in ("insert", "update", "delete")]


def downgrade() -> None:
    """Drop the tables."""
    if op.get_bind().dialect.name == "sqlite":
        for name in (*_SUMMED, "frames_of_open_rolls"):
            op.execute(f"DROP TRIGGER {name}")
    else:
        for name in (*_SUMMED, "refuse_closed"):
            op.execute(f"DROP FUNCTION {name}() CASCADE")
    for name in reversed(_TABLES):
        op.drop_table(name)
    op.drop_index("rolls_by_opening", "rolls")
    for name in _ROLL_FIELDS:
        op.drop_column("rolls", name)
