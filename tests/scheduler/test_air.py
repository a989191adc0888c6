"""Tests that the advice follows the level rule sets."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.air.advice import advise, days_of
from scheduler.air.tables import rule_sets
from scheduler.domain.air import Forecast, ForecastRow, HourlyValue
from scheduler.domain.alert import Level

RULES = rule_sets()["CN-2024-6"]
START = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def forecast(*days: int, missing: int = 0) -> Forecast:
    """PM2.5 day by day at one station; the first `missing` hours of the first day are blank."""
    values = [
        HourlyValue(
            local_time=START + (24 * n + hour) * HOUR,
            station="a",
            pm25_ug_m3=None if n == 0 and hour < missing else day,
        )
        for n, day in enumerate(days)
        for hour in range(24)
    ]
    rule = ForecastRow(
        forecast_id="f",
        city_id="shenyang",
        issued_at=START - HOUR,
        first_hour=START,
        end_hour=START + 24 * len(days) * HOUR,
        kind="forecast",
        file="f.csv",
        source="made for the test",
        status="assumed",
    )
    return Forecast(rule=rule, values=tuple(values))


@pytest.mark.parametrize(
    ("days", "level"),
    [
        ((150, 115), None),  # AQI 200 and 150: neither is above its threshold
        ((151,), Level.YELLOW),
        ((116, 116), Level.YELLOW),
        ((116, 114, 116), None),
        ((116, 115, 116), Level.YELLOW),  # from noon to noon twice: 115.5 is 116
        ((151, 151), Level.ORANGE),
        ((116, 116, 116), Level.ORANGE),
        ((151, 151, 151), Level.ORANGE),  # 72 h above 200, but no day above 300
        ((151, 250, 151), Level.ORANGE),  # 300 is not above 300
        ((151, 251, 151), Level.RED),
        ((251, 251), Level.ORANGE),
    ],
)
def test_a_level_just_met_and_just_missed(days: tuple[int, ...], level: Level | None) -> None:
    advice = advise(forecast(*days), RULES)
    assert advice.level is level
    assert (advice.starts_at is None) == (level is None)


def test_a_day_is_any_24_hours_and_starts_when_the_days_above_begin() -> None:
    """Twelve clean hours, then four days: the first day above 200 lies across midnight."""
    values = [*forecast(160, 300, 300, 300, 160).values]
    clean = [v.model_copy(update={"pm25_ug_m3": 20}) for v in values[:12]]
    made = forecast(160, 300, 300, 300, 160).model_copy(update={"values": (*clean, *values[12:])})
    advice = advise(made, RULES)
    assert advice.level is Level.RED
    assert advice.starts_at is not None
    first = days_of(made)
    above = next(day for day in first if day.aqi > 200)
    assert START < above.first < START + 24 * HOUR
    assert advice.starts_at == above.first
    assert advice.ends_at == START + 120 * HOUR


def test_a_mean_of_fewer_than_20_hours_is_none() -> None:
    assert len(days_of(forecast(100, missing=4))) == 1
    assert days_of(forecast(100, missing=5)) == ()


def test_what_was_not_read_says_so() -> None:
    assert {c.status for c in rule_sets()["LN-2024"].conditions} == {"assumed"}
    assert rule_sets()["LN-2024"].rule.valid_from > RULES.rule.valid_from
