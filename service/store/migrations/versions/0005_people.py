"""People, their sessions, keys, and an audit trail that only grows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# A replacing insert deletes without asking the trigger on deletes: it is stopped as an insert.
_SQLITE = (
    """CREATE TRIGGER audit_trail_keeps_rows BEFORE DELETE ON audit_trail
    BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END""",
    """CREATE TRIGGER audit_trail_keeps_words BEFORE UPDATE ON audit_trail
    BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END""",
    """CREATE TRIGGER audit_trail_grows_at_its_end BEFORE INSERT ON audit_trail
    WHEN NEW.id <= (SELECT max(id) FROM audit_trail)
    BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION audit_trail_only_grows() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit trail only grows'; END $$""",
    """CREATE TRIGGER audit_trail_keeps_rows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_trail
    FOR EACH STATEMENT EXECUTE FUNCTION audit_trail_only_grows()""",
)


def upgrade() -> None:
    """Create all four tables, and what guards the trail."""
    _create_people()
    _create_keys()
    _create_trail()
    for guard in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(guard)


def _create_people() -> None:
    op.create_table(
        "users",
        sa.Column("login", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("login", sa.String, sa.ForeignKey("users.login"), nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("expires_at", sa.String, nullable=False),
        sa.Column("last_used_at", sa.String, nullable=False),
    )


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("camera_id", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("revoked_at", sa.String),
        sa.Column("last_used_at", sa.String),
    )


def _create_trail() -> None:
    op.create_table(
        "audit_trail",
        sa.Column("id", _WHOLE, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("actor_kind", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("verb", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("details", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Drop all four tables; their triggers go with them."""
    for table in ("audit_trail", "api_keys", "sessions", "users"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_trail_only_grows()")
