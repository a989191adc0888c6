"""Tests that the advice follows the rule sets: thresholds, durations, gate, merging, lifting."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from scheduler.advising import newest_known
from scheduler.air.advice import advise, days_of
from scheduler.air.tables import rule_sets
from scheduler.domain.advice import CityAdvice
from scheduler.domain.air import Forecast, ForecastRow, HourlyValue
from scheduler.domain.alert import Level
from scheduler.errors import BadInputError

RULES = rule_sets()["CN-2024-6"]
START = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(
    *runs: tuple[int, int], issued: datetime = START, pollutant: str = "pm25_ug_m3"
) -> Forecast:
    """Runs of (ug/m3, hours) one after the other from START on, at one station."""
    held = [value for value, n in runs for _ in range(n)]
    values = [
        HourlyValue.model_validate(
            {"local_time": START + n * HOUR, "station": "a", pollutant: value}
        )
        for n, value in enumerate(held)
    ]
    rule = ForecastRow(
        forecast_id="f",
        city_id="shenyang",
        issued_at=issued,
        first_hour=START,
        end_hour=START + len(held) * HOUR,
        kind="forecast",
        file="f.csv",
        source="made for the test",
        status="assumed",
    )
    return Forecast(rule=rule, values=tuple(values))


def forecast(*days: int) -> Forecast:
    return hours(*((value, 24) for value in days))


def without(given: Forecast, n: int) -> Forecast:
    """The first n hours are blank."""
    blank = [v.model_copy(update={"pm25_ug_m3": None}) for v in given.values[:n]]
    return given.model_copy(update={"values": (*blank, *given.values[n:])})


def together(first: Forecast, other: Forecast, column: str) -> Forecast:
    """The other's column beside the first's."""
    values = tuple(
        one.model_copy(update={column: getattr(two, column)})
        for one, two in zip(first.values, other.values, strict=True)
    )
    return first.model_copy(update={"values": values})


def level_of(advice: CityAdvice) -> Level | None:
    return advice.episodes[0].level if advice.episodes else None


@pytest.mark.parametrize("rules", ["CN-2024-6", "LN-2024"])
@pytest.mark.parametrize(
    ("days", "level"),
    [
        ((150, 115), None),  # AQI 200 and 150: neither is above its threshold
        ((151,), Level.YELLOW),
        ((116, 116), Level.YELLOW),
        ((116, 115, 116), Level.YELLOW),  # from noon to noon twice: 115.5 is 116
        ((151, 151), Level.ORANGE),
        ((116, 116, 116), Level.ORANGE),
        ((151, 151, 151), Level.ORANGE),  # 72 h above 200, but no day above 300
        ((151, 250, 151), Level.ORANGE),  # 300 is not above 300
        ((151, 251, 151), Level.RED),
        ((251, 251), Level.ORANGE),
    ],
)
def test_the_rules_of_2024(rules: str, days: tuple[int, ...], level: Level | None) -> None:
    advice = advise(forecast(*days), rule_sets()[rules])
    assert level_of(advice) is level
    assert advice.action == ("issue" if level else "none")


@pytest.mark.parametrize(
    ("days", "level", "branch"),
    [
        ((150,), None, 0),
        ((151,), Level.BLUE, 1),
        ((151, 151), Level.YELLOW, 1),
        ((151, 151, 151), Level.YELLOW, 1),  # no day above 300
        ((251, 251), Level.YELLOW, 1),  # above 300, but for 48 h
        ((151, 251, 151), Level.ORANGE, 1),
        ((151, 250, 151), Level.YELLOW, 1),
        ((151, 251, 151, 151), Level.ORANGE, 1),  # above 300 for 24 h only
        ((151, 251, 251, 151), Level.RED, 1),
        ((498,), Level.BLUE, 1),  # AQI 499
        ((499,), Level.RED, 2),  # AQI 500
    ],
)
def test_the_rules_of_2017_have_blue(
    days: tuple[int, ...], level: Level | None, branch: int
) -> None:
    advice = advise(forecast(*days), rule_sets()["CN-2017-86"])
    assert level_of(advice) is level
    assert [e.clause.branch for e in advice.episodes] == ([branch] if branch else [])


@pytest.mark.parametrize(
    ("days", "level", "branch"),
    [
        ((151,), None, 0),
        ((150, 151), None, 0),
        ((151, 151), Level.YELLOW, 1),
        ((151, 151, 151), Level.ORANGE, 1),
        ((151, 251, 151, 151), Level.ORANGE, 1),
        ((151, 251, 251, 151), Level.RED, 1),
        ((151, 251, 251), Level.ORANGE, 1),  # 72 h above 200
        ((498,), None, 0),
        ((499,), Level.RED, 2),
    ],
)
def test_the_rules_of_2018(days: tuple[int, ...], level: Level | None, branch: int) -> None:
    advice = advise(forecast(*days), rule_sets()["CN-2018-875"])
    assert level_of(advice) is level
    assert [e.clause.branch for e in advice.episodes] == ([branch] if branch else [])


def test_a_day_is_any_24_hours_and_starts_when_the_days_above_begin() -> None:
    """Twelve clean hours, then four days: the first day above 150 lies across midnight."""
    made = hours((20, 12), (160, 12), (300, 72), (160, 24))
    advice = advise(made, RULES)
    [episode] = advice.episodes
    assert episode.level is Level.RED
    above = next(day for day in days_of(made) if day.aqi > 150)
    assert START < above.first < START + 24 * HOUR
    assert episode.starts_at == above.first
    assert episode.holds_until == START + 120 * HOUR
    assert episode.clause.conditions[0].aqi_above == 200
    assert [day.aqi > 200 for day in episode.days] == [True] * 4
    assert all(b.first >= a.end for a, b in zip(episode.days, episode.days[1:], strict=False))


def test_48_hours_are_two_days_that_do_not_overlap() -> None:
    assert advise(hours((116, 47)), RULES).episodes == ()
    assert level_of(advise(hours((116, 48)), RULES)) is Level.YELLOW


def test_a_mean_of_fewer_than_20_hours_is_none() -> None:
    assert len(days_of(without(forecast(100), 4))) == 1
    assert days_of(without(forecast(100), 5)) == ()


def test_two_processes_count_as_one_until_the_gap_would_lift() -> None:
    """Two single days above 150: 48 h if 35 clean hours lie between them, nothing if 36 do."""
    assert level_of(advise(hours((116, 24), (10, 35), (116, 24)), RULES)) is Level.YELLOW
    assert advise(hours((116, 24), (10, 36), (116, 24)), RULES).episodes == ()


def test_an_episode_has_its_highest_level_from_its_beginning_on() -> None:
    """Yellow, clean hours, then red. Days with up to six clean hours at their edge are above 150
    still, so that 47 clean hours leave 35 between the days above, and 48 leave 36."""
    red = ((151, 24), (260, 24), (151, 24))
    [one] = advise(hours((151, 24), (10, 47), *red), RULES).episodes
    assert (one.level, one.starts_at) == (Level.RED, START)
    two = advise(hours((151, 24), (10, 48), *red), RULES).episodes
    assert [(e.level, e.starts_at) for e in two] == [
        (Level.YELLOW, START),
        (Level.RED, START + (24 + 48 - 6) * HOUR),
    ]
    assert two[0].ends_at == START + 24 * HOUR


@pytest.mark.parametrize(("clean", "is_open"), [(35, True), (36, False)])
def test_the_end_is_open_until_36_clean_hours_are_forecast(clean: int, is_open: bool) -> None:
    [episode] = advise(hours((151, 24), (10, clean)), RULES).episodes
    assert episode.holds_until == START + 24 * HOUR
    assert (episode.ends_at is None) == is_open


def test_ozone_gives_a_notice_and_no_level() -> None:
    advice = advise(hours((300, 72), pollutant="o3_ug_m3"), RULES)
    assert advice.episodes == ()
    [notice] = advice.notices
    assert (notice.pollutants, notice.highest_aqi) == (("o3",), 207)
    assert (notice.starts_at, notice.ends_at) == (START, START + 72 * HOUR)


def test_dust_gives_a_notice_until_fine_particles_are_primary_too() -> None:
    """PM10 of 425 is AQI 307 and PM2.5 of 251 is 301; PM2.5 of 257 is 307 as well."""
    dust = hours((425, 24), pollutant="pm10_ug_m3")
    assert advise(together(dust, forecast(251), "pm25_ug_m3"), RULES).episodes == ()
    tied = advise(together(dust, forecast(257), "pm25_ug_m3"), RULES)
    assert (level_of(tied), tied.notices) == (Level.YELLOW, ())
    assert tied.days[0].primary == ("pm10", "pm25")


def asked(at_hour: int, declared: Level | None, *runs: tuple[int, int]) -> tuple[str, str]:
    advice = advise(hours(*runs), RULES, at=START + at_hour * HOUR, declared=declared)
    return advice.action, advice.reason


@pytest.mark.parametrize(
    ("at_hour", "runs", "action"),
    [
        (72, ((10, 108),), ("lift", "clean_long_enough")),
        (72, ((10, 107),), ("keep", "clean_too_short")),
        (71, ((10, 108),), ("keep", "past_unknown")),
        (72, ((10, 107), (151, 24)), ("raise", "higher_ahead")),
        (72, ((10, 108), (151, 24)), ("lift", "clean_long_enough")),
    ],
)
def test_an_alert_is_lifted_after_36_hours_below_and_not_before(
    at_hour: int, runs: tuple[tuple[int, int], ...], action: tuple[str, str]
) -> None:
    declared = Level.BLUE if action[0] == "raise" else Level.YELLOW
    assert asked(at_hour, declared, *runs) == action


@pytest.mark.parametrize(("at_hour", "reason"), [(47, "no_condition"), (48, "forecast_over")])
def test_a_forecast_that_is_over_says_nothing_of_what_comes(at_hour: int, reason: str) -> None:
    assert asked(at_hour, None, (10, 48)) == ("none", reason)
    if at_hour == 48:
        assert asked(at_hour, Level.RED, (260, 48)) == ("keep", reason)


@pytest.mark.parametrize(("at_hour", "n_notices"), [(89, 1), (90, 0)])
def test_a_notice_of_days_that_are_over_is_not_given(at_hour: int, n_notices: int) -> None:
    """The last day of 24 hours that holds six of the polluted ones ends 18 hours after them."""
    ozone = hours((300, 72), (10, 24), pollutant="o3_ug_m3")
    advice = advise(ozone, RULES, at=START + at_hour * HOUR)
    assert len(advice.notices) == n_notices


def test_what_is_under_way_is_kept_though_the_rest_alone_would_be_too_short() -> None:
    """24 h of the 48 h above 150 are past; without them nothing ahead meets a condition."""
    under_way = ((10, 48), (116, 24), (116, 24), (10, 36))
    assert asked(72, Level.YELLOW, *under_way) == ("keep", "condition_under_way")
    assert asked(72, Level.ORANGE, *under_way) == ("lower", "lower_ahead")
    assert asked(72, None, *under_way) == ("issue", "condition_ahead")
    assert asked(96, Level.YELLOW, *under_way) == ("lift", "clean_long_enough")


def test_a_fluctuating_level_is_never_lowered_and_lifted_once() -> None:
    """Asked every six hours with four known days and three ahead, told what it said before."""
    series = [10] * 96 + ([160] * 24 + [90] * 30) * 4 + [260] * 24 + [160] * 48 + [10] * 144
    whole = hours(*((value, 1) for value in series))
    declared: Level | None = None
    changes = []
    for at in range(96, len(series) - 72, 6):
        rule = whole.rule.model_copy(
            update={"first_hour": START + (at - 96) * HOUR, "end_hour": START + (at + 72) * HOUR}
        )
        seen = whole.model_copy(update={"rule": rule})
        advice = advise(seen, RULES, at=START + at * HOUR, declared=declared)
        if advice.action in ("issue", "raise", "lower", "lift"):
            declared = None if advice.action == "lift" else level_of(advice)
            changes.append((at, advice.action, declared))
    assert changes == [
        (96, "issue", Level.YELLOW),
        (102, "raise", Level.ORANGE),
        (264, "raise", Level.RED),
        (396, "lift", None),
    ]


def test_of_each_city_the_forecast_issued_last_by_then_counts() -> None:
    first, later = hours((151, 24)), hours((10, 24), issued=START + HOUR)
    assert newest_known([later, first], START) == (first,)
    assert newest_known([first, later], START + HOUR) == (later,)
    with pytest.raises(BadInputError, match="no forecast of the file was issued by"):
        newest_known([first], START - HOUR)


def test_what_was_not_read_says_so() -> None:
    assert {c.status for c in rule_sets()["LN-2024"].conditions} == {"assumed"}
    assert rule_sets()["LN-2024"].rule.valid_from > RULES.rule.valid_from
    [episode] = advise(forecast(151), rule_sets()["LN-2024"]).episodes
    assert episode.clause.status == "assumed"


def test_concentrations_keep_their_decimals() -> None:
    value = HourlyValue.model_validate(
        {"local_time": START, "station": "a", "co_mg_m3": "1.25", "pm25_ug_m3": "115.5"}
    )
    assert dict(value.concentrations()) == {"co": Decimal("1.25"), "pm25": Decimal("115.5")}
