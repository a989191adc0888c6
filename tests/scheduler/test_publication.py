"""Tests that plans become official by numbered records, and stop being so by another one."""

from datetime import timedelta

import pytest

from scheduler import alerts, planning, publication
from scheduler.domain.alert import Level
from scheduler.errors import BadInputError, ConflictError, NoPlanError, NotFoundError
from scheduler.store import publications as repository
from scheduler.store.database import Database
from tests.scheduler.case import KNOWN, START, at, publish, put_plan, statement, worked_plan
from tests.solver.builders import departures


def test_publications_are_numbered_and_the_newest_in_force_counts(database: Database) -> None:
    with database.writing() as session:
        put_plan(session)
        publish(session)
        publish(session, at("09:00"))
    with database.reading() as session:
        names = [p.name for p in publication.list_publications(session, "a-1")]
        assert names == ["a-1/1", "a-1/2"]
        just_before = START - timedelta(microseconds=1)
        assert repository.in_force(session, "a-1", just_before) is None
        first = repository.in_force(session, "a-1", at("09:00") - timedelta(microseconds=1))
        second = repository.in_force(session, "a-1", at("09:00"))
        assert first is not None and second is not None
        assert (first.number, second.number) == (1, 2)
        assert repository.next_change(session, "a-1", START) == at("09:00")


def test_a_withdrawal_is_a_record_and_leaves_nothing_in_force(database: Database) -> None:
    with database.writing() as session:
        put_plan(session)
        publish(session)
        told = {"reason": "wrong road", "by": "bureau", "known_at": at("09:10")}
        publication.withdraw(session, "a-1", 1, from_instant=at("09:30"), **told)
        with pytest.raises(ConflictError, match="withdrawn already"):
            publication.withdraw(session, "a-1", 1, from_instant=at("09:40"), **told)
        with pytest.raises(NotFoundError):
            publication.withdraw(session, "a-1", 2, from_instant=at("09:40"), **told)
    with database.reading() as session:
        assert repository.in_force(session, "a-1", at("09:29")) is not None
        assert repository.in_force(session, "a-1", at("09:30")) is None
        assert len(publication.list_publications(session)) == 1


def test_a_plan_for_an_older_revision_is_refused(database: Database) -> None:
    with database.writing() as session:
        put_plan(session)
        alerts.revise(session, "a-1", statement(Level.ORANGE), KNOWN)
        with pytest.raises(ConflictError, match="which stands at revision 2"):
            publish(session)


def test_nothing_is_published_for_an_alert_that_was_lifted(database: Database) -> None:
    with database.writing() as session:
        put_plan(session)
        told = {"document": "2026-2", "by": "Shenyang", "known_at": KNOWN}
        alerts.lift(session, "a-1", ends_at=at("12:00"), **told)
        with pytest.raises(ConflictError, match="lifted"):
            publish(session)


def test_nothing_comes_in_force_before_it_is_known(database: Database) -> None:
    with database.writing() as session:
        put_plan(session)
        with pytest.raises(BadInputError, match="cannot be in force"):
            publish(session, KNOWN)


def test_a_plan_that_cannot_be_repeated_needs_a_recorded_override(database: Database) -> None:
    with database.writing() as session:
        put_plan(session, reproducible=False)
        with pytest.raises(ConflictError, match="cannot be repeated"):
            publish(session)
        told = {"in_force_from": START, "by": "bureau", "known_at": KNOWN}
        made = publication.publish(session, "plan-1", override="no time left", **told)
    assert made.override == "no time left"


def test_a_plan_that_breaks_a_law_is_not_stored() -> None:
    instance, plan = worked_plan()
    assert plan.decisions is not None
    late = departures(("ore.heavy", 6, 1))
    broken = plan.decisions.model_copy(update={"departures": late})
    with pytest.raises(NoPlanError, match="gate_window"):
        planning.refuse_unlawful(instance, plan.model_copy(update={"decisions": broken}))
    empty = plan.model_copy(update={"decisions": None, "status": "none"})
    with pytest.raises(NoPlanError, match="`none`"):
        planning.refuse_unlawful(instance, empty)
