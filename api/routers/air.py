"""The air as the store holds it: what the rules advise, how good forecasts were, heavy days."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import OfficialDep, SessionDep
from scheduler import advising, air_records, clock
from scheduler.domain.advice import AdviceReport
from scheduler.domain.instant import Instant
from scheduler.domain.observed import HeavyDays, LeadSkill

router = APIRouter(prefix="/air", tags=["air"])
Rules = Annotated[str | None, Query(description="A rule set; the newest that holds, if left out.")]
City = Annotated[str | None, Query(description="A city's id; every city, if left out.")]
At = Annotated[Instant | None, Query(description="An instant with offset; now, if left out.")]


@router.get("/advice")
def get_advice(
    session: SessionDep, _: OfficialDep, rules: Rules = None, at: At = None
) -> AdviceReport:
    """What the rules advise on the forecasts held, beside what is declared. Nothing is kept."""
    instant = at or clock.now()
    return advising.report(
        air_records.every_forecast(session),
        advising.rule_set_for(rules, instant),
        instant,
        advising.declared_levels(session, instant),
    )


@router.get("/skill")
def get_skill(
    session: SessionDep, _: OfficialDep, rules: Rules = None, city: City = None
) -> tuple[LeadSkill, ...]:
    """How well past forecasts told the air, by lead day: bias, hits and false alarms of each
    threshold and level."""
    return air_records.score(session, advising.rule_set_for(rules, clock.now()), city)


@router.get("/heavy-days")
def get_heavy_days(session: SessionDep, _: OfficialDep, city: City = None) -> HeavyDays:
    """Heavily polluted days by city and year, and each target judged."""
    return air_records.count_heavy_days(session, city)
