"""Recorded passages and readings: handed in, kept as they came, and asked for by time."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from scheduler import datasets
from scheduler.domain.enterprise import Registry
from scheduler.domain.recorded import Delivery, Facts, KnownReading, Recording
from scheduler.errors import BadInputError
from scheduler.store import bodies
from scheduler.store import recordings as repository
from solver.instance import Instance


def record(session: Session, delivery: Delivery, known_at: datetime) -> Recording:
    """Keep a delivery. Raises BadInputError for one that says nothing, speaks of what is still to
    come, or has a ledger with passages outside its time."""
    faults = list(_faults(delivery, known_at))
    if faults:
        raise BadInputError("; ".join(faults), "Correct the rows named and send all of it again.")
    return repository.add(session, delivery, known_at)


def _faults(delivery: Delivery, known_at: datetime) -> list[str]:
    faults = [] if delivery.ledgers or delivery.readings else ["nothing is recorded in it"]
    for n, reading in enumerate(delivery.readings, start=1):
        if reading.read_at > known_at:
            faults.append(f"reading {n}: {reading.stock} is read at {reading.read_at}, yet to come")
    for ledger in delivery.ledgers:
        span = f"{ledger.from_instant} to {ledger.to_instant}"
        if not ledger.from_instant < ledger.to_instant <= known_at:
            faults.append(f"ledger of {ledger.plant}: {span} is no stretch of time that is over")
        for n, passage in enumerate(ledger.passages, start=1):
            if not ledger.from_instant <= passage.passed_at < ledger.to_instant:
                faults.append(f"passage {n} at gate {passage.gate}: {passage.passed_at} not {span}")
    return faults


def foreign_stocks(session: Session, delivery: Delivery, plants: set[str]) -> list[str]:
    """Stocks and gates of a delivery that are not of these plants, by the newest registry."""
    digest = datasets.newest(session, "registry").digest
    registry = Registry.model_validate_json(bodies.body(session, digest))
    own = {row.stock_id for row in registry.stocks if row.plant_id in plants}
    own |= {row.gate_id for row in registry.gates if row.plant_id in plants}
    named = {reading.stock for reading in delivery.readings}
    named |= {passage.gate for ledger in delivery.ledgers for passage in ledger.passages}
    return sorted(named - own)


def list_recordings(session: Session) -> list[Recording]:
    return repository.every(session)


def facts(session: Session, instance: Instance, start: datetime, end: datetime) -> Facts:
    """What is recorded of an instance's plants from `start` to `end`; of a stock the last reading
    counts, of readings at the same instant the one delivered last."""
    plants = {plant.id for plant in instance.plants}
    stocks = {stock.id for plant in instance.plants for stock in plant.stocks}
    newest: dict[str, KnownReading] = {}
    for reading in repository.readings(session, start, end):
        held = newest.get(reading.stock)
        if reading.stock in stocks and (held is None or held.read_at <= reading.read_at):
            newest[reading.stock] = reading
    ledgers = repository.ledgers(session, start, end)
    return Facts(
        ledgers=tuple(ledger for ledger in ledgers if ledger.plant in plants),
        readings=tuple(newest[stock] for stock in sorted(newest)),
    )
