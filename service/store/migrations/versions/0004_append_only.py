"""What was recorded cannot be changed or taken away; and a row by which to learn that records can be written."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEYS = {
    "rolls": "roll_id = NEW.roll_id",
    "roll_cameras": "roll_id = NEW.roll_id AND camera_id = NEW.camera_id",
    "frames": "id = NEW.id OR camera_id = NEW.camera_id AND roll_id = NEW.roll_id AND sequence = NEW.sequence",
    "defects": "frame = NEW.frame AND number = NEW.number",
    "events": "frame = NEW.frame AND number = NEW.number",
}
"""The tables, and how a row is told to be there already."""

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Guard the records, create the row's table."""
    statements = _postgresql() if op.get_bind().dialect.name == "postgresql" else _sqlite()
    for statement in statements:
        op.execute(statement)
    op.create_table(
        "write_trials",
        sa.Column("id", _WHOLE, primary_key=True, autoincrement=False),
        sa.Column("filling", sa.LargeBinary, nullable=False),
    )


def _postgresql() -> list[str]:
    function = """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END $$"""
    trigger = """
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    return [function, *(trigger.format(table=table) for table in _KEYS)]


def _sqlite() -> list[str]:
    """REPLACE takes a row away past its DELETE trigger, so a row that is there already is refused before."""
    made = []
    for table, same in _KEYS.items():
        refusing = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
        made += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refusing}",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refusing}",
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {there} {refusing}",
        ]
    return made


def downgrade() -> None:
    """Drop them."""
    op.drop_table("write_trials")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change() CASCADE")
        return
    for table in _KEYS:
        for change in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER {table}_no_{change}")
