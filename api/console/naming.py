"""What things are called: names from the registry and the network, or what the instance tells."""

from collections.abc import Iterator, Mapping

from api.console.facts import Name, PlaceFacts, PlantFacts, Registry, RoadFacts
from scheduler.domain.enterprise import Registry as RegistryData
from scheduler.domain.network import Network
from scheduler.domain.schedule import Schedule
from scheduler.texts import LANGUAGES, said
from solver.granted import class_called_in
from solver.instance import Bar, Instance, Plant, TripCut, WindowLimit


def registry_of(
    data: RegistryData | None,
    network: Network | None,
    schedule: Schedule,
    instance: Instance,
    clauses: Mapping[str, str],
) -> Registry:
    """Names of a publication's plants, roads and places, and of all that its instance holds;
    `clauses` say what some say in English."""
    enterprises = {e.enterprise_id: e for e in data.enterprises} if data else {}
    cities = {c.city_id: Name(c.name_zh, c.name_en) for c in data.cities} if data else {}
    plants = {}
    for row in schedule.plants:
        card = row.card
        owner, name = enterprises.get(card.enterprise), Name(card.name_zh, card.name_en)
        plants[card.plant] = PlantFacts(
            name=name,
            enterprise=card.enterprise,
            enterprise_name=Name(owner.name_zh, owner.name_en) if owner else name,
            city=cities.get(card.city, Name(card.city)),
        )
    goods = {g.good_id: Name(g.name_zh, g.name_en) for g in data.goods} if data else {}
    classes = {
        c.class_id: Name(c.name_zh, c.name_en) for c in (data.vehicle_classes if data else ())
    }
    return Registry(
        plants=plants,
        roads=_roads(network) if network else {},
        named={
            **{zh: Name(zh, en) for zh, en in clauses.items()},
            **dict(_measures(instance, clauses)),
            **{k: name for plant in instance.plants for k, name in _parts(plant, goods)},
            **goods,
            **cities,
            **classes,
            **dict(_called_in(instance, classes)),
        },
        places=tuple(
            PlaceFacts(Name(c.name_zh, c.name_en), c.lon, c.lat)
            for c in (data.cities if data else ())
        ),
        geographic=network is not None and network.crs == "EPSG:4326",
    )


def _called_in(instance: Instance, classes: Mapping[str, Name]) -> Iterator[tuple[str, Name]]:
    """Classes of trucks called in for an emergency run, by the class that they are of."""
    for vehicle in instance.vehicle_classes:
        of = classes.get(class_called_in(vehicle.id))
        if of is not None and vehicle.id not in classes:
            zh, en = (said("vehicle.called_in", lang, name=of.said(lang)) for lang in LANGUAGES)
            yield vehicle.id, Name(zh, en)


def _parts(plant: Plant, goods: dict[str, Name]) -> Iterator[tuple[str, Name]]:
    """Gates, stocks and processes of a plant: a stock by its good, a process by what it makes,
    and whatever has no good by its id less the plant's."""
    stocks = {stream.stock: stream.good for stream in plant.streams}
    for stock in plant.stocks:
        good = stocks.get(stock.id, _own(plant, stock.id).zh)
        stocks[stock.id] = good
        yield stock.id, goods.get(good, Name(good))
    for process in plant.processes:
        own = _own(plant, process.id)
        made = [item.stock for item in process.recipe if item.produces_kg]
        main = goods.get(own.zh) or (goods.get(stocks[made[0]]) if len(made) == 1 else None)
        yield process.id, main or own
    for gate in plant.gates:
        yield gate.id, _own(plant, gate.id)


def _own(plant: Plant, id: str) -> Name:
    return Name(id.removeprefix(f"{plant.id}."))


def _measures(instance: Instance, clauses: Mapping[str, str]) -> Iterator[tuple[str, Name]]:
    """A measure by its clause."""
    measures: list[Bar | WindowLimit | TripCut] = [*instance.bars]
    measures += instance.window_limits
    measures += instance.trip_cuts
    for measure in measures:
        yield measure.id, Name(measure.clause, clauses.get(measure.clause))


def _roads(network: Network) -> dict[str, RoadFacts]:
    """The links whose ends have coordinates: the others cannot be drawn."""
    at = {n.node_id: (n.x, n.y) for n in network.nodes if n.x is not None and n.y is not None}
    return {
        link.link_id: RoadFacts(
            Name(link.name or link.link_id, link.name_en),
            *at[link.from_node_id],
            *at[link.to_node_id],
        )
        for link in network.links
        if link.from_node_id in at and link.to_node_id in at
    }
