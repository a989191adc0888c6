"""The first tables, and the triggers that guard what may never change."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

from scheduler.record.log import START

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DIGEST = sqltypes.AutoString(length=64)
TEXT = sqltypes.AutoString()
INSTANT = sqltypes.UTCDateTime()
APPEND_ONLY = (
    "advice",
    "dataset",
    "log",
    "plan",
    "publication",
    "revision",
    "stored",
    "withdrawal",
)
SQLITE_GUARD = """
CREATE TRIGGER {table}_refuses_{verb} BEFORE {verb} ON "{table}"
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
POSTGRESQL_REFUSAL = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
POSTGRESQL_GUARD = """
CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def guard_against_change() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(SQLITE_GUARD.format(table=table, verb=verb))
        return
    op.execute(POSTGRESQL_REFUSAL)
    for table in APPEND_ONLY:
        op.execute(POSTGRESQL_GUARD.format(table=table))


def upgrade() -> None:
    build_stored()
    build_log()
    build_alerts()
    build_plans()
    build_publications()
    build_keys()
    guard_against_change()


def build_stored() -> None:
    op.create_table(
        "stored",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "dataset",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["stored.digest"],
        ),
        sa.PrimaryKeyConstraint("kind", "version"),
    )


def build_log() -> None:
    op.create_table(
        "log",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("noun", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("record", DIGEST, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("previous", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("noun", "subject"),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    head = sa.table("log_head", sa.column("id"), sa.column("digest"))
    op.bulk_insert(head, [{"id": 1, "digest": START}])


def build_alerts() -> None:
    op.create_table(
        "revision",
        sa.Column("alert", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("alert", "number"),
    )
    op.create_table(
        "advice",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("rule_set", TEXT, nullable=False),
        sa.Column("forecast", TEXT, nullable=False),
        sa.Column("areas", TEXT, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def build_plans() -> None:
    op.create_table(
        "job",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("request", DIGEST, nullable=False),
        sa.Column("alert", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", TEXT, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("stage", TEXT, nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("bound", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["request"],
            ["stored.digest"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_job_alert", "job", ["alert"], unique=False)
    op.create_index("ix_job_state", "job", ["state", "queued_at"], unique=False)
    op.create_table(
        "plan",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("request", DIGEST, nullable=False),
        sa.Column("instance", DIGEST, nullable=False),
        sa.Column("plan_file", DIGEST, nullable=False),
        sa.Column("plan", DIGEST, nullable=False),
        sa.Column("schedule", DIGEST, nullable=False),
        sa.Column("conditions", TEXT, nullable=False),
        sa.Column("reproducible", sa.Boolean(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance"],
            ["stored.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["plan_file"],
            ["stored.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["request"],
            ["stored.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["schedule"],
            ["stored.digest"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )


def build_publications() -> None:
    op.create_table(
        "publication",
        sa.Column("alert", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("in_force_from", INSTANT, nullable=False),
        sa.Column("published_until", INSTANT, nullable=False),
        sa.Column("published_by", TEXT, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.Column("override", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["plan"],
            ["plan.id"],
        ),
        sa.PrimaryKeyConstraint("alert", "number"),
    )
    op.create_index("ix_publication_force", "publication", ["in_force_from"], unique=False)
    op.create_table(
        "withdrawal",
        sa.Column("alert", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_instant", INSTANT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("withdrawn_by", TEXT, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["alert", "number"],
            ["publication.alert", "publication.number"],
        ),
        sa.PrimaryKeyConstraint("alert", "number"),
    )


def build_keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("enterprise", TEXT, nullable=True),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
