"""A filled-in form of requests, read field by field: a filing, or every fault at its field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from unicodedata import normalize

from api.console.offers import Offer, Offers
from scheduler.clock import SHANGHAI
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.request import Filing
from scheduler.errors import CuofengError
from scheduler.texts import Language, said

Kind = Literal["more_trips", "window", "give_back", "give_back_trips", "swap", "emergency"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_TRIPS = 9999
LONGEST = 200
"""Characters of a reason or a document's number."""
KEPT = " ¦ "
"""Between the parts of a fault in a form's field."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field, in both languages; of the whole form where it is empty."""

    field: str
    zh: str
    en: str

    def said(self, language: Language) -> str:
        return self.zh if language == "zh-CN" else self.en

    @property
    def kept(self) -> str:
        """For a form's field, so that it can be said again in the other language."""
        return KEPT.join((self.field, self.zh, self.en))


def kept_faults(typed: Mapping[str, str]) -> list[Fault]:
    """What the application had declined, of a form that is shown again."""
    parts = typed.get("declined", "").split(KEPT)
    return [Fault(*parts)] if len(parts) == len(Fault.__slots__) else []


def fault(field: str, text: str, **values: str | int) -> Fault:
    """By the id of its text, after `requests.fault.`."""
    zh, en = (said(f"requests.fault.{text}", lang, **values) for lang in ("zh-CN", "en"))
    return Fault(field, zh, en)


def fault_of(error: CuofengError) -> Fault:
    """What the application declines, at its field where it names one."""
    return Fault(getattr(error, "field", ""), error.in_chinese or str(error), str(error))


class Form:
    """The fields of one kind. Each reader gives None where its field is wrong, and keeps why."""

    def __init__(self, typed: Mapping[str, str], offers: Offers) -> None:
        self._typed, self._offers = typed, offers
        self.faults: list[Fault] = []

    def _text(self, field: str) -> str:
        return self._typed.get(field, "").strip()

    def _wrong(self, field: str, text: str, **values: str | int) -> None:
        self.faults.append(fault(field, text, **values))

    def words(self, field: str) -> str | None:
        text = self._text(field)
        if not text:
            self._wrong(field, "missing")
        elif len(text) > LONGEST:
            self._wrong(field, "long", most=LONGEST, n=len(text))
        else:
            return text
        return None

    def trips(self) -> int | None:
        text = normalize("NFKC", self._text("trips"))
        if text.isdecimal() and 1 <= int(text) <= MOST_TRIPS:
            return int(text)
        self._wrong("trips", "number", most=MOST_TRIPS) if text else self._wrong("trips", "missing")
        return None

    def stretch(self, default: GateWindow | None = None) -> tuple[datetime, datetime] | None:
        """From when until when; the ends of a window where a field may be left empty."""
        ends = (default.opens_at, default.closes_at) if default else (None, None)
        first = self._instant("from_instant", ends[0])
        end = self._instant("to_instant", ends[1])
        if first is None or end is None:
            return None
        if end <= first:
            self._wrong("to_instant", "ends_first")
            return None
        return first, end

    def _instant(self, field: str, default: datetime | None) -> datetime | None:
        text = normalize("NFKC", self._text(field)).replace("/", "-")
        if not text:
            if default is None:
                self._wrong(field, "missing")
            return default
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            self._wrong(field, "instant", typed=text[:40])
            return None
        return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).replace(second=0, microsecond=0)

    def stream(self) -> tuple[Offer, str] | None:
        return self._chosen("stream", self._offers.of_stream(self._text("stream")))

    def gate(self) -> tuple[Offer, str] | None:
        return self._chosen("gate", self._offers.of_gate(self._text("gate")))

    def _chosen(self, field: str, offer: Offer | None) -> tuple[Offer, str] | None:
        if offer is None:
            self._wrong(field, "choice" if self._text(field) else "missing")
            return None
        return offer, self._text(field)

    def own_window(self) -> tuple[Offer, GateWindow] | None:
        return self._of_list("own_window", self._offers.own_window(self._text("own_window")))

    def own_window_of(self, plant: Offer | None) -> GateWindow | None:
        """One of the same plant's, which may be none."""
        found = self.own_window() if self._text("own_window") else None
        if found is not None and plant is not None and found[0] != plant:
            self._wrong("own_window", "other_plant")
        return found[1] if found else None

    def their_window(self) -> tuple[Offer, GateWindow] | None:
        found = self._offers.their_window(self._text("their_window"))
        return self._of_list("their_window", found)

    def instead(self, gate: str | None) -> GateWindow | None:
        """The window given up for another, which may be none."""
        if not self._text("instead"):
            return None
        chosen = self._offers.own_window(self._text("instead"))
        found = self._of_list("instead", chosen)
        if found is not None and gate is not None and found[1].gate != gate:
            self._wrong("instead", "other_gate")
        return found[1] if found else None

    def _of_list(
        self, field: str, found: tuple[Offer, GateWindow] | None
    ) -> tuple[Offer, GateWindow] | None:
        if found is None:
            self._wrong(field, "choice" if self._text(field) else "missing")
        return found


Asked = tuple[Offer, dict[str, object]]


def read_filing(kind: Kind, typed: Mapping[str, str], offers: Offers) -> Filing | list[Fault]:
    """The filing that was typed in, or all that is wrong with it."""
    form = Form(typed, offers)
    asked = READERS[kind](form)
    reason = form.words("reason")
    if asked is None or form.faults:
        return form.faults
    offer, body = asked
    told = {"alert": offer.alert, "plant": offer.plant, "reason": reason}
    return Filing.model_validate({**told, "asked": {"kind": kind, **body}})


def _more_trips(form: Form) -> Asked | None:
    stream, trips, span = form.stream(), form.trips(), form.stretch()
    if stream is None or trips is None or span is None:
        return None
    return stream[0], {"stream": stream[1], "trips": trips, **_ends(span)}


def _emergency(form: Form) -> Asked | None:
    more, document = _more_trips(form), form.words("document")
    return None if more is None else (more[0], {**more[1], "document": document})


def _window(form: Form) -> Asked | None:
    gate, span = form.gate(), form.stretch()
    instead = form.instead(gate[1] if gate else None)
    if gate is None or span is None:
        return None
    given = {"instead_from": instead.opens_at, "instead_to": instead.closes_at} if instead else {}
    return gate[0], {"gate": gate[1], **_ends(span), **given}


def _give_back(form: Form) -> Asked | None:
    found = form.own_window()
    span = form.stretch(found[1]) if found else None
    if found is None or span is None:
        return None
    return found[0], {"gate": found[1].gate, **_ends(span)}


def _give_back_trips(form: Form) -> Asked | None:
    """In a window of the plant's, or in a time of its own."""
    stream, trips = form.stream(), form.trips()
    chosen = form.own_window_of(stream[0] if stream else None)
    span = form.stretch(chosen)
    if stream is None or trips is None or span is None:
        return None
    gate = {"gate": chosen.gate} if chosen else {}
    return stream[0], {"stream": stream[1], "trips": trips, **gate, **_ends(span)}


def _swap(form: Form) -> Asked | None:
    own, theirs = form.own_window(), form.their_window()
    if own is None or theirs is None:
        return None
    if own[0].alert != theirs[0].alert:
        form.faults.append(fault("their_window", "other_alert"))
    mine, other = own[1], theirs[1]
    return own[0], {
        "gate": mine.gate,
        **_ends((mine.opens_at, mine.closes_at)),
        "with_plant": theirs[0].plant,
        "with_gate": other.gate,
        "their_from": other.opens_at,
        "their_to": other.closes_at,
    }


def _ends(span: tuple[datetime, datetime]) -> dict[str, object]:
    return {"from_instant": span[0], "to_instant": span[1]}


READERS = {
    "more_trips": _more_trips,
    "window": _window,
    "give_back": _give_back,
    "give_back_trips": _give_back_trips,
    "swap": _swap,
    "emergency": _emergency,
}
