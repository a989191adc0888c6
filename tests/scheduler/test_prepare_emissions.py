"""Tests that emission factors are corrected for load and weather, and are part of the record."""

import pytest

from fixtures.liaoning import load_case
from scheduler.domain.directory import UsedFactor
from scheduler.domain.enterprise import Registry
from scheduler.prepare.emissions import Weather, factors_of, vehicle_class_of

REGISTRY: Registry = load_case().inputs.registry
CHINA5 = REGISTRY.class_by_id["train6-diesel5"]


def factor(weather: Weather, pollutant: str) -> UsedFactor:
    (found,) = [f for f in factors_of(REGISTRY, [CHINA5], weather) if f.pollutant == pollutant]
    return found


@pytest.mark.parametrize(
    ("weather", "pollutant", "laden", "empty"),
    [
        ("mild", "nox", 6752, 3919),  # 4721 x 1.43 = 6751.03, x 0.83 = 3918.43
        ("cold", "nox", 7157, 4154),  # x 1.06 more: 7156.09, 4153.54
        ("hot", "nox", 7764, 4507),  # x 1.15 more: 7763.69, 4506.20
        ("mild", "pm25", 35, 25),  # 27 x 1.26 = 34.02, x 0.90 = 24.3
        ("cold", "pm25", 58, 42),  # x 1.70 more: 57.83, 41.31
        ("hot", "pm25", 26, 18),  # x 0.74 more: 25.17, 17.98
    ],
)
def test_a_factor_is_corrected_for_load_and_weather_and_rounded_up(
    weather: Weather, pollutant: str, laden: int, empty: int
) -> None:
    found = factor(weather, pollutant)
    assert (found.laden_mg_km, found.empty_mg_km) == (laden, empty)


def test_a_factor_says_its_source_and_what_corrected_it() -> None:
    found = factor("cold", "nox")
    assert (found.given_mg_km, found.status) == (4721, "read")
    assert "S61" in found.source
    assert {c.condition: c.permille for c in found.corrections} == {
        "laden": 1430, "empty": 830, "cold": 1060,
    }  # fmt: skip
    assert all("S62" in c.source for c in found.corrections)
    assert [c.condition for c in factor("mild", "nox").corrections] == ["laden", "empty"]


def test_what_the_guide_lacks_is_marked() -> None:
    """The guide has no China VI: NOx is a measurement of others, fine dust is assumed."""
    china6 = REGISTRY.class_by_id["train6-diesel6"]
    by_pollutant = {f.pollutant: f for f in factors_of(REGISTRY, [china6], "mild")}
    assert by_pollutant["nox"].given_mg_km == 1420
    assert "not of the guide" in by_pollutant["nox"].source
    assert by_pollutant["pm25"].status == "assumed"


def test_a_class_emits_what_the_factors_say() -> None:
    factors = factors_of(REGISTRY, REGISTRY.vehicle_classes, "cold")
    made = vehicle_class_of(CHINA5, factors)
    assert {(e.pollutant, e.laden_mg_km, e.empty_mg_km) for e in made.emissions} == {
        ("nox", 7157, 4154), ("pm25", 58, 42),
    }  # fmt: skip


def test_a_correction_that_is_not_given_is_named() -> None:
    kept = tuple(c for c in REGISTRY.emission_corrections if c.condition != "hot")
    poorer = REGISTRY.model_copy(update={"emission_corrections": kept})
    assert factors_of(poorer, [CHINA5], "cold")
    with pytest.raises(ValueError, match="no row of nox, hot"):
        factors_of(poorer, [CHINA5], "hot")


def test_the_record_of_the_case_holds_the_factors_of_every_class_that_drives() -> None:
    prepared = load_case().prepare()
    instance, directory = prepared.instance, prepared.directory
    recorded = {
        (f.vehicle_class, f.pollutant): (f.laden_mg_km, f.empty_mg_km) for f in directory.factors
    }
    assert recorded == {
        (v.id, e.pollutant): (e.laden_mg_km, e.empty_mg_km)
        for v in instance.vehicle_classes
        for e in v.emissions
    }
