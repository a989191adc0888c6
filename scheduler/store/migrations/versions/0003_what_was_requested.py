"""Tables of what enterprises ask for, and of each step that was taken on it, which never change."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DIGEST = sqltypes.AutoString(length=64)
TEXT = sqltypes.AutoString()
INSTANT = sqltypes.UTCDateTime()
APPEND_ONLY = ("request", "request_step")
SQLITE_GUARD = """
CREATE TRIGGER {table}_refuses_{verb} BEFORE {verb} ON "{table}"
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
POSTGRESQL_GUARD = """
CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    build_requests()
    guard_against_change()


def build_requests() -> None:
    op.create_table(
        "request",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("alert", TEXT, nullable=False),
        sa.Column("plant", TEXT, nullable=False),
        sa.Column("enterprise", TEXT, nullable=False),
        sa.Column("counterpart", TEXT, nullable=True),
        sa.Column("filing", TEXT, nullable=False),
        sa.Column("filed_by", TEXT, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_request_alert", "request", ["alert"])
    op.create_table(
        "request_step",
        sa.Column("request", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("told", TEXT, nullable=False),
        sa.Column("answer", DIGEST, nullable=True),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["request"], ["request.number"]),
        sa.ForeignKeyConstraint(["answer"], ["stored.digest"]),
        sa.PrimaryKeyConstraint("request", "number"),
    )


def guard_against_change() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(SQLITE_GUARD.format(table=table, verb=verb))
        return
    for table in APPEND_ONLY:
        op.execute(POSTGRESQL_GUARD.format(table=table))
