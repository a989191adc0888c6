"""What an enterprise asks on its sheet: why it falls short, and why not another window."""

from dataclasses import dataclass
from datetime import datetime

from api.console.facts import Name, Registry, Source
from api.console.language import Voice
from api.solving import one_at_a_time
from scheduler.errors import BadInputError, NotFoundError
from scheduler.told_whole import told_whole
from scheduler.told_why import told_why
from scheduler.told_window import NameOf, told
from scheduler.why_not import Wanted

LONGEST = 100
"""Characters of a window as people write it."""

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question as it was filled in, and the answers line by line; `refused` says why it is
    none."""

    window: str
    gate: str
    instead_of: str
    why: tuple[Lines, ...] = ()
    why_not: tuple[Lines, ...] = ()
    refused: str = ""


class Answers:
    """Answers from one source."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def of_plan(self, plan: str | None, voice: Voice) -> tuple[Lines, ...]:
        """Whom a plan cannot keep safe, why, and what the bureau can do; nothing where no plan is
        meant. Raises NotFoundError where there is no such plan."""
        if plan is None:
            return ()
        with one_at_a_time():
            found = self._source.why_plan(plan)
        clauses = self._clauses(voice)
        return tuple(tuple(told_why(one, voice.language, clauses)) for one in found)

    def whole_of_plan(self, plan: str | None, voice: Voice) -> tuple[Lines, ...] | None:
        """What forces a plan's shortfall as a whole; None where no plan is meant. Raises
        NotFoundError where there is no such plan."""
        if plan is None:
            return None
        with one_at_a_time():
            found = self._source.whole(plan)
        clauses = self._clauses(voice)
        return tuple(tuple(told_whole(one, voice.language, clauses)) for one in found)

    def _clauses(self, voice: Voice) -> NameOf:
        """Says clauses in the reader's language, and all else as it stands."""
        english = self._source.english_clauses()

        def name_of(id: str) -> str:
            return voice.name(Name(id, english.get(id)))

        return name_of

    def of(
        self,
        enterprise: str,
        at: datetime | None,
        query: dict[str, str],
        registry: Registry,
        voice: Voice,
    ) -> Asked:
        window, gate, instead = (
            query.get(name, "").strip()[:LONGEST] for name in ("window", "gate", "instead_of")
        )
        asked = Asked(window, gate, instead)

        def name_of(id: str) -> str:
            return voice.name(registry.name_of(id))

        lang = voice.language
        try:
            with one_at_a_time():
                why = self._source.why(enterprise, at) if "why" in query else ()
                wanted = Wanted(window, gate or None, instead or None)
                why_not = self._source.why_not(enterprise, at, wanted) if window else ()
        except (BadInputError, NotFoundError) as error:
            own = error.in_chinese if lang == "zh-CN" else error.in_chinese and str(error)
            return Asked(window, gate, instead, refused=own or voice.text("asking.refused"))
        return Asked(
            asked.window,
            asked.gate,
            asked.instead_of,
            tuple(tuple(told_why(one, lang, name_of)) for one in why),
            tuple(tuple(told(one, lang, name_of)) for one in why_not),
        )
