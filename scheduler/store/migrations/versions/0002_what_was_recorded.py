"""Tables of recorded passages and readings of stocks, which never change."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DIGEST = sqltypes.AutoString(length=64)
TEXT = sqltypes.AutoString()
INSTANT = sqltypes.UTCDateTime()
APPEND_ONLY = ("ledger", "passage", "recording", "stock_reading")
SQLITE_GUARD = """
CREATE TRIGGER {table}_refuses_{verb} BEFORE {verb} ON "{table}"
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
POSTGRESQL_GUARD = """
CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    build_recordings()
    build_ledgers()
    guard_against_change()


def build_recordings() -> None:
    op.create_table(
        "recording",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["stored.digest"]),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "stock_reading",
        sa.Column("recording", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stock", TEXT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["recording"], ["recording.number"]),
        sa.PrimaryKeyConstraint("recording", "number"),
    )
    op.create_index("ix_stock_reading_time", "stock_reading", ["read_at"])


def build_ledgers() -> None:
    op.create_table(
        "ledger",
        sa.Column("recording", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("plant", TEXT, nullable=False),
        sa.Column("from_instant", INSTANT, nullable=False),
        sa.Column("to_instant", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["recording"], ["recording.number"]),
        sa.PrimaryKeyConstraint("recording", "number"),
    )
    op.create_index("ix_ledger_time", "ledger", ["from_instant", "to_instant"])
    op.create_table(
        "passage",
        sa.Column("recording", sa.Integer(), nullable=False),
        sa.Column("ledger", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("gate", TEXT, nullable=False),
        sa.Column("leg", TEXT, nullable=False),
        sa.Column("direction", TEXT, nullable=False),
        sa.Column("passed_at", INSTANT, nullable=False),
        sa.Column("trips", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["recording", "ledger"], ["ledger.recording", "ledger.number"]),
        sa.PrimaryKeyConstraint("recording", "ledger", "number"),
    )
    op.create_index("ix_passage_gate", "passage", ["gate", "passed_at"])


def guard_against_change() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(SQLITE_GUARD.format(table=table, verb=verb))
        return
    for table in APPEND_ONLY:
        op.execute(POSTGRESQL_GUARD.format(table=table))
