"""Tests that keys are random, kept as digests only, and stand for one role."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from scheduler import keys
from scheduler.domain.key import Role
from scheduler.errors import NotFoundError, UnknownKeyError
from scheduler.store.database import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_key_stands_for_its_role_until_it_is_revoked(database: Database) -> None:
    with database.writing() as session:
        key = keys.make_key(session, Role.ENTERPRISE, "gate office", NOW, enterprise="e-1")
        who = keys.authenticate(session, key)
        assert (who.role, who.enterprise) == (Role.ENTERPRISE, "e-1")
        keys.revoke_key(session, who.key, NOW)
        with pytest.raises(UnknownKeyError):
            keys.authenticate(session, key)
        with pytest.raises(NotFoundError):
            keys.revoke_key(session, who.key, NOW)


def test_a_key_is_256_bits_and_never_stored(database: Database) -> None:
    with database.writing() as session:
        first, second = (keys.make_key(session, Role.AUDITOR, "audit", NOW) for _ in range(2))
    assert first != second
    assert len(first.removeprefix("cuofeng_auditor_")) == 43
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM api_key")).all()
    assert len(rows) == 2
    assert first.removeprefix("cuofeng_auditor_") not in repr(rows)


def test_a_key_with_one_letter_changed_is_not_known(database: Database) -> None:
    with database.writing() as session:
        key = keys.make_key(session, Role.BUREAU, "bureau", NOW)
        wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
        with pytest.raises(UnknownKeyError):
            keys.authenticate(session, wrong)


@pytest.mark.parametrize(("role", "enterprise"), [(Role.ENTERPRISE, None), (Role.BUREAU, "e-1")])
def test_only_an_enterprises_key_names_an_enterprise(
    database: Database, role: Role, enterprise: str | None
) -> None:
    with database.writing() as session, pytest.raises(ValidationError, match="names its"):
        keys.make_key(session, role, "x", NOW, enterprise=enterprise)
