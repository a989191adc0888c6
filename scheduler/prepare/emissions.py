"""What a km of a truck emits: the factor of its class, corrected for load and weather.

The factors used belong to the record of a plan. Emissions round up.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from scheduler.domain import enterprise
from scheduler.domain.directory import UsedCorrection, UsedFactor
from scheduler.domain.enterprise import EmissionCorrection, EmissionFactor, Registry
from solver.instance import Emission, VehicleClass

Weather = Literal["cold", "mild", "hot"]
Rows = dict[tuple[str, str], EmissionCorrection]
WHOLE_PERMILLE = 1000


def factors_of(
    registry: Registry, classes: Iterable[enterprise.VehicleClass], weather: Weather
) -> tuple[UsedFactor, ...]:
    """The factors of the classes, in their order. Raises ValueError where a correction is not
    given."""
    rows: Rows = {(row.pollutant, row.condition): row for row in registry.emission_corrections}
    return tuple(
        _used(factor, rows, weather)
        for vehicle in classes
        for factor in registry.emission_factors
        if factor.class_id == vehicle.class_id
    )


def _used(factor: EmissionFactor, rows: Rows, weather: Weather) -> UsedFactor:
    laden, empty, *outside = _corrections(factor.pollutant, rows, weather)
    mg_km = factor.mg_km
    for row in outside:
        mg_km *= row.permille
    whole = WHOLE_PERMILLE ** (1 + len(outside))
    return UsedFactor(
        vehicle_class=factor.class_id,
        pollutant=factor.pollutant,
        given_mg_km=factor.mg_km,
        laden_mg_km=-(-mg_km * laden.permille // whole),
        empty_mg_km=-(-mg_km * empty.permille // whole),
        corrections=tuple(
            UsedCorrection.model_validate(row.model_dump(exclude={"pollutant"}))
            for row in (laden, empty, *outside)
        ),
        source=factor.source,
        status=factor.status,
    )


def _corrections(pollutant: str, rows: Rows, weather: Weather) -> Iterator[EmissionCorrection]:
    for condition in ("laden", "empty") if weather == "mild" else ("laden", "empty", weather):
        if (pollutant, condition) not in rows:
            raise ValueError(
                f"emission_corrections has no row of {pollutant}, {condition}; give one"
            )
        yield rows[pollutant, condition]


def vehicle_class_of(
    vehicle: enterprise.VehicleClass, factors: Iterable[UsedFactor]
) -> VehicleClass:
    """A class with those of the factors that are its own."""
    return VehicleClass(
        id=vehicle.class_id,
        fuel=vehicle.fuel,
        emission_stage=vehicle.emission_stage,
        size=vehicle.size,
        pcu_mpcu=vehicle.pcu_mpcu,
        emissions=tuple(
            Emission(
                pollutant=factor.pollutant,
                laden_mg_km=factor.laden_mg_km,
                empty_mg_km=factor.empty_mg_km,
            )
            for factor in factors
            if factor.vehicle_class == vehicle.class_id
        ),
    )
