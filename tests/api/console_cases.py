"""Cases for the page: a small one worked by hand, and the real roads with a plan on every plant.

The small case: 12 slots of 30 minutes from 2026-01-05 22:00, the first 10 published (to 03:00).
Plant P must keep to a window 23:00-02:00 (slots 2 to 8); its ore leg goes out in the slot of
departure and is back in the next. It departs 2 trips in slot 2 and 1 in slot 5, and makes 20 of 30
units in every interval. Plant Q has no window limit and sends coke out: 2 trips in slot 0.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath

from api.console.facts import (
    AdviceFacts,
    AlertFacts,
    JobFacts,
    Name,
    NextChange,
    Pending,
    PlaceFacts,
    PlantFacts,
    PublicationFacts,
    Published,
    Registry,
    RoadFacts,
    Situation,
    Standing,
    WithdrawalFacts,
)
from scheduler import why_not
from scheduler.domain.alert import Level
from scheduler.domain.directory import Provenance
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.network import Network
from scheduler.domain.revised import CalmCost, MovedWindow, Overridden, PlantChange, Revised
from scheduler.domain.schedule import Comparison, ScheduledCause
from scheduler.domain.whole import WholeWhy
from scheduler.domain.why import Why
from scheduler.domain.why_not import WhyNot
from scheduler.intake.network import read_network
from scheduler.prepare.paths import Router
from scheduler.why_not import Wanted
from solver.instance import Instance, Path, RecipeItem
from solver.plan import Plan, StageResult
from solver.stages import UNITS
from tests.solver import builders as b

NETWORK = FilePath(__file__).parents[2] / "fixtures" / "liaoning" / "network"
START = datetime(2026, 1, 5, 14, tzinfo=UTC)
KEYS = {"key-of-p": "P-works", "key-of-q": "Q-works"}
HOSTILE = "<script>alert(1)</script>"


def small_instance() -> Instance:
    coke = b.stream(
        "coke",
        direction="out",
        legs=(
            b.leg(
                "coke.trailer",
                vehicle_class="trailer",
                gate_in="H",
                gate_out="H",
                laden_out=True,
                laden_back=False,
            ),
        ),
    )
    oven = b.process(
        "bake",
        recipe=(
            RecipeItem(stock="coal", consumes_kg=1000),
            RecipeItem(stock="coke", produces_kg=1000),
        ),
        rate_max=10,
    )
    stocks = (b.stock("coal", breach_process="bake"), b.stock("coke", breach_process="bake"))
    works = b.plant("Q", gates=(b.gate("H"),), processes=(oven,), stocks=stocks, streams=(coke,))
    return b.tiny_instance(
        start="2026-01-05T22:00:00+08:00",
        n_slots=12,
        links=(b.link("a", capacity_mpcu_h=40_000, background_mpcu=5_000),),
        plants=(b.plant("P"), works),
        window_limits=(b.window_limit(end_slot=12),),
        trip_cuts=(b.trip_cut(end_slot=12),),
    )


def small_plan(instance: Instance) -> Plan:
    plan = b.plan_of(
        instance,
        windows=b.windows(("G", 2, 8)),
        departures=b.departures(("ore.heavy", 2, 2), ("ore.heavy", 5, 1), ("coke.trailer", 0, 2)),
        rates=b.rates(smelt=(20,) * 6, bake=(10,) * 6),
    )
    stage = StageResult(
        name="output_shortfall",
        unit="millionth of a trip",
        unit_value=1_000_000,
        value=8_800_073,
        bound=8_000_000,
        gap=800_073 / 8_800_073,
        proof="bound",
        handed_on=8_800_073,
    )
    return plan.model_copy(update={"stages": (stage,)})


def small_published() -> Published:
    instance = small_instance()
    plants = {
        "P": PlantFacts(
            Name("鞍山钢厂", "Anshan Works"), "P-works", Name("鞍钢"), Name("鞍山市", "Anshan")
        ),
        "Q": PlantFacts(Name(HOSTILE, HOSTILE), "Q-works", Name(HOSTILE), Name("本溪市", "Benxi")),
    }
    roads = {
        "a": RoadFacts(Name("矿山路", "Mine Road"), 0, 0, 10, 0),
        "b": RoadFacts(Name("海港路"), 10, 0, 20, 5),
        "c": RoadFacts(Name("海港路"), 20, 5, 10, 0),
        "d": RoadFacts(Name("矿山路", "Mine Road"), 10, 0, 0, 0),
    }
    named = {
        "smelt": Name("炼铁", "Smelting"),
        "G": Name("东门", "East gate"),
        "ore": Name("铁矿石", "Ore"),
        "方案 第4条": Name("方案 第4条", "Plan, article 4"),
    }
    return Published(
        publication_id="small/1",
        instance=instance,
        plan=small_plan(instance),
        end_slot=10,
        registry=Registry(plants, roads, named, (PlaceFacts(Name("鞍山", "Anshan"), 0, 0),), False),
        causes={"P": (cause("trip_cap", "P", instance, 0, 12),)},
        comparison=some_comparison(),
        provenance=Provenance(read=120, derived=45, assumed=67),
    )


def revised_published() -> Published:
    """The same as a re-plan: P's window opened from 22:30 to 01:30 before; of two locked trips one
    is sent later and one not at all; P's calm costs 1,200 of exposure, Q's trips are two fewer
    and what its calm costs was not asked."""
    published = small_published()
    at = published.instance.grid.at
    lost = {"plant": "P", "leg": "ore.heavy", "starts_at": at(1), "law": "bar", "where": "a"}
    moved = MovedWindow(
        plant="P",
        was=GateWindow(gate="G", opens_at=at(1), closes_at=at(7)),
        now=GateWindow(gate="G", opens_at=at(2), closes_at=at(8)),
        by_minutes=60,
        reason="law",
        clauses=("方案 第4条",),
    )
    revised = Revised(
        publication="small/0",
        at=at(0),
        items=(),
        n_windows=3,
        n_moved=1,
        n_forced=1,
        changes=(
            PlantChange(plant="P", windows=(moved,), trips_more=0, trips_fewer=1),
            PlantChange(plant="Q", windows=(), trips_more=0, trips_fewer=2),
        ),
        overrides=(
            Overridden(**lost, trips=1, clause="大雾封闭", fate="held", instead_at=at(5)),
            Overridden(**lost, trips=1, fate="cancelled"),
        ),
        lost=(),
        calm=(CalmCost(plant="P", exposure=1200, windows="held"),),
        not_asked=("Q",),
    )
    return replace(published, publication_id="small/1", revised=revised)


def some_comparison() -> Comparison:
    return Comparison(
        business_as_usual=8_120_400,
        moved=918_224,
        cleaner=120_400,
        not_made=3_401_991,
        deferred_trips=413,
        lost_utrip=228_150_000,
    )


def cause(law: str, where: str, instance: Instance, first: int, end: int) -> ScheduledCause:
    at = instance.grid.at
    return ScheduledCause(
        number=1,
        law=law,
        where=where,
        from_instant=at(first),
        to_instant=at(end),
        relief=1_000_000,
        unit=UNITS["output_shortfall"],
        proved=True,
    )


def situation(published: Published, at: datetime | None = None) -> Situation:
    """The publication in force at an instant, an hour after its start by default."""
    start = published.instance.grid.at(0)
    return Situation(
        at=at or start + timedelta(hours=1),
        case_note=Name(
            "推演：2015 年 11 月沈阳实测空气，完全预见", "What-if on the air of November 2015"
        ),
        alerts=(
            alert(start, Level.RED, ("沈阳市", "Shenyang"), ("鞍山市", "Anshan")),
            alert(start, Level.ORANGE, ("大连市", "Dalian")),
        ),
        advice=AdviceFacts(Level.RED, Name("辽宁省 2024 年预案", "Liaoning plan of 2024")),
        publication=PublicationFacts(
            published.publication_id,
            1,
            "5f" * 32,
            start - timedelta(hours=2),
            start,
            published.instance.grid.at(published.end_slot),
        ),
        standings=(
            Standing(
                "R-works",
                Name("沈阳热电厂", "Shenyang Power Plant"),
                "exempt",
                Name("预案 3.2 保障类", "Plan 3.2, public supply"),
                NextChange(start + timedelta(hours=30), "alert_ends"),
            ),
        ),
    )


def alert(start: datetime, level: Level, *areas: tuple[str, str]) -> AlertFacts:
    return AlertFacts(
        level,
        tuple(Name(zh, en) for zh, en in areas),
        Name("辽重污染指〔2026〕1 号", "Liaoning command 2026, no. 1"),
        Name("辽宁省重污染天气应急指挥部", "Liaoning emergency command"),
        start,
        None,
        start - timedelta(hours=3),
        1,
    )


class Facts:
    """A source that answers from values."""

    def __init__(self, now: Situation, *published: Published) -> None:
        self.now = now
        self.publications = {one.publication_id: one for one in published}
        self.keys = dict(KEYS)

    def situation(self, at: datetime | None) -> Situation:
        return self.now if at is None else replace(self.now, at=at)

    def published(self, publication_id: str) -> Published:
        return self.publications[publication_id]

    def enterprise_of_key(self, key: str) -> str | None:
        return self.keys.get(key)

    def enterprise_name(self, enterprise: str) -> Name:
        for one in self.publications.values():
            for plant in one.registry.plants.values():
                if plant.enterprise == enterprise:
                    return plant.enterprise_name
        return Name(enterprise)

    def is_official_key(self, key: str) -> bool:
        return False

    def enterprises(self, at: datetime | None) -> tuple[tuple[str, Name], ...]:
        return ()

    def pending(self) -> tuple[Pending, ...]:
        return ()

    def english_clauses(self) -> dict[str, str]:
        return {}

    def waiting(self, enterprise: str | None) -> int:
        return 0

    def why_plan(self, plan: str) -> tuple[Why, ...]:
        return ()

    def whole(self, plan: str) -> tuple[WholeWhy, ...]:
        return ()

    def why(self, enterprise: str, at: datetime | None) -> tuple[Why, ...]:
        """These values keep no schedule to ask of; the tests on the store do."""
        return ()

    def why_not(self, enterprise: str, at: datetime | None, wanted: Wanted) -> tuple[WhyNot, ...]:
        return tuple(
            why_not.solve(question)
            for one in self.publications.values()
            for plant in one.instance.plants
            if plant.enterprise == enterprise
            for question in why_not.ask_files(one.instance, one.plan, plant.id, wanted)
        )


def without_alert(now: Situation) -> Situation:
    return replace(now, alerts=(), advice=None, publication=None, standings=())


def planning(now: Situation) -> Situation:
    return replace(now, publication=None, job=JobFacts("running", now.at, "exposure"))


def withdrawn(now: Situation) -> Situation:
    return replace(
        now, publication=None, withdrawal=WithdrawalFacts(1, now.at, "措施有误，重新编制")
    )


def large_published(n_plants: int = 64, hours: int = 24) -> Published:
    """Liaoning's real network; every plant with two gates' worth of windows and ore from the
    nearest-named mine. A picture, not a lawful plan."""
    network = read_network(NETWORK).network
    router = Router(network)
    sites = [node for node in network.nodes if node.node_type == "plant"][:n_plants]
    mines = [node for node in network.nodes if node.node_type in ("mine", "port")]
    n_slots, roads, plants, paths = hours * 2, [], [], []
    for link in network.links:
        busy = (hash_of(link.link_id) % 60 + 10) * link.capacity_mpcu_h // 200
        roads.append(
            b.link(
                link.link_id,
                length_m=link.length_m,
                speed_kmh=link.free_speed_kmh,
                capacity_mpcu_h=link.capacity_mpcu_h,
                background_mpcu=busy,
            )
        )
    windows, trips, rates, limits = [], [], {}, []
    for number, site in enumerate(sites):
        mine = mines[number % len(mines)].node_id
        there = router.two_ways(site.node_id, mine)[0].link_ids
        home = router.two_ways(mine, site.node_id)[0].link_ids
        paths += [
            Path(id=f"{site.node_id}:out", links=there),
            Path(id=f"{site.node_id}:back", links=home),
        ]
        plants.append(_large_plant(site.node_id))
        limits.append(
            b.window_limit(
                id=f"W-{number}",
                plant=site.node_id,
                clause="方案 第4条",
                end_slot=n_slots,
                max_slots=12,
                max_open_slots_day=24,
            )
        )
        windows += _large_windows(site.node_id, number, n_slots)
        trips += [
            (f"{site.node_id}.ore", slot, 1 + (slot + number) % 3)
            for gate, first, end in windows
            if gate == f"{site.node_id}-G"
            for slot in range(first, end)
        ]
        lost = 10 if number % 5 == 0 else 0
        rates[f"{site.node_id}.smelt"] = (30 - lost,) * (n_slots // 2)
    instance = b.tiny_instance(
        start="2015-11-06T16:00:00+08:00",
        n_slots=n_slots,
        links=roads,
        plants=plants,
        paths=(Path(id="away", links=("a", "b")), Path(id="home", links=("c", "d")), *paths),
        window_limits=tuple(limits),
    )
    plan = b.plan_of(
        instance,
        windows=b.windows(*windows),
        departures=b.departures(*trips),
        rates=b.rates(**rates),
    )
    return Published(
        "large/1",
        instance,
        plan,
        n_slots,
        _large_registry(network),
        {
            s.node_id: (cause("link_capacity", network.links[7].link_id, instance, 8, 20),)
            for s in sites
        },
        some_comparison(),
        Provenance(read=5120, derived=9841, assumed=212),
    )


def hash_of(text: str) -> int:
    return sum(text.encode())


def _large_plant(site: str) -> b.Piece:
    ore = b.stream(
        f"{site}.ore-in",
        stock=f"{site}.ore",
        good="ore",
        legs=(
            b.leg(
                f"{site}.ore",
                gate_in=f"{site}-G",
                gate_out=f"{site}-G",
                path_out=f"{site}:out",
                path_back=f"{site}:back",
            ),
        ),
    )
    smelt = b.process(f"{site}.smelt", recipe=(RecipeItem(stock=f"{site}.ore", consumes_kg=1),))
    stock = b.stock(f"{site}.ore", breach_process=f"{site}.smelt", now_kg=900_000)
    return b.plant(
        site,
        gates=(b.gate(f"{site}-G"), b.gate(f"{site}-H")),
        processes=(smelt,),
        stocks=(stock,),
        streams=(ore,),
    )


def _large_windows(site: str, number: int, n_slots: int) -> list[tuple[str, int, int]]:
    rows = []
    for first in range(number % 9, n_slots - 8, 18):
        rows.append((f"{site}-G", first, first + 5 + number % 4))
        if number % 4 == 0:
            rows.append((f"{site}-H", first + 2, first + 4))
    return rows


def _large_registry(network: Network) -> Registry:
    at = network.node_by_id
    plants = {
        n.node_id: PlantFacts(
            Name(n.name or n.node_id, n.node_id),
            f"{n.node_id}-works",
            Name((n.name or n.node_id) + "有限责任公司", n.node_id),
            Name(n.zone_id or "", n.zone_id),
        )
        for n in network.nodes
        if n.node_type == "plant"
    }
    roads = {
        x.link_id: RoadFacts(
            Name(x.name or x.link_id),
            at[x.from_node_id].x,
            at[x.from_node_id].y,
            at[x.to_node_id].x,
            at[x.to_node_id].y,
        )
        for x in network.links
    }
    cities = {
        "鞍山": (122.99, 41.11),
        "沈阳": (123.43, 41.80),
        "大连": (121.61, 38.91),
        "本溪": (123.77, 41.29),
        "丹东": (124.38, 40.13),
        "锦州": (121.13, 41.10),
        "营口": (122.23, 40.67),
        "朝阳": (120.45, 41.57),
    }
    places = tuple(PlaceFacts(Name(name), x, y) for name, (x, y) in cities.items())
    named = {
        "ore": Name("铁矿石", "Iron ore"),
        "heavy": Name("国五重型柴油车", "China V heavy diesel"),
    }
    for site in plants:
        named |= {
            f"{site}-G": Name("东门", "East gate"),
            f"{site}-H": Name("北门", "North gate"),
            f"{site}.smelt": Name("炼铁", "Smelting"),
        }
    return Registry(plants, roads, named, places, True)
