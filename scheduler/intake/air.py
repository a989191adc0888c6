"""Reads forecasts of the air: a table of them, and hourly values in a file for each."""

from pathlib import Path

from scheduler.domain.air import Forecast, ForecastRow, HourlyValue
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.table import read_table


def read_forecasts(folder: Path) -> tuple[Forecast, ...]:
    """Read every forecast that forecasts.csv lists, in order of the ids.

    Raises:
        IntakeError: with every fault of every file.
    """
    table = read_table(folder / "forecasts.csv", ForecastRow)
    faults, forecasts = list(table.faults), []
    for number, rule in table.rows.items():
        values = read_table(folder / rule.file, HourlyValue)
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
                IntakeFault(
                    "forecasts.csv",
                    number,
                    "first_hour",
                    rule.first_hour.isoformat(),
                    f"{rule.file} has no value between first_hour and end_hour",
                    "Give hours that the file covers.",
                )
            )
        forecasts.append(Forecast(rule=rule, values=held))
    if faults:
        raise IntakeError(faults)
    return tuple(sorted(forecasts, key=lambda forecast: forecast.rule.forecast_id))
