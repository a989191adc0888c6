"""The page's facts out of the store: what is in force, and who and where everything is."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import islice

from sqlmodel import Session

from api.console.entry import holder_of
from api.console.facts import (
    AlertFacts,
    JobFacts,
    LiftFacts,
    Name,
    Pending,
    PublicationFacts,
    Published,
    Registry,
    Situation,
    Standing,
    WithdrawalFacts,
)
from api.console.naming import registry_of
from api.console.standings import document_of, standings
from scheduler import (
    alerts,
    clock,
    datasets,
    plans,
    publication,
    requests,
    whole,
    why,
    why_not,
    windows,
    wording,
)
from scheduler.domain.alert import Revision
from scheduler.domain.directory import PlantCard
from scheduler.domain.enterprise import Registry as RegistryData
from scheduler.domain.job import JobState
from scheduler.domain.key import Role
from scheduler.domain.network import Network
from scheduler.domain.publication import PlanRequest, Publication
from scheduler.domain.schedule import Schedule
from scheduler.domain.whole import WholeWhy
from scheduler.domain.why import Why
from scheduler.domain.why_not import WhyNot
from scheduler.jobs import request_of
from scheduler.store import bodies, jobs
from scheduler.store import datasets as dataset_repository
from scheduler.store import publications as repository
from scheduler.store.database import Database
from scheduler.why_not import Wanted
from solver.instance import STAGE_NAMES, Instance

MOST_PENDING = 5


class Records:
    """Reads the database; each answer is one transaction that changes nothing."""

    def __init__(self, database: Database, case_note: Name | None) -> None:
        self._database = database
        self._case_note = case_note

    def situation(self, at: datetime | None) -> Situation:
        at = at or clock.now()
        with self._database.reading() as session:
            revision = _worst_in_force(session, at)
            if revision is None:
                return Situation(at=at, case_note=self._case_note, lifted=_lifted(session, at))
            found = repository.in_force(session, revision.alert, at)
            return Situation(
                at=at,
                case_note=self._case_note,
                alerts=tuple(_alerts(revision, _city_names(session))),
                publication=_publication(session, found) if found else None,
                withdrawal=None if found else _withdrawal(session, revision.alert, at),
                job=_job(session, revision.alert),
                standings=tuple(_standings(session, revision, found)),
            )

    def published(self, publication_id: str) -> Published:
        with self._database.reading() as session:
            alert, number = publication.parse_name(publication_id)
            record = plans.get_record(
                session, publication.get_publication(session, alert, number).plan
            )
            instance, plan = plans.get_files(session, record)
            schedule = publication.schedule_of_plan(session, record.id)
            published_s = (schedule.published_until - schedule.starts_at).total_seconds()
            return Published(
                publication_id=publication_id,
                instance=instance,
                plan=plan,
                end_slot=int(published_s) // instance.grid.slot_s,
                registry=_registry(session, plans.get_request(session, record), schedule, instance),
                causes={row.card.plant: row.causes for row in schedule.plants},
                comparison=schedule.comparison,
                provenance=schedule.provenance,
                revised=schedule.revised,
            )

    def enterprise_of_key(self, key: str) -> str | None:
        holder = holder_of(self._database, key)
        return None if holder is None else holder.enterprise

    def enterprise_name(self, enterprise: str) -> Name:
        with self._database.reading() as session:
            data = _newest_registry(session)
            rows = data.enterprises if data else ()
            found = [r for r in rows if r.enterprise_id == enterprise]
            if found:
                return Name(found[0].name_zh, found[0].name_en)
            cards = [card for card in _cards(session) if card.enterprise == enterprise]
            return _name(cards[0]) if cards else Name(enterprise)

    def is_official_key(self, key: str) -> bool:
        holder = holder_of(self._database, key)
        return holder is not None and holder.role is not Role.ENTERPRISE

    def enterprises(self, at: datetime | None) -> tuple[tuple[str, Name], ...]:
        with self._database.reading() as session:
            in_force = windows.in_force(session, at or clock.now())
            named = {
                row.card.enterprise: _name(row.card)
                for _, schedule in in_force
                for row in schedule.plants
            }
        return tuple(sorted(named.items()))

    def pending(self) -> tuple[Pending, ...]:
        with self._database.reading() as session:
            return tuple(islice(_pending(session), MOST_PENDING))

    def english_clauses(self) -> Mapping[str, str]:
        with self._database.reading() as session:
            return wording.english_clauses(session)

    def waiting(self, enterprise: str | None) -> int:
        with self._database.reading() as session:
            if enterprise is None:
                return len(requests.list_requests(session, None, "answered"))
            asked = requests.list_requests(session, None, "awaits_agreement")
            return sum(case.request.counterpart == enterprise for case in asked)

    def why_plan(self, plan: str) -> tuple[Why, ...]:
        with self._database.reading() as session:
            asked = why.ask_plan(session, plan, None)
        return tuple(why.solve(one) for one in asked)

    def whole(self, plan: str) -> tuple[WholeWhy, ...]:
        with self._database.reading() as session:
            asked = whole.ask_plan(session, plan)
        return whole.solve(asked)

    def why(self, enterprise: str, at: datetime | None) -> tuple[Why, ...]:
        with self._database.reading() as session:
            asked = why.ask(session, enterprise, at or clock.now())
        return tuple(why.solve(one) for one in asked)

    def why_not(self, enterprise: str, at: datetime | None, wanted: Wanted) -> tuple[WhyNot, ...]:
        with self._database.reading() as session:
            questions = why_not.ask(session, enterprise, at or clock.now(), wanted)
        return tuple(why_not.solve(question) for question in questions)


def _pending(session: Session) -> Iterator[Pending]:
    published = {row.plan for row in publication.list_publications(session)}
    for record in sorted(plans.list_records(session), key=lambda r: r.made_at, reverse=True):
        request = plans.get_request(session, record)
        alert = alerts.get_alert(session, request.alert)
        is_latest = request.revision == alert.latest.number and not alert.is_lifted
        if record.id not in published and is_latest:
            schedule = publication.schedule_of_plan(session, record.id)
            short = tuple(
                (_name(row.card), row.output.safety_missing) for row in publication.unsafe(schedule)
            )
            yield Pending(record.id, alert.id, record.made_at, short)


def _worst_in_force(session: Session, at: datetime) -> Revision | None:
    """The alert of the highest level that holds at the instant; of equals the first by id."""
    found = (alert.counting(at) for alert in alerts.list_alerts(session))
    holding = [stretch.revision for stretch in found if stretch is not None]
    severity = {r.alert: max(a.level.severity for a in r.statement.areas) for r in holding}
    return max(holding, key=lambda r: severity[r.alert], default=None)


def _lifted(session: Session, at: datetime) -> LiftFacts | None:
    found = alerts.lately_lifted(alerts.list_alerts(session), at)
    if found is None or found.latest.statement.ends_at is None:
        return None
    return LiftFacts(found.latest.statement.ends_at, document_of(found.latest.statement))


def _alerts(revision: Revision, cities: dict[str, Name]) -> Iterator[AlertFacts]:
    statement = revision.statement
    for area in sorted(statement.areas, key=lambda area: -area.level.severity):
        yield AlertFacts(
            level=area.level,
            areas=tuple(cities.get(city, Name(city)) for city in area.cities),
            document_number=document_of(statement),
            declared_by=Name(statement.declared_by, statement.declared_by_en or None),
            starts_at=statement.starts_at,
            ends_at=statement.ends_at,
            known_at=revision.known_at,
            revision=revision.number,
        )


def _publication(session: Session, found: Publication) -> PublicationFacts:
    return PublicationFacts(
        publication_id=found.name,
        number=found.number,
        digest=plans.get_record(session, found.plan).plan,
        published_at=found.known_at,
        in_force_from=found.in_force_from,
        published_until=found.published_until,
    )


def _withdrawal(session: Session, alert: str, at: datetime) -> WithdrawalFacts | None:
    started = [p for p in repository.every(session, alert) if p.in_force_from <= at]
    found = repository.find_withdrawal(session, alert, started[-1].number) if started else None
    if found is None or found.from_instant > at:
        return None
    return WithdrawalFacts(found.number, found.from_instant, found.reason)


def _job(session: Session, alert: str) -> JobFacts | None:
    waiting = [
        job
        for job in jobs.every(session, alert)
        if not job.state.is_over and request_of(session, job).posed is None
    ]
    if not waiting:
        return None
    job = waiting[-1]
    told = job.progress.stage if job.progress else None
    stage = next((name for name in STAGE_NAMES if name == told), None)
    return JobFacts("running" if job.state is JobState.RUNNING else "queued", job.queued_at, stage)


def _standings(
    session: Session, revision: Revision, found: Publication | None
) -> Iterator[Standing]:
    schedule = publication.schedule_of_plan(session, found.plan) if found else None
    clauses = wording.english_clauses(session)
    yield from standings(_cards(session), revision.statement, schedule, clauses)


def _name(card: PlantCard) -> Name:
    return Name(card.name_zh, card.name_en)


def _cards(session: Session) -> tuple[PlantCard, ...]:
    if dataset_repository.newest(session, "directory") is None:
        return ()
    return datasets.newest_directory(session).plants


def _newest_registry(session: Session) -> RegistryData | None:
    found = dataset_repository.newest(session, "registry")
    return _read_registry(bodies.body(session, found.digest)) if found else None


@lru_cache(maxsize=2)
def _read_registry(body: bytes) -> RegistryData:
    return RegistryData.model_validate_json(body)


def _city_names(session: Session) -> dict[str, Name]:
    data = _newest_registry(session)
    return {c.city_id: Name(c.name_zh, c.name_en) for c in data.cities} if data else {}


def _input(session: Session, request: PlanRequest, role: str) -> bytes | None:
    digests = [row.digest for row in request.inputs if row.role == role]
    return bodies.body(session, digests[0]) if digests else None


def _registry(
    session: Session, request: PlanRequest, schedule: Schedule, instance: Instance
) -> Registry:
    told, roads = _input(session, request, "registry"), _input(session, request, "network")
    data = _read_registry(told) if told else None
    network = Network.model_validate_json(roads) if roads else None
    measures = _input(session, request, "measures")
    known = wording.english_in(measures) if measures else {}
    clauses = {**wording.english_clauses(session), **known}
    return registry_of(data, network, schedule, instance, clauses)
