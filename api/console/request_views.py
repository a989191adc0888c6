"""Requests as the page shows them: what is asked, the answer, the steps, what may be done."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from api.console.facts import Name, Registry
from api.console.language import Voice
from api.console.schedule import Schedule
from scheduler.domain import request
from scheduler.domain.key import Principal, Role
from scheduler.domain.request import POSSIBLE_IN, RequestCase, State, WindowAsked
from scheduler.domain.why_not import Span
from scheduler.told_request import asked_of, told_answer, told_step
from solver.instance import Instance

Action = Literal["agree", "decline", "withdraw", "grant", "refuse"]
DONE: dict[Action, request.Action] = {
    "agree": "agreed",
    "decline": "declined",
    "withdraw": "withdrawn",
    "grant": "granted",
    "refuse": "refused",
}
SOLVED: tuple[Action, ...] = ("agree", "grant")
"""These may make the answer anew, which takes its time."""
Group = Literal["asked_of_you", "answered", "awaits_agreement", "granted", "over"]
GROUPS: tuple[Group, ...] = ("asked_of_you", "answered", "awaits_agreement", "granted", "over")
"""What waits for who reads comes first."""


@dataclass(frozen=True, slots=True)
class CaseView:
    number: int
    plant: Name
    asked: str
    state: State
    filed_at: datetime
    reason: str
    verdict: str
    lines: tuple[str, ...]
    steps: tuple[str, ...]
    published_in: str | None
    may: tuple[Action, ...]
    nearest: tuple[Span, ...]
    """Windows that may be asked for instead, by who asked."""
    gate: str


def grouped(
    cases: Iterable[RequestCase], principal: Principal, told: Callable[[RequestCase], CaseView]
) -> tuple[tuple[Group, tuple[CaseView, ...]], ...]:
    """The cases by what they wait for, the newest first."""
    rows: dict[Group, list[CaseView]] = {group: [] for group in GROUPS}
    for case in cases:
        rows[group_of(case, principal)].append(told(case))
    return tuple((group, tuple(found)) for group, found in rows.items() if found)


def group_of(case: RequestCase, principal: Principal) -> Group:
    if case.state == "awaits_agreement" and _is_asked(case, principal):
        return "asked_of_you"
    if case.state in ("answered", "awaits_agreement", "granted"):
        return case.state
    return "over"


def may(case: RequestCase, principal: Principal) -> tuple[Action, ...]:
    """What the key may do with a request as it stands."""
    return tuple(action for action in DONE if _allowed(action, case, principal))


def _allowed(action: Action, case: RequestCase, principal: Principal) -> bool:
    if case.state not in POSSIBLE_IN[DONE[action]]:
        return False
    if action in ("agree", "decline"):
        return _is_asked(case, principal)
    if action == "withdraw":
        return principal.enterprise == case.request.enterprise
    return principal.role is Role.BUREAU and (action == "refuse" or not case.answer.is_no)


def _is_asked(case: RequestCase, principal: Principal) -> bool:
    return principal.enterprise is not None and principal.enterprise == case.request.counterpart


class Teller:
    """Tells cases in one language, by the names of the publications that they rest on."""

    def __init__(
        self,
        voice: Voice,
        principal: Principal,
        schedules: Iterable[Schedule],
        keys: dict[str, str],
    ) -> None:
        self._voice, self._principal, self._keys = voice, principal, keys
        self._named: dict[str, str] = {}
        self._registries: list[Registry] = []
        for schedule in schedules:
            registry = schedule.published.registry
            self._registries.append(registry)
            self._named |= dict(_named(schedule.instance, registry, voice))

    def name_of(self, id: str) -> str:
        """What people call a stream, gate, leg, road, plant, or who holds a key."""
        if id in self._named:
            return self._named[id]
        if id in self._keys:
            return self._voice.text(f"request.by.{self._keys[id]}")
        names = (registry.name_of(id) for registry in self._registries)
        return self._voice.name(next((name for name in names if name != Name(id)), Name(id)))

    def told(self, case: RequestCase) -> CaseView:
        lang, filing = self._voice.language, case.request.filing
        verdict, *lines = told_answer(case, lang, self.name_of)
        is_own = self._principal.enterprise in (None, case.request.enterprise)
        asks_window = isinstance(filing.asked, WindowAsked)
        return CaseView(
            number=case.request.number,
            plant=Name(case.plant.name_zh, case.plant.name_en),
            asked=asked_of(case, lang, self.name_of),
            state=case.state,
            filed_at=case.request.known_at,
            reason=filing.reason if is_own else "",
            verdict=verdict,
            lines=tuple(lines),
            steps=tuple(told_step(step, lang, self.name_of) for step in case.steps),
            published_in=case.published_in,
            may=may(case, self._principal),
            nearest=case.answer.nearest if is_own and asks_window else (),
            gate=filing.asked.gate if isinstance(filing.asked, WindowAsked) else "",
        )


def gate_name(name: Name, voice: Voice) -> str:
    """A gate in a sentence: a lone one has no name of its own."""
    if name.zh == "gate":
        return voice.text("requests.gate.only")
    told = voice.name(name)
    is_said = voice.language == "en" and told.startswith("gate")
    return told if is_said else voice.text("requests.gate", gate=told)


def _named(instance: Instance, registry: Registry, voice: Voice) -> Iterator[tuple[str, str]]:
    for plant in instance.plants:
        for gate in plant.gates:
            yield gate.id, gate_name(registry.name_of(gate.id), voice)
        for stream in plant.streams:
            good = voice.name(registry.name_of(stream.good))
            yield stream.id, voice.text(f"requests.stream.{stream.direction}", good=good)
