"""The levels as CAP tells them, and the cities by their codes and names."""

from functools import cache
from pathlib import Path

from scheduler.domain.alert import Level
from scheduler.domain.cap import CapArea, CapInfo, CapLevel
from scheduler.domain.enterprise import City
from scheduler.errors import BadInputError, IntakeError
from scheduler.intake.table import read_table

LEVEL = "cuofeng:level"
DOCUMENT = "cuofeng:document"
CITY = "cuofeng:city"
ADCODE = "GB/T 2260"


@cache
def cap_levels() -> dict[Level, CapLevel]:
    table = read_table(Path(__file__).parent / "data" / "levels.csv", CapLevel)
    if table.faults:
        raise IntakeError(table.faults)
    return {row.level: row for row in table.rows.values()}


def level_of(info: CapInfo) -> Level:
    """The level that is told: by our parameter, by the colour in the event, else by severity."""
    for parameter in info.parameters:
        if parameter.name == LEVEL:
            return Level(parameter.value)
    event = info.event.lower()
    named = [level for level, row in cap_levels().items() if row.word_zh in event]
    named = named or [level for level, row in cap_levels().items() if row.word_en in event.split()]
    named = named or [lvl for lvl, row in cap_levels().items() if row.severity == info.severity]
    if len(named) != 1:
        raise BadInputError(
            f"the event {info.event!r} of severity {info.severity} tells no single level",
            f"Name the colour, or give a parameter {LEVEL}.",
        )
    return named[0]


def cities_of(area: CapArea, cities: tuple[City, ...]) -> tuple[str, ...]:
    """The cities of an area: by their ids, their codes, or the names in its description."""
    ids = {city.city_id for city in cities}
    codes = {city.adcode: city.city_id for city in cities}
    given = [g.value for g in area.geocodes if g.name == CITY]
    coded = [g.value for g in area.geocodes if g.name == ADCODE]
    if given or coded:
        found = given or [codes.get(code, code) for code in coded]
    else:
        names = {c.name_zh: c.city_id for c in cities} | {c.name_en: c.city_id for c in cities}
        words = area.description.replace("、", ",").replace("，", ",").split(",")
        found = [names.get(w.strip().removesuffix("市"), w.strip()) for w in words if w.strip()]
    unknown = sorted(set(found) - ids)
    if unknown or not found:
        raise BadInputError(
            f"area {area.description!r}: {', '.join(unknown) or 'no city'} is not known",
            f"Give geocodes named {ADCODE} of the cities in the registry.",
        )
    return tuple(dict.fromkeys(found))
