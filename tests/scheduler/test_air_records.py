"""Tests of forecasts and observations: taken in whole or not at all, scored, counted by year."""

import json
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scheduler.air.days import Day, calendar_day
from scheduler.air.heavy_days import heavy_years, judge, targets
from scheduler.air.skill import skill
from scheduler.air.tables import rule_sets
from scheduler.cli import app
from scheduler.domain.enterprise import City
from scheduler.domain.observed import LeadSkill, ObservedDay
from scheduler.errors import IntakeError
from scheduler.intake.air import read_forecasts
from scheduler.intake.observations import read_observations

ROOT = Path(__file__).parents[2]
LIAONING = ROOT / "fixtures/liaoning"
RULES = rule_sets()["CN-2024-6"]
ISSUED = "2030-01-01T20:00+08:00"
COLUMNS = "city_id,day,issued_at,aqi_low,aqi_high,primary,source,status"


def days_file(folder: Path, *rows: str, name: str = "days.csv") -> Path:
    path = folder / name
    path.write_text("\n".join((COLUMNS, *rows)) + "\n", encoding="utf-8")
    return path


def row(day: int, high: int, city: str = "shenyang", low: str = "", issued: str = ISSUED) -> str:
    return f"{city},2030-01-{day:02},{issued},{low},{high},pm25,made for the test,assumed"


@pytest.mark.parametrize("n_days", [3, 10])
def test_three_to_ten_days_are_a_forecast(tmp_path: Path, n_days: int) -> None:
    rows = [row(2 + n, 100, city) for city in ("anshan", "shenyang") for n in range(n_days)]
    one, two = read_forecasts(days_file(tmp_path, *rows))
    assert (one.rule.forecast_id, two.rule.forecast_id) == (
        "anshan-20300101T2000",
        "shenyang-20300101T2000",
    )
    assert len(one.days) == n_days
    assert two.rule.end_hour - two.rule.first_hour == timedelta(days=n_days)


def test_every_fault_of_a_forecast_table_is_told_at_once(tmp_path: Path) -> None:
    rows = [
        *(row(day, 100, "anshan") for day in (2, 3)),  # too short
        *(row(day, 100, "benxi") for day in (2, 4, 5)),  # a day is missing
        *(row(day, 100, "dalian") for day in range(2, 13)),  # too far
        *(row(day, 100, "fushun") for day in (3, 4, 5)),  # begins late
        row(2, 501, "jinzhou"),
    ]
    with pytest.raises(IntakeError) as caught:
        read_forecasts(days_file(tmp_path, *rows))
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (21, "aqi_high"),
        (2, "issued_at"),
        (5, "day"),
        (17, "day"),
        (18, "day"),
    ]
    assert all(fault.remedy and fault.remedy_zh for fault in caught.value.faults)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_days_as_a_bureau_writes_them(tmp_path: Path, encoding: str) -> None:
    """Chinese headers and words, dates as Excel shows them, pollutants by their usual names."""
    header = "城市编号,日期,发布时间,AQI 下限,AQI 上限,首要污染物,数据来源,数据性质"
    rows = [
        f"shenyang,2030/1/{2 + n},2030年1月1日 20:00,{90 + n},{120 + n},{primary},省中心,引用"
        for n, primary in enumerate(("PM2.5", "PM10、O3-8h", "o3_8h，pm2.5"))
    ]
    path = tmp_path / "预报.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding=encoding)
    (forecast,) = read_forecasts(path)
    assert [(d.day.day, d.aqi_low, d.aqi_high, d.primary) for d in forecast.days] == [
        (2, 90, 120, "pm25"),
        (3, 91, 121, "pm10 o3"),
        (4, 92, 122, "o3 pm25"),
    ]
    assert forecast.rule.issued_at == datetime.fromisoformat(ISSUED)
    seen = tmp_path / "实测.csv"
    seen.write_text(
        "城市编号,日期,AQI 上限,首要污染物,数据来源,数据性质\n"
        "shenyang,2030-1-2,160,PM2.5,省中心,引用\n",
        encoding=encoding,
    )
    (day,) = read_observations(seen, None, None).days
    assert (day.aqi_high, day.primary) == (160, "pm25")
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join((header, rows[0].replace("PM2.5", "烟尘"))) + "\n", encoding=encoding)
    with pytest.raises(IntakeError) as caught:
        read_forecasts(bad)
    assert caught.value.faults[0].column == "首要污染物"


def test_an_index_above_50_needs_a_primary_pollutant(tmp_path: Path) -> None:
    rows = [row(2, 50), row(3, 51), row(4, 49)]
    unnamed = days_file(tmp_path, *(line.replace(",pm25,", ",,") for line in rows))
    with pytest.raises(IntakeError) as caught:
        read_forecasts(unnamed)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(3, "primary")]
    seen = tmp_path / "seen.csv"
    seen.write_text(
        "city_id,day,aqi_high,source,status\n"
        "shenyang,2030-01-02,50,t,assumed\nshenyang,2030-01-03,51,t,assumed\n"
    )
    with pytest.raises(IntakeError) as caught:
        read_observations(seen, None, None)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(3, "primary")]


def day_of(day: date, aqi: int, primary: str = "pm25") -> Day:
    given = {"city_id": "shenyang", "day": day, "aqi_high": aqi, "primary": primary}
    return calendar_day(ObservedDay.model_validate(given | {"source": "t", "status": "assumed"}))


def observed(*indices: int, first: int = 2, primary: str = "pm25") -> dict[tuple[str, date], Day]:
    days = [date(2030, 1, first + n) for n in range(len(indices))]
    held = zip(days, indices, strict=True)
    return {("shenyang", day): day_of(day, aqi, primary) for day, aqi in held}


def test_skill_by_hand(tmp_path: Path) -> None:
    """Lead day 1: 180-220 against 230 (hit at 200, bias -30). Lead day 2: 250 against 150 (false
    alarm, bias +100). Lead day 3: 120 against 210 (miss, bias -90)."""
    rows = [row(2, 220, low="180"), row(3, 250), row(4, 120)]
    leads = skill(read_forecasts(days_file(tmp_path, *rows)), observed(230, 150, 210), RULES)
    assert [(lead.lead_days, lead.n, lead.bias) for lead in leads] == [
        (1, 1, Fraction(-30)),
        (2, 1, Fraction(100)),
        (3, 1, Fraction(-90)),
    ]
    at_200 = [next(s for s in lead.scores if s.aqi_above == 200) for lead in leads]
    assert [(s.hits, s.misses, s.false_alarms) for s in at_200] == [
        (1, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
    ]
    assert [s.hit_rate for s in at_200] == [1, None, 0]
    assert [s.false_alarm_rate for s in at_200] == [0, 1, None]


def test_days_not_observed_and_foresight_are_not_scored(tmp_path: Path) -> None:
    rows = [row(2, 220), row(3, 250), row(4, 120)]
    forecasts = read_forecasts(days_file(tmp_path, *rows))
    assert [lead.lead_days for lead in skill(forecasts, observed(150, first=3), RULES)] == [2]
    perfect = read_forecasts(LIAONING / "air")
    day = date(2015, 11, 8)
    assert skill(perfect, {("shenyang", day): day_of(day, 500)}, RULES) == ()


def tallies(lead: LeadSkill) -> dict[str, str]:
    """Of a lead day with one forecast: what it was, by level."""
    names = ("hits", "misses", "false_alarms", "quiet")
    return {s.level.value: next(n for n in names if getattr(s, n)) for s in lead.levels}


def test_skill_by_level_by_hand(tmp_path: Path) -> None:
    """Forecast: 220, 250, 120, so two days above 200 in turn: orange on the first two. Observed:
    230, 150, 210, two days above 200 with 24 h between: one episode, orange on all three."""
    rows = [row(2, 220), row(3, 250), row(4, 120)]
    forecasts = read_forecasts(days_file(tmp_path, *rows))
    leads = skill(forecasts, observed(230, 150, 210), RULES)
    quiet_at_red = {"red": "quiet"}
    assert [tallies(lead) for lead in leads] == [
        {"yellow": "hits", "orange": "hits"} | quiet_at_red,
        {"yellow": "hits", "orange": "hits"} | quiet_at_red,
        {"yellow": "misses", "orange": "misses"} | quiet_at_red,
    ]
    other = skill(forecasts, observed(160, 149, 100), RULES)
    assert [tallies(lead)["orange"] for lead in other] == ["false_alarms", "false_alarms", "quiet"]
    hit_rates = [next(s for s in lead.levels if s.level == "orange").hit_rate for lead in leads]
    assert hit_rates == [1, 1, 0]


@pytest.mark.parametrize(("before", "first"), [(151, "hits"), (150, "quiet")])
def test_days_observed_until_the_issue_count_for_the_level(
    tmp_path: Path, before: int, first: str
) -> None:
    """160 alone is no level; with 151 on the day before it is 48 h above 150: yellow."""
    rows = [row(2, 160), row(3, 100), row(4, 100)]
    real = observed(before, 160, 100, 100, first=1)
    leads = skill(read_forecasts(days_file(tmp_path, *rows)), real, RULES)
    assert tallies(leads[0])["yellow"] == first


def test_a_day_of_dust_has_no_level(tmp_path: Path) -> None:
    rows = [row(2, 220), row(3, 100), row(4, 100)]
    dust = observed(230, 100, 100, primary="pm10")
    leads = skill(read_forecasts(days_file(tmp_path, *rows)), dust, RULES)
    assert tallies(leads[0])["yellow"] == "false_alarms"
    assert leads[0].scores[1].hits == 1


def test_shares_and_means_are_numbers_in_json(tmp_path: Path) -> None:
    rows = [row(2, 220), row(3, 250), row(4, 120)]
    (first, *_) = skill(read_forecasts(days_file(tmp_path, *rows)), observed(229, 150, 210), RULES)
    told = json.loads(first.model_dump_json())
    assert (told["bias"], told["scores"][0]["hit_rate"]) == (-9.0, 1.0)
    assert told["levels"][0]["level"] == "yellow"


def year_of(year: int, heavy: int, known: int) -> dict[tuple[str, date], int]:
    first = date(year, 1, 1)
    return {
        ("shenyang", first + timedelta(days=n)): 201 if n < heavy else 200 for n in range(known)
    }


@pytest.mark.parametrize(
    ("heavy", "known", "met"), [(15, 324, True), (16, 324, False), (15, 323, None)]
)
def test_a_quarter_fewer_heavy_days(heavy: int, known: int, met: bool | None) -> None:
    """20 heavy days in 2015 allow 15 in 2020; a year of 323 known days is not judged."""
    (target,) = targets()
    years = heavy_years(year_of(2015, 20, 365) | year_of(2020, heavy, known), target.aqi_above)
    (judged,) = judge(years, target)
    assert (judged.baseline, judged.allowed, judged.met) == (20, 15, met)


def test_all_cities_together_once_each_is_judged() -> None:
    (target,) = targets()
    held = year_of(2015, 8, 365) | year_of(2020, 4, 366)
    both = held | {("anshan", day): aqi for (_, day), aqi in held.items()}
    rows = judge(heavy_years(both, target.aqi_above), target)
    assert [(r.city, r.baseline, r.counted, r.met) for r in rows] == [
        ("anshan", 8, 4, True),
        ("shenyang", 8, 4, True),
        ("all", 16, 8, True),
    ]


def city(city_id: str, name: str) -> City:
    given = {
        "city_id": city_id,
        "name_zh": name,
        "name_en": city_id.title(),
        "source": "made for the test",
        "status": "assumed",
    }
    held = City.model_fields.keys()
    return City.model_construct(**{k: v for k, v in given.items() if k in held})


CITIES = (city("shenyang", "沈阳"),)


def measurement(**changed: object) -> dict[str, object]:
    period = {
        "datetimeFrom": {"utc": "2030-01-01T00:00:00Z"},
        "datetimeTo": {"utc": "2030-01-01T01:00:00Z"},
    }
    usual: dict[str, object] = {
        "location": "US Post",
        "city": "Shenyang",
        "parameter": "pm25",
        "value": 75.5,
        "unit": "µg/m³",
        "period": period,
    }
    return usual | changed


def openaq(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "openaq.json"
    path.write_text(json.dumps({"results": rows}), encoding="utf-8")
    return path


def test_openaq_hours_and_units(tmp_path: Path) -> None:
    """A date alone is the hour's end; CO is in mg/m3; the new form names units in the parameter."""
    path = openaq(
        tmp_path,
        measurement(),
        measurement(parameter="co", value=1500, period=None, date={"utc": "2030-01-01T01:00:00Z"}),
        measurement(parameter={"name": "so2", "units": "mg/m³"}, value=0.02, unit=None),
        measurement(parameter="bc", value=3),
    )
    (hour,) = read_observations(path, CITIES, None).hours
    assert (hour.city_id, hour.station) == ("shenyang", "US_Post")
    assert hour.local_time == datetime(2030, 1, 1, tzinfo=UTC)
    assert (hour.pm25_ug_m3, hour.co_mg_m3, hour.so2_ug_m3) == (
        pytest.approx(75.5),
        pytest.approx(1.5),
        20,
    )


def test_every_fault_of_openaq_is_told_at_once(tmp_path: Path) -> None:
    long = {
        "datetimeFrom": {"utc": "2030-01-01T00:00:00Z"},
        "datetimeTo": {"utc": "2030-01-02T00:00:00Z"},
    }
    path = openaq(
        tmp_path,
        measurement(city="Atlantis"),
        measurement(unit="ppm"),
        measurement(period=None),
        measurement(period=long),
        measurement(),
        measurement(value=76),
    )
    with pytest.raises(IntakeError) as caught:
        read_observations(path, CITIES, None)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (1, "city"),
        (2, "unit"),
        (3, "period"),
        (4, "period"),
        (6, "pm25"),
    ]


def test_what_is_no_openaq_is_refused_by_place(tmp_path: Path) -> None:
    path = tmp_path / "openaq.json"
    path.write_text(json.dumps({"results": [measurement(value="much")]}), encoding="utf-8")
    with pytest.raises(IntakeError, match=r"results\.0\.value") as caught:
        read_observations(path, CITIES, None)
    assert caught.value.faults[0].row == 1


@pytest.fixture
def url(tmp_path: Path, sqlite_tables: Path) -> str:
    path = tmp_path / "store.sqlite"
    path.write_bytes(sqlite_tables.read_bytes())
    address = f"sqlite:///{path}"
    loaded = cuofeng(address, "load")
    assert loaded.exit_code == 0, loaded.output
    return address


def cuofeng(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"CUOFENG_DATABASE_URL": url})


def test_from_real_hours_to_days_and_skill(tmp_path: Path, url: str) -> None:
    """Shenyang's hours give the days that the derivation in docs/air.md has; a forecast of them is
    scored, kept once, and not replaced by another of the same issue."""
    hours = str(LIAONING / "air/shenyang_pm25.csv")
    first = cuofeng(url, "air", "load-observations", hours, "--city", "shenyang", "--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["is_new"]
    again = cuofeng(url, "air", "load-observations", hours, "--city", "shenyang", "--json")
    assert not json.loads(again.stdout)["is_new"]
    rows = [
        f"shenyang,2015-11-{day:02},2015-11-05T20:00+08:00,,{aqi},pm25,made for the test,assumed"
        for day, aqi in ((6, 219), (7, 297), (8, 500))
    ]
    path = days_file(tmp_path, *rows)
    taken = cuofeng(url, "air", "load-forecasts", str(path), "--json")
    assert json.loads(taken.stdout) == {"new": 1, "held": 0}
    taken = cuofeng(url, "air", "load-forecasts", str(path), "--json")
    assert json.loads(taken.stdout) == {"new": 0, "held": 1}
    leads = json.loads(cuofeng(url, "air", "skill", "--json").stdout)
    assert [(lead["lead_days"], lead["bias"]) for lead in leads] == [(1, 0.0), (2, -100.0), (3, 0)]
    other = days_file(tmp_path, *(line.replace(",219,", ",218,") for line in rows))
    refused = cuofeng(url, "air", "load-forecasts", str(other))
    assert refused.exit_code == 2
    assert "shenyang-20151105T2000" in refused.stderr
    heavy = json.loads(cuofeng(url, "air", "heavy-days", "--json").stdout)
    (year,) = heavy["years"]
    assert (year["city"], year["year"]) == ("shenyang", 2015)
    assert [f"2015-11-{day:02}" for day in (6, 7, 8, 9, 10)] == year["heavy_days"][:5]
    assert heavy["judged"][0]["met"] is None
    for language, city, level in (
        ("zh-CN", "沈阳 2015 年", "应达红色预警及以上：命中率 100%"),
        ("en", "Shenyang 2015", "Red alert or a higher level advised: hit rate 100%"),
    ):
        assert level in cuofeng(url, "air", "skill", "--lang", language).stdout
        assert city in cuofeng(url, "air", "heavy-days", "--lang", language).stdout


def test_observations_of_an_unknown_city_change_nothing(tmp_path: Path, url: str) -> None:
    path = days_file(tmp_path, row(2, 100, "atlantis"), name="observed.csv")
    refused = cuofeng(url, "air", "load-observations", str(path), "--json")
    assert refused.exit_code == 2
    assert [f["column"] for f in json.loads(refused.stdout)["faults"]] == ["city_id"]
    assert json.loads(cuofeng(url, "air", "heavy-days", "--json").stdout)["years"] == []
