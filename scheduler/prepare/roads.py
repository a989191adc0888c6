"""Roads as the solver sees them: what other traffic leaves.

Speeds and capacities round down, other traffic rounds up: a truck is promised no road that is
quicker or emptier than the figures say.
"""

from collections.abc import Iterable, Mapping

from scheduler.domain import network
from scheduler.domain.conditions import RoadConditions
from scheduler.domain.network import Network
from solver.instance import Link, TimeGrid, Zone


def links_of(
    roads: Network,
    conditions: RoadConditions,
    used: frozenset[str],
    grid: TimeGrid,
    *,
    low_visibility: bool,
) -> tuple[Link, ...]:
    """The links that paths use. Haze lowers speed and capacity; other traffic stays as it is."""
    speed = conditions.assumed("low_visibility_speed_percent") if low_visibility else 100
    capacity = conditions.assumed("low_visibility_capacity_percent") if low_visibility else 100
    by_type: dict[str, tuple[tuple[int, int], ...]] = {}
    links = []
    for link in roads.links:
        if link.link_id not in used:
            continue
        if link.facility_type is None or link.zone_id is None:
            raise ValueError(
                f"link {link.link_id} has no facility_type or no zone_id; give both in link.csv"
            )
        if link.facility_type not in by_type:
            by_type[link.facility_type] = tuple(
                conditions.background_percent(link.facility_type, hour) for hour in range(24)
            )
        links.append(
            Link(
                id=link.link_id,
                zone=link.zone_id,
                length_m=link.length_m,
                speed_kmh=max(1, link.free_speed_kmh * speed // 100),
                capacity_mpcu_h=link.capacity_mpcu_h * capacity // 100,
                background_mpcu=_background(link, by_type[link.facility_type], grid),
            )
        )
    return tuple(links)


def _background(
    link: network.Link, shares: tuple[tuple[int, int], ...], grid: TimeGrid
) -> tuple[int, ...]:
    """By the profile of the link's type; a link with a volume of its own has that much in its
    busiest hour, at most its capacity, and follows the profile's shape."""
    busiest = link.capacity_mpcu_h
    if link.volume_mpcu_h is not None:
        busiest = min(link.volume_mpcu_h, busiest)
        largest = max(part for part, _ in shares)
        shares = tuple((part, largest) if largest else (1, 1) for part, _ in shares)

    def in_slot(slot: int) -> int:
        part, whole = shares[grid.hour_of(slot)]
        return -(-busiest * part * grid.slot_minutes // (whole * 60))

    return tuple(in_slot(slot) for slot in range(grid.n_slots))


def zones_of(
    roads: Network,
    conditions: RoadConditions,
    passed: Iterable[str],
    caps: Mapping[str, tuple[int | None, ...]],
    grid: TimeGrid,
) -> tuple[Zone, ...]:
    """The zones that the links lie in, with their people, dispersion by hour and caps."""
    wanted = set(passed)
    zones = []
    for zone in roads.zones:
        if zone.zone_id in wanted:
            if zone.zone_type is None or zone.population_weight is None:
                raise ValueError(
                    f"zone {zone.zone_id} has no zone_type or no population_weight; "
                    "give both in zone.csv"
                )
            zones.append(
                Zone(
                    id=zone.zone_id,
                    cap_mpcu=caps.get(zone.zone_id),
                    population_weight=zone.population_weight,
                    hour_weights=tuple(
                        conditions.hour_weight(zone.zone_type, grid.hour_of(slot))
                        for slot in range(grid.n_slots)
                    ),
                )
            )
    return tuple(zones)
