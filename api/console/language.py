"""In which language a page speaks, and how it writes times and amounts."""

from dataclasses import dataclass
from datetime import datetime

from api.console.facts import Name
from scheduler.clock import local
from scheduler.texts import LANGUAGES, Language, said

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def chosen(asked: str | None, accept_language: str) -> Language:
    """The language asked for, else the browser's, else Chinese."""
    for language in LANGUAGES:
        if asked == language or (asked == "zh" and language == "zh-CN"):
            return language
    return _preferred(accept_language)


def _preferred(accept_language: str) -> Language:
    """By the weights of RFC 9110, section 12.5.4; the first named wins a tie."""
    ranked: list[tuple[float, Language]] = []
    for part in accept_language.split(","):
        tag, _, weight = part.strip().partition(";q=")
        known = {"zh": LANGUAGES[0], "en": LANGUAGES[1]}.get(tag.lower().split("-")[0])
        try:
            share = float(weight) if weight else 1.0
        except ValueError:
            continue
        if known is not None and share > 0:
            ranked.append((share, known))
    return max(ranked, key=lambda row: row[0])[1] if ranked else "zh-CN"


@dataclass(frozen=True, slots=True)
class Voice:
    """Says texts, names, instants and amounts in one language."""

    language: Language

    def text(self, text_id: str, **values: str | int) -> str:
        return said(text_id, self.language, **values)

    def name(self, name: Name) -> str:
        return name.said(self.language)

    def names(self, names: tuple[Name, ...]) -> str:
        return ("、" if self.language == "zh-CN" else ", ").join(map(self.name, names))

    def hour(self, at: datetime) -> str:
        return f"{local(at):%H:%M}"

    def day(self, at: datetime) -> str:
        here = local(at)
        weekday = self.text(f"weekday.{WEEKDAYS[here.weekday()]}")
        return self.text("time.day", month=here.month, day=here.day, weekday=weekday)

    def instant(self, at: datetime) -> str:
        """With the year, as on a document."""
        return f"{local(at):%Y-%m-%d %H:%M}"

    def typed(self, at: datetime) -> str:
        """As a form's field holds it."""
        return f"{local(at):%Y-%m-%dT%H:%M}"

    def run(self, first: datetime, end: datetime) -> str:
        """A stretch of time; the day of its end only where it is another one."""
        same_day = local(first).date() == local(end).date()
        told = self.hour(end) if same_day else f"{self.day(end)} {self.hour(end)}"
        return f"{self.day(first)} {self.hour(first)} – {told}"

    def short_run(self, first: datetime, end: datetime) -> str:
        """A stretch of time in a narrow column, by month, day and hour."""
        a, b = local(first), local(end)
        told = f"{b:%H:%M}" if a.date() == b.date() else f"{b:%m-%d %H:%M}"
        return f"{a:%m-%d %H:%M} – {told}"

    def count(self, amount: int) -> str:
        return f"{amount:,}"

    def percent(self, permille: int) -> str:
        return f"{permille // 10}.{permille % 10} %"

    def pcu(self, mpcu: int) -> str:
        return f"{mpcu // 1000:,}.{mpcu % 1000 // 100}"

    def tonnes(self, kg: int) -> str:
        return f"{kg // 1000:,}"

    def trips(self, mtrip: int) -> str:
        """Trip equivalents to a tenth, rounded up."""
        tenths = -(-mtrip // 100)
        return f"{tenths // 10:,}.{tenths % 10}"
