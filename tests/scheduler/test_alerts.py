"""Tests that alerts are stated revision by revision, sealed, and never edited."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from scheduler import alerts
from scheduler.domain.alert import Area, Level, Revision, Statement, stretches_of
from scheduler.errors import BadInputError, ConflictError, NotFoundError
from scheduler.record.canonical import canonical, digest_of
from scheduler.record.log import breaks
from scheduler.store import sealing
from scheduler.store.database import Database

KNOWN = datetime.fromisoformat("2015-11-06T08:00:00+00:00")
START = "2015-11-06T16:20:00+08:00"


def statement(level: Level = Level.ORANGE, start: str = START, end: str | None = None) -> Statement:
    return Statement(
        areas=(Area(level=level, cities=("shenyang", "anshan")),),
        starts_at=datetime.fromisoformat(start),
        ends_at=datetime.fromisoformat(end) if end else None,
        declared_by="Shenyang",
        document_number="2015-6",
    )


def test_an_alert_comes_back_as_it_was_declared_and_revised(database: Database) -> None:
    with database.writing() as session:
        alerts.declare(session, "a-1", statement(), KNOWN)
    with database.writing() as session:
        alerts.revise(session, "a-1", statement(Level.RED), KNOWN + timedelta(hours=9))
    with database.reading() as session:
        alert = alerts.get_alert(session, "a-1")
    assert [r.statement.level_of("anshan") for r in alert.revisions] == [Level.ORANGE, Level.RED]
    assert alert.latest.statement.starts_at == datetime(2015, 11, 6, 8, 20, tzinfo=UTC)
    assert alert.latest.statement.level_of("dalian") is None
    assert alert.known(KNOWN - timedelta(microseconds=1)) is None
    first = alert.known(KNOWN + timedelta(hours=8))
    assert first is not None
    assert first.number == 1


def test_lifting_states_the_end_and_closes_the_alert(database: Database) -> None:
    end = datetime.fromisoformat("2015-11-09T10:00:00+08:00")
    later = KNOWN + timedelta(days=3)
    with database.writing() as session:
        alerts.declare(session, "a-1", statement(), KNOWN)
        lifted = alerts.lift(
            session, "a-1", ends_at=end, document="2015-9", by="Shenyang", known_at=later
        )
        assert (lifted.number, lifted.action, lifted.statement.ends_at) == (2, "lift", end)
        assert lifted.statement.covers(end - timedelta(minutes=1))
        assert not lifted.statement.covers(end)
        with pytest.raises(ConflictError, match="was lifted"):
            alerts.revise(session, "a-1", statement(Level.RED), later)


def test_english_comes_with_each_revision_or_not_at_all(database: Database) -> None:
    """A lifting inherits the English neither of another document nor of who declared."""
    told = statement().model_copy(
        update={
            "declared_by": "沈阳市人民政府",
            "declared_by_en": "Shenyang's government",
            "document_number_en": "Shenyang 2015, no. 6",
        }
    )
    end = datetime.fromisoformat("2015-11-09T10:00:00+08:00")
    lift = {"ends_at": end, "by": "辽宁省指挥部", "document": "2015-9"}
    english = {"by_en": "Liaoning command", "document_en": "no. 9"}
    with database.writing() as session:
        for alert, more in (("a-1", {}), ("a-2", english)):
            alerts.declare(session, alert, told, KNOWN)
            alerts.lift(session, alert, known_at=KNOWN + timedelta(days=3), **lift, **more)
    with database.reading() as session:
        found = [alerts.get_alert(session, alert).revisions for alert in ("a-1", "a-2")]
    assert [[r.statement.document("en") for r in revisions] for revisions in found] == [
        ["Shenyang 2015, no. 6", "2015-9"],
        ["Shenyang 2015, no. 6", "no. 9"],
    ]
    assert [[r.statement.by("en") for r in revisions] for revisions in found] == [
        ["Shenyang's government", "辽宁省指挥部"],
        ["Shenyang's government", "Liaoning command"],
    ]
    assert found[0][0].statement.document("zh-CN") == "2015-6"
    assert found[1][0].statement.by("zh-CN") == "沈阳市人民政府"


@pytest.mark.parametrize("field", ["declared_by_en", "document_number_en"])
def test_what_was_sealed_without_english_keeps_its_digest(field: str) -> None:
    english = statement().model_copy(update={field: "in English"})
    assert f'"{field}":"in English"'.encode() in canonical(english)
    assert field not in statement().model_dump(mode="json")
    assert field.encode() not in canonical(statement())


def test_what_is_at_odds_is_refused(database: Database) -> None:
    with database.writing() as session:
        alerts.declare(session, "a-1", statement(), KNOWN)
        with pytest.raises(ConflictError, match="declared already"):
            alerts.declare(session, "a-1", statement(Level.RED), KNOWN)
        with pytest.raises(ConflictError, match="stands so already"):
            alerts.revise(session, "a-1", statement(), KNOWN)
        with pytest.raises(BadInputError, match="became known"):
            alerts.revise(session, "a-1", statement(Level.RED), KNOWN - timedelta(seconds=1))
        with pytest.raises(NotFoundError, match="no alert b"):
            alerts.get_alert(session, "b")


@pytest.mark.parametrize("start", ["16:20", "22:00", "23:59", "00:00"])
def test_an_alert_starts_at_any_minute(start: str) -> None:
    assert statement(start=f"2015-11-06T{start}:00+08:00").starts_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "2015-11-06T16:20:01+08:00"}, "whole minute"),
        ({"start": "2015-11-06T16:20:00"}, "timezone"),
        ({"end": START}, "before it starts"),
    ],
)
def test_a_statement_that_cannot_be_is_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        statement(**changes)


def test_a_city_has_one_level() -> None:
    areas = tuple(Area(level=level, cities=("fushun",)) for level in (Level.RED, Level.ORANGE))
    with pytest.raises(ValidationError, match="fushun named twice"):
        Statement.model_validate({**statement().model_dump(), "areas": areas})


def test_each_revision_is_sealed_in_an_unbroken_chain(database: Database) -> None:
    with database.writing() as session:
        first = alerts.declare(session, "a-1", statement(), KNOWN)
        alerts.declare(session, "a-2", statement(), KNOWN)
    with database.reading() as session:
        log, head = sealing.entries(session), sealing.head(session)
        stored = alerts.get_alert(session, "a-1").latest
    assert [entry.subject for entry in log] == ["a-1/1", "a-2/1"]
    assert log[0].record == digest_of(canonical(first)) == digest_of(canonical(stored))
    assert list(breaks(log, head)) == []


def test_a_changed_removed_or_cut_log_is_told_by_number(database: Database) -> None:
    with database.writing() as session:
        for number in (1, 2, 3):
            alerts.declare(session, f"a-{number}", statement(), KNOWN)
        log, head = sealing.entries(session), sealing.head(session)
    changed = log[1].model_copy(update={"record": "0" * 64})
    assert list(breaks([log[0], changed, log[2]], head)) == [
        "log entry 2 is not the one that entry 3 seals"
    ]
    assert list(breaks([log[0], log[2]], head)) == ["log entry 2 is missing"]
    assert list(breaks(log[:2], head)) == ["log entry 2 is not the one that the head seals"]
    assert list(breaks(log[1:], head)) == ["log entry 2 is not a beginning"]


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ConflictError), database.writing() as session:
        alerts.declare(session, "a-1", statement(), KNOWN)
        alerts.declare(session, "a-1", statement(), KNOWN)
    with database.reading() as session:
        assert alerts.list_alerts(session) == []
        assert sealing.entries(session) == []


def a_revision(number: int, start: str, end: str | None, known: str) -> Revision:
    action = "declare" if number == 1 else "revise"
    said = {
        "areas": [{"level": "red", "cities": ["a"]}],
        "starts_at": f"2026-01-{start}:00+08:00",
        "ends_at": f"2026-01-{end}:00+08:00" if end else None,
        "declared_by": "b",
        "document_number": "1",
    }
    return Revision.model_validate(
        {
            "alert": "a-1",
            "number": number,
            "action": action,
            "statement": Statement.model_validate(said),
            "known_at": datetime.fromisoformat(f"2026-01-{known}:00+08:00"),
        }
    )


def spans(*revisions: Revision) -> list[tuple[int, str, str | None]]:
    return [
        (
            s.revision.number,
            f"{s.starts_at + timedelta(hours=8):%dT%H:%M}",
            s.ends_at and f"{s.ends_at + timedelta(hours=8):%dT%H:%M}",
        )
        for s in stretches_of(revisions)
    ]


FIRST = a_revision(1, "01T16:20", None, "01T14:00")


@pytest.mark.parametrize(
    ("revisions", "expected"),
    [
        ([], [(1, "01T16:20", None)]),
        (
            [a_revision(2, "03T00:00", None, "02T14:00")],
            [(1, "01T16:20", "03T00:00"), (2, "03T00:00", None)],
        ),
        ([a_revision(2, "01T16:20", "04T00:00", "02T14:00")], [(2, "01T16:20", "04T00:00")]),
        ([a_revision(2, "01T18:00", None, "01T15:00")], [(2, "01T18:00", None)]),
        (
            [
                a_revision(2, "03T00:00", None, "02T14:00"),
                a_revision(3, "02T22:00", None, "02T20:00"),
            ],
            [(1, "01T16:20", "02T22:00"), (3, "02T22:00", None)],
        ),
    ],
    ids=["alone", "raised", "extended", "put off", "put forward"],
)
def test_each_revision_counts_until_a_later_one_begins(
    revisions: list[Revision], expected: list[tuple[int, str, str | None]]
) -> None:
    assert spans(FIRST, *revisions) == expected


@pytest.mark.parametrize(("start", "goes_on"), [("10T11:59", True), ("10T12:00", False)])
def test_an_alert_back_within_the_rules_gap_is_the_same_episode(
    database: Database, start: str, goes_on: bool
) -> None:
    """Lifted on 2026-01-09 at 00:00; the rules ask for 36 hours of clean air."""
    first = a_revision(1, "05T16:20", "09T00:00", "05T14:00")
    second = a_revision(1, start, None, "09T12:00").statement
    with database.writing() as session:
        alerts.declare(session, "a-1", first.statement, first.known_at)
        alerts.declare(session, "a-2", second, first.known_at)
        found = alerts.episode_since(session, alerts.get_alert(session, "a-2"))
        assert alerts.lift_gap(second.starts_at) == timedelta(hours=36)
        assert alerts.episode_since(session, alerts.get_alert(session, "a-1")) is None
    assert found == (first.statement.starts_at if goes_on else None)
