"""Enterprises, their plants and what a plant needs, moves and drives: the registry's rows."""

from functools import cached_property
from itertools import groupby
from typing import Annotated, Literal, Self

import shapely
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scheduler.domain.filing import Filing, Kind
from scheduler.domain.instant import Minute
from scheduler.domain.row import Id, Row, SourceText, Status, StatusOf, Text

Sector = Literal["steel", "coking", "cement", "nonferrous", "chemicals"]
Grade = Literal["A", "leading", "B", "C", "D"]
OperatingState = Literal["operating", "winter_idle", "mothballed", "closed", "planned"]
Fuel = Literal["diesel", "gas", "electric"]
EmissionStage = Literal["china3", "china4", "china5", "china6", "electric"]
Size = Literal["train6", "rigid4", "medium2"]

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Positive = Annotated[int, Field(ge=1, le=2**53 - 1)]
Percent = Annotated[int, Field(ge=0, le=100)]
Latitude = Annotated[float, Field(ge=-90, le=90, description="degrees north")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="degrees east")]
UNITS_OFF = 10
"""Trips that carry so many times a stream's need, or so small a part, were given in other units."""


def _polygon(text: str) -> str:
    try:
        area = shapely.from_wkt(text)
    except shapely.GEOSException:
        area = None
    if area is None or area.geom_type not in ("Polygon", "MultiPolygon") or not area.is_valid:
        raise PydanticCustomError("area_polygon", "no valid WKT polygon")
    return text


Polygon = Annotated[str, AfterValidator(_polygon)]


class City(Row):
    city_id: Annotated[Id, Field(description="the city's id, as zones of the network name it")]
    adcode: Annotated[str, Field(pattern=r"^\d{6}$", description="six digits of GB/T 2260")]
    name_zh: Annotated[Text, Field(description="the Chinese name")]
    name_en: Annotated[Text, Field(description="the English name")]
    lat: Latitude
    lon: Longitude
    source: SourceText
    status: StatusOf
    area: Annotated[
        Polygon,
        Field(description="a WKT polygon around the city, WGS-84, longitude before latitude"),
    ]
    area_source: Annotated[Text, Field(description="where the area comes from")]
    area_status: Annotated[Status, Field(description="read, derived or assumed")]


class Place(Row):
    """A plant, port, mine, market or rail yard that joins the network at its own node."""

    place_id: Annotated[Id, Field(description="an id, which is also a node of the network")]
    name_zh: Annotated[Text, Field(description="the Chinese name")]
    name_en: Annotated[Text, Field(description="the English name")]
    kind: Annotated[
        Literal["plant", "port", "mine", "market", "rail_yard"],
        Field(description="plant, port, mine, market or rail_yard"),
    ]
    city: Annotated[Text, Field(description="the Chinese name of a city of cities.csv")]
    town: Annotated[Text, Field(description="the town through which the place joins the trunk")]
    lat: Latitude
    lon: Longitude
    source: SourceText
    status: StatusOf


class Good(Row):
    good_id: Annotated[Id, Field(description="the good's id")]
    name_zh: Annotated[Text, Field(description="the Chinese name")]
    name_en: Annotated[Text, Field(description="the English name")]


class Enterprise(Row):
    enterprise_id: Annotated[Id, Field(description="the enterprise's id")]
    name_zh: Annotated[Text, Field(description="the Chinese name")]
    name_en: Annotated[Text, Field(description="the English name")]
    source: SourceText
    status: StatusOf


class Grading(Row):
    """The performance grade of an enterprise in a sector."""

    enterprise_id: Annotated[Id, Field(description="an id of enterprises.csv")]
    sector: Annotated[Sector, Field(description="steel, coking, cement, nonferrous or chemicals")]
    grade: Annotated[Grade, Field(description="A, leading, B, C or D")]
    source: SourceText
    status: StatusOf


class Plant(Row):
    plant_id: Annotated[Id, Field(description="an id of places.csv")]
    enterprise_id: Annotated[Id, Field(description="an id of enterprises.csv")]
    city_id: Annotated[Id, Field(description="an id of cities.csv")]
    sector: Annotated[Sector, Field(description="steel, coking, cement, nonferrous or chemicals")]
    route: Annotated[Id, Field(description="the route by which the plant makes its product")]
    capacity_kt_y: Annotated[Count, Field(description="thousand tonnes a year, whole")]
    cap_floor_trips: Annotated[Count, Field(description="the least daily trip cap, in cycles")]
    operating_state: Annotated[
        OperatingState, Field(description="operating, winter_idle, mothballed, closed or planned")
    ]
    source: SourceText
    status: StatusOf
    state_source: SourceText
    state_status: Annotated[Status, Field(description="read, derived or assumed")]


class Gate(Row):
    gate_id: Annotated[Id, Field(description="the gate's id")]
    plant_id: Annotated[Id, Field(description="an id of plants.csv")]
    lanes: Annotated[Positive, Field(description="lanes of the gate, at least 1")]
    passages_h: Annotated[Positive, Field(description="passages an hour, both ways, at least 1")]
    source: SourceText
    status: StatusOf


class Process(Row):
    process_id: Annotated[Id, Field(description="the process's id")]
    plant_id: Annotated[Id, Field(description="an id of plants.csv")]
    unit_t: Annotated[Positive, Field(description="tonnes of product of one unit of rate")]
    units_day: Annotated[Positive, Field(description="units of rate a day at normal working")]
    must_run_percent: Annotated[
        Percent, Field(description="the least safe rate in percent of normal, 0 if it may stop")
    ]
    hazard_weight: Annotated[Count, Field(description="a weight of 0 or more, 0 if it may stop")]
    source: SourceText
    status: StatusOf

    @model_validator(mode="after")
    def _weighs_what_must_run(self) -> Self:
        if (self.must_run_percent > 0) != (self.hazard_weight > 0):
            raise PydanticCustomError("must_run_weight", "one is 0 and the other is not")
        return self


class RecipeItem(Row):
    process_id: Annotated[Id, Field(description="an id of processes.csv")]
    stock_id: Annotated[Id, Field(description="an id of stocks.csv, of the same plant")]
    consumes_kg: Annotated[Count, Field(description="kg taken by one unit of rate, or 0")]
    produces_kg: Annotated[Count, Field(description="kg made by one unit of rate, or 0")]
    source: SourceText
    status: StatusOf

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.consumes_kg > 0) == (self.produces_kg > 0):
            raise PydanticCustomError("recipe_side", "an item consumes or produces")
        return self


class Stock(Row):
    """What is in hand of a good that moves by road, and what other modes bring or take."""

    stock_id: Annotated[Id, Field(description="the stock's id")]
    plant_id: Annotated[Id, Field(description="an id of plants.csv")]
    good: Annotated[Id, Field(description="an id of goods.csv")]
    now_kg: Annotated[Count, Field(description="kg in hand")]
    min_kg: Annotated[Count, Field(description="the least kg that must stay")]
    max_kg: Annotated[Count, Field(description="the kg that there is room for")]
    arrivals_kg_day: Annotated[Count, Field(description="kg a day by rail, belt and ship")]
    dispatches_kg_day: Annotated[Count, Field(description="kg a day by rail, belt and ship")]
    breach_process: Annotated[Id, Field(description="a process in whose recipe the stock stands")]
    source: SourceText
    status: StatusOf

    end_min_kg: Annotated[
        Count | None,
        Field(description="the least kg at the end of the horizon; by the measures if empty"),
    ] = None
    end_max_kg: Annotated[
        Count | None,
        Field(description="the most kg at the end of the horizon; by the measures if empty"),
    ] = None

    @model_validator(mode="after")
    def _in_bounds(self) -> Self:
        if not self.min_kg <= self.now_kg <= self.max_kg:
            given = {"now": self.now_kg, "least": self.min_kg, "most": self.max_kg}
            raise PydanticCustomError("stock_bounds", "{now} not in {least} to {most}", given)
        least = self.min_kg if self.end_min_kg is None else self.end_min_kg
        most = self.max_kg if self.end_max_kg is None else self.end_max_kg
        if not self.min_kg <= least <= most <= self.max_kg:
            raise PydanticCustomError(
                "stock_end", "{least} to {most} not in bounds", {"least": least, "most": most}
            )
        return self


class Consignment(Row):
    """A train, ship or run of a belt that brings or takes a good, beside each day's usual kg."""

    consignment_id: Annotated[Id, Field(description="the consignment's id")]
    stock_id: Annotated[Id, Field(description="an id of stocks.csv")]
    mode: Annotated[Literal["rail", "ship", "belt"], Field(description="rail, ship or belt")]
    direction: Annotated[Literal["in", "out"], Field(description="in or out")]
    at: Annotated[Minute, Field(description="when it comes or goes, as 2026-01-05 08:00, Shanghai")]
    kg: Annotated[Positive, Field(description="kg, at least 1")]
    source: SourceText
    status: StatusOf


class Stream(Row):
    stream_id: Annotated[Id, Field(description="the stream's id")]
    plant_id: Annotated[Id, Field(description="an id of plants.csv")]
    stock_id: Annotated[Id, Field(description="an id of stocks.csv, of the same plant")]
    good: Annotated[Id, Field(description="an id of goods.csv")]
    direction: Annotated[Literal["in", "out"], Field(description="in or out")]
    kind: Annotated[
        Kind,
        Field(description="ordinary, safe_production, livelihood, hazardous or emergency"),
    ]
    size: Annotated[Size, Field(description="the size of truck that carries it")]
    payload_kg: Annotated[Positive, Field(description="kg a trip, at least 1")]
    need_kg_day: Annotated[Count, Field(description="kg a day by road at normal working")]
    baseline_trips_day: Annotated[Count, Field(description="trips a day at normal working")]
    profile: Annotated[Id, Field(description="a profile of hour_profiles.csv")]
    far_place: Annotated[Id, Field(description="the place of places.csv at the other end")]
    starts_at: Annotated[
        Literal["plant", "far"], Field(description="plant or far: where the trucks are kept")
    ]
    gate_id: Annotated[Id, Field(description="a gate of the same plant")]
    plant_minutes: Annotated[Count, Field(description="minutes inside the plant")]
    far_minutes: Annotated[Count, Field(description="minutes at the other end")]
    source: SourceText
    status: StatusOf

    @model_validator(mode="after")
    def _in_one_unit(self) -> Self:
        carried = self.baseline_trips_day * self.payload_kg
        most, least = max(carried, self.need_kg_day), min(carried, self.need_kg_day)
        if most > UNITS_OFF * max(least, self.payload_kg):
            raise PydanticCustomError(
                "trips_unlike_need",
                "{trips} trips of {payload} kg do not fit {need} kg",
                {
                    "trips": self.baseline_trips_day,
                    "payload": self.payload_kg,
                    "need": self.need_kg_day,
                },
            )
        return self


class Fleet(Row):
    plant_id: Annotated[Id, Field(description="an id of plants.csv")]
    class_id: Annotated[Id, Field(description="an id of vehicle_classes.csv")]
    trucks: Annotated[Count, Field(description="trucks that work for the plant")]
    source: SourceText
    status: StatusOf


class VehicleClass(Row):
    class_id: Annotated[Id, Field(description="the class's id")]
    fuel: Annotated[Fuel, Field(description="diesel, gas or electric")]
    emission_stage: Annotated[
        EmissionStage, Field(description="china3, china4, china5, china6 or electric")
    ]
    size: Annotated[Size, Field(description="train6, rigid4 or medium2")]
    name_zh: Annotated[Text, Field(description="the Chinese name")]
    name_en: Annotated[Text, Field(description="the English name")]
    pcu_mpcu: Annotated[Positive, Field(description="thousandths of a passenger-car unit")]
    source: SourceText
    status: StatusOf


class EmissionFactor(Row):
    class_id: Annotated[Id, Field(description="an id of vehicle_classes.csv")]
    pollutant: Annotated[Id, Field(description="an id of pollutants.csv")]
    mg_km: Annotated[Count, Field(description="mg/km at half load and 15 degC")]
    source: SourceText
    status: StatusOf


Condition = Literal["cold", "hot", "laden", "empty"]
"""What a factor is corrected for: weather outside 10 to 25 degrees, and load."""


class EmissionCorrection(Row):
    pollutant: Annotated[Id, Field(description="an id of pollutants.csv")]
    condition: Annotated[Condition, Field(description="cold, hot, laden or empty")]
    permille: Annotated[Positive, Field(description="thousandths of the factor")]
    meaning: Annotated[Text, Field(description="when the correction holds")]
    source: SourceText
    status: StatusOf


class PollutantWeight(Row):
    pollutant: Annotated[Id, Field(description="the pollutant's id")]
    weight: Annotated[Count, Field(description="weight of one mg in the exposure")]
    source: SourceText
    status: StatusOf


class HourShare(Row):
    profile: Annotated[Id, Field(description="the profile's id")]
    hour: Annotated[int, Field(ge=0, le=23, description="a local hour, 0 to 23")]
    share_permille: Annotated[Count, Field(description="thousandths of a day's trips")]
    source: SourceText
    status: StatusOf


class Registry(BaseModel):
    """All that is registered, each table in the order of its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cities: tuple[City, ...]
    places: tuple[Place, ...]
    goods: tuple[Good, ...]
    enterprises: tuple[Enterprise, ...]
    grades: tuple[Grading, ...]
    plants: tuple[Plant, ...]
    gates: tuple[Gate, ...]
    processes: tuple[Process, ...]
    recipes: tuple[RecipeItem, ...]
    stocks: tuple[Stock, ...]
    streams: tuple[Stream, ...]
    fleets: tuple[Fleet, ...]
    vehicle_classes: tuple[VehicleClass, ...]
    emission_factors: tuple[EmissionFactor, ...]
    emission_corrections: tuple[EmissionCorrection, ...]
    pollutants: tuple[PollutantWeight, ...]
    hour_profiles: tuple[HourShare, ...]
    consignments: tuple[Consignment, ...] = ()
    filings: tuple[Filing, ...] = ()

    @cached_property
    def plant_by_id(self) -> dict[str, Plant]:
        return {plant.plant_id: plant for plant in self.plants}

    @cached_property
    def place_by_id(self) -> dict[str, Place]:
        return {place.place_id: place for place in self.places}

    @cached_property
    def class_by_id(self) -> dict[str, VehicleClass]:
        return {vehicle.class_id: vehicle for vehicle in self.vehicle_classes}

    @cached_property
    def grade_by_plant(self) -> dict[str, Grade]:
        grades = {(row.enterprise_id, row.sector): row.grade for row in self.grades}
        return {p.plant_id: grades[p.enterprise_id, p.sector] for p in self.plants}

    @cached_property
    def profile_permille(self) -> dict[str, tuple[int, ...]]:
        """The 24 hourly shares of each profile."""
        rows = sorted(self.hour_profiles, key=lambda row: (row.profile, row.hour))
        return {
            profile: tuple(row.share_permille for row in group)
            for profile, group in groupby(rows, key=lambda row: row.profile)
        }

    def statuses(self) -> tuple[Status, ...]:
        """The status of every group of figures in the registry."""
        tables: tuple[tuple[Row, ...], ...] = tuple(
            getattr(self, name) for name in type(self).model_fields
        )
        return tuple(status for rows in tables for row in rows for status in row.statuses())
