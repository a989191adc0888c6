"""Certificates of a plan's stages for tests, proved by the solver's own bound."""

from dataclasses import replace

from solver.certificate import certificate_of
from solver.compact import build_block, couple
from solver.derive import Derived
from solver.engine import Limits
from solver.instance import Instance, StageName
from solver.plan import Certificate, Plan
from solver.prices import Prices, output_weight, prove
from solver.road_prices import road_prices, road_relaxation


def certified(instance: Instance, plan: Plan) -> Plan:
    """The plan with certificates of every stage that matters."""
    found = certificates(instance)
    stages = tuple(
        stage.model_copy(update={"certificates": found.get(stage.name, stage.certificates)})
        for stage in plan.stages
    )
    return plan.model_copy(update={"stages": stages})


def certificates(instance: Instance) -> dict[StageName, tuple[Certificate, ...]]:
    """Safety and output without prices, exposure at the roads' prices."""
    derived = Derived(instance)
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    relaxed, limits = road_relaxation(derived, couple(derived, blocks)), Limits(counted_work=0.3)
    priced = replace(road_prices(relaxed), stages={"output_shortfall": output_weight(derived)})
    asked: dict[StageName, Prices] = {
        "safety_shortfall": Prices(),
        "output_shortfall": Prices(),
        "exposure": priced,
    }
    return {
        stage: (certificate_of(prove(blocks, stage, prices, limits, None)),)
        for stage, prices in asked.items()
    }
