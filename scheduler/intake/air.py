"""Reads forecasts of the air: whole days by city in one table, or a table of hourly files."""

from collections import defaultdict
from datetime import datetime, time, timedelta
from pathlib import Path

from pydantic import BaseModel

from scheduler import clock
from scheduler.air.tables import forecast_span, lacks_primary
from scheduler.domain.air import Forecast, ForecastDay, ForecastRow, HourlyValue
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.faults import fault
from scheduler.intake.header import find_header
from scheduler.intake.sheet import read_csv
from scheduler.intake.table import read_table

DAY = timedelta(days=1)


def read_forecasts(path: Path) -> tuple[Forecast, ...]:
    """Read the forecasts of a table, or of forecasts.csv in a folder, in order of the ids.

    A table with a column `day` holds whole days by city; one without lists files of hourly values.

    Raises:
        IntakeError: with every fault of every file.
    """
    file = path / "forecasts.csv" if path.is_dir() else path
    forecasts = _by_day(file) if has_column(file, ForecastDay, "day") else _by_hour(file)
    return tuple(sorted(forecasts, key=lambda forecast: forecast.rule.forecast_id))


def has_column(file: Path, row_type: type[BaseModel], column: str) -> bool:
    """Whether a CSV file's header names a column, in English or Chinese; not so where the file
    cannot be read, which its reader tells."""
    try:
        sheet = read_csv(file)
    except IntakeError:
        return False
    return bool(sheet.rows) and column in find_header(sheet, row_type)[0].columns.values()


def _by_hour(file: Path) -> list[Forecast]:
    table = read_table(file, ForecastRow)
    faults, forecasts = list(table.faults), []
    for number, rule in table.rows.items():
        values = read_table(file.parent / rule.file, HourlyValue)
        faults += values.faults
        held = tuple(
            sorted(
                (
                    v
                    for v in values.rows.values()
                    if rule.first_hour <= v.local_time < rule.end_hour
                ),
                key=lambda v: (v.local_time, v.station),
            )
        )
        if not values.faults and not held:
            faults.append(
                table.fault(
                    number,
                    "first_hour",
                    rule.first_hour.isoformat(),
                    "hours_absent",
                    name=rule.file,
                )
            )
        forecasts.append(Forecast(rule=rule, values=held))
    if faults:
        raise IntakeError(faults)
    return forecasts


def _by_day(file: Path) -> list[Forecast]:
    table = read_table(file, ForecastDay)
    faults = list(table.faults)
    issues: dict[tuple[str, datetime], dict[int, ForecastDay]] = defaultdict(dict)
    for number, row in table.rows.items():
        issues[row.city_id, row.issued_at][number] = row
    for rows in issues.values():
        faults += _issue_faults(file.name, rows)
    if faults:
        raise IntakeError(faults)
    return [_of_days(file.name, tuple(rows.values())) for rows in issues.values()]


def _issue_faults(name: str, rows: dict[int, ForecastDay]) -> list[IntakeFault]:
    """What is wrong with the days of one issue of one city."""
    found, last = [], None
    span = forecast_span()
    issued = clock.local(next(iter(rows.values())).issued_at).date()
    for number, row in sorted(rows.items(), key=lambda item: item[1].day):
        day = row.day.isoformat()
        if last is None and not issued <= row.day <= issued + DAY:
            found.append(fault(name, number, "day", day, "forecast_start", issued=str(issued)))
        elif last is not None and row.day != last + DAY:
            found.append(fault(name, number, "day", day, "forecast_gap", last=str(last)))
        elif row.day > issued + span.most_days * DAY:
            found.append(fault(name, number, "day", day, "forecast_far", most=span.most_days))
        if lacks_primary(row):
            found.append(
                fault(name, number, "primary", "", "primary_absent", aqi=row.aqi_high or 0)
            )
        last = row.day
    first = min(rows)
    if not found and last is not None and last < issued + span.least_days * DAY:
        issue = rows[first].issued_at.isoformat()
        found.append(
            fault(name, first, "issued_at", issue, "forecast_short", least=span.least_days)
        )
    return found


def _of_days(name: str, rows: tuple[ForecastDay, ...]) -> Forecast:
    days = tuple(sorted(rows, key=lambda row: row.day))
    first = days[0]
    issued = clock.local(first.issued_at)
    return Forecast(
        rule=ForecastRow(
            forecast_id=f"{first.city_id}-{issued:%Y%m%dT%H%M}",
            city_id=first.city_id,
            issued_at=first.issued_at,
            first_hour=datetime.combine(first.day, time(), clock.SHANGHAI),
            end_hour=datetime.combine(days[-1].day + DAY, time(), clock.SHANGHAI),
            kind=first.kind,
            file=name,
            source=first.source,
            status=first.status,
        ),
        values=(),
        days=days,
    )
