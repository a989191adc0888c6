"""Reads forecasts of the air: a table of them, and hourly values in a file for each."""

from pathlib import Path

from scheduler.domain.air import Forecast, ForecastRow, HourlyValue
from scheduler.errors import IntakeError
from scheduler.intake.table import read_table


def read_forecasts(path: Path) -> tuple[Forecast, ...]:
    """Read every forecast that a forecasts.csv, or the one in a folder, lists, in order of the ids.

    Raises:
        IntakeError: with every fault of every file.
    """
    file = path / "forecasts.csv" if path.is_dir() else path
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
    return tuple(sorted(forecasts, key=lambda forecast: forecast.rule.forecast_id))
