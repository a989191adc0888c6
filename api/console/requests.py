"""The page of requests: an enterprise files its own, reads the answers, agrees to swaps and takes
back; the bureau decides them, and files on an enterprise's behalf; an auditor reads them.

Its cookie is the sheet's: out of reach of scripts, and sent by no other site's form. Answers take
from a second to a minute of solving: no transaction is open meanwhile, and one is solved at a time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from api.console.entry import entered
from api.console.facts import Name
from api.console.offers import Offers, offers_of
from api.console.pages import Place, error_page, page, voice_of
from api.console.request_form import (
    KINDS,
    Fault,
    Kind,
    fault_of,
    kept_faults,
    read_filing,
)
from api.console.request_views import SOLVED, Action, Teller, gate_name, grouped
from api.console.schedule import Schedule
from api.console.worked import KEPT_PUBLICATIONS, Worked
from api.solving import one_at_a_time
from scheduler import clock, datasets, keys, requests
from scheduler.askable import Askable, askable
from scheduler.domain.key import Principal, Role
from scheduler.domain.request import Filing, RequestCase, State
from scheduler.errors import CuofengError, NotAllowedError, NotFoundError
from scheduler.store.database import Database

PATH = "/sheet/requests"
MOST_FIELDS = 20
STATES: tuple[State, ...] = get_args(State)

Typed = dict[str, str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which requests the page shows: of an alert, in a state, or all."""

    alert: str = ""
    state: State | Literal[""] = ""

    @property
    def kept(self) -> dict[str, str]:
        """What links keep of it."""
        both = {"alert": self.alert, "state": self.state}
        return {name: value for name, value in both.items() if value}

    def has(self, case: RequestCase) -> bool:
        is_of_alert = self.alert in ("", case.request.filing.alert)
        return is_of_alert and self.state in ("", case.state)


def _chosen(request: Request) -> Chosen:
    """What the address asks for; a state that there is not is none."""
    asked = request.query_params
    state: State | Literal[""] = next((s for s in STATES if s == asked.get("state")), "")
    return Chosen(asked.get("alert", ""), state)


async def _form(request: Request) -> Typed:
    """The fields that were typed in; a file is none."""
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    return {name: value for name, value in form.items() if isinstance(value, str)}


Filled = Annotated[Typed, Depends(_form)]


class RequestPages:
    """Answers the page's requests from the database."""

    def __init__(self, database: Database, worked: Worked) -> None:
        self._database, self._worked = database, worked

    def home(self, request: Request) -> Response:
        principal = entered(request, self._database)
        if principal is None:
            return page(request, "login.html", refused=None)
        return self._shown(request, principal, dict(request.query_params))

    def file(self, request: Request, form: Filled) -> Response:
        principal = entered(request, self._database)
        if principal is None:
            return page(request, "login.html", 401, refused="ended")
        kind = _kind(request)
        if principal.role is Role.AUDITOR:
            return error_page(request, 403, "not_allowed")
        if kind is None:
            return error_page(request, 400, "address")
        return self._read(request, principal, kind, form)

    def _read(self, request: Request, principal: Principal, kind: Kind, form: Typed) -> Response:
        """File what was typed in, or show it again: with its faults, or in the other language."""
        offers = self._offers(self._askable(), self._of(request, principal))
        filing = read_filing(kind, form, offers)
        faults = kept_faults(form) if isinstance(filing, Filing) else filing
        if "shown" in form:
            return self._shown(request, principal, form, faults=faults)
        if not isinstance(filing, Filing):
            return self._shown(request, principal, form, 422, faults=faults)
        try:
            case = self._filed(filing, principal)
        except CuofengError as error:
            return self._shown(request, principal, form, 422, faults=[fault_of(error)])
        return self._to(request, case)

    def _filed(self, filing: Filing, principal: Principal) -> RequestCase:
        with one_at_a_time():
            return requests.file(
                self._database,
                filing,
                by=principal.key,
                now=clock.now(),
                enterprise=principal.enterprise,
            )

    def step(self, request: Request, number: int, action: Action, form: Filled) -> Response:
        """Agree, decline or withdraw as an enterprise; grant or refuse as the bureau."""
        principal = entered(request, self._database)
        if principal is None:
            return page(request, "login.html", 401, refused="ended")
        try:
            case = self._stepped(number, action, form.get("told", ""), principal)
        except NotAllowedError:
            return error_page(request, 403, "not_allowed")
        except NotFoundError:
            return error_page(request, 404, "not_found")
        except CuofengError as error:
            told = (number, fault_of(error), form.get("told", ""))
            return self._shown(request, principal, {}, 409, refused=told)
        return self._to(request, case)

    def _stepped(self, number: int, action: Action, told: str, principal: Principal) -> RequestCase:
        database, by, now = self._database, principal.key, clock.now()
        own, is_bureau = principal.enterprise, principal.role is Role.BUREAU
        if action == "grant" and is_bureau:
            with one_at_a_time():
                return requests.grant(database, number, by=by, told=told, now=now)
        if action == "refuse" and is_bureau:
            return requests.refuse(database, number, by=by, told=told, now=now)
        if action == "agree" and own is not None:
            with one_at_a_time():
                return requests.agree(database, number, enterprise=own, by=by, now=now)
        if action == "decline" and own is not None:
            return requests.decline(database, number, enterprise=own, by=by, now=now)
        if action == "withdraw" and own is not None:
            return requests.withdraw(database, number, by=by, now=now, enterprise=own)
        raise NotAllowedError(f"a key for {principal.role} cannot {action}")

    def _shown(
        self,
        request: Request,
        principal: Principal,
        typed: Mapping[str, str],
        code: int = 200,
        *,
        faults: list[Fault] | None = None,
        refused: tuple[int, Fault, str] | None = None,
    ) -> Response:
        voice, of = voice_of(request), self._of(request, principal)
        found = self._askable()
        with self._database.reading() as session:
            cases = _cases(session, principal)
            who = _holders(session)
            enterprises = tuple(_enterprises(session))
        chosen = _chosen(request)
        shown = [case for case in cases if chosen.has(case)]
        teller = Teller(voice, principal, self._schedules(found, shown), who)
        values: dict[str, object] = {
            "groups": grouped(shown, principal, teller.told),
            "chosen": chosen,
            "here": chosen.kept | ({} if principal.enterprise or not of else {"enterprise": of}),
            "asked_of": sorted({case.request.filing.alert for case in cases}),
            "states": STATES,
            "kinds": KINDS if principal.role is not Role.AUDITOR else (),
            "kind": _kind(request),
            "offers": self._offers(found, of),
            "alerts": found,
            "of": of,
            "own": principal.enterprise,
            "enterprises": tuple(row for row in enterprises if row[0] in self._planned(found)),
            "typed": typed,
            "faults": faults or [],
            "refused": refused,
            "place": Place(PATH, tuple(request.query_params.items())),
            "is_sent": request.method == "POST" and refused is None,
            "solved": SOLVED,
            "gate_of": lambda name: gate_name(name, voice),
            "name": dict(enterprises).get(principal.enterprise or ""),
        }
        return page(request, "requests.html", code, **values)

    def _of(self, request: Request, principal: Principal) -> str | None:
        """The enterprise that a form is for: the key's own, or the one that the bureau chose."""
        return principal.enterprise or request.query_params.get("enterprise")

    def _askable(self) -> list[Askable]:
        with self._database.reading() as session:
            return askable(session, clock.now())

    def _offers(self, found: list[Askable], enterprise: str | None) -> Offers:
        return offers_of(found, self._worked, enterprise) if enterprise else Offers()

    def _planned(self, found: list[Askable]) -> set[str]:
        registries = (self._worked.of(one.publication)[0].published.registry for one in found)
        return {plant.enterprise for names in registries for plant in names.plants.values()}

    def _schedules(self, found: list[Askable], cases: list[RequestCase]) -> list[Schedule]:
        """What names the objects of requests: the newest publications first."""
        names = dict.fromkeys(one.publication for one in found)
        names |= dict.fromkeys(case.answer.publication for case in cases)
        return [self._worked.of(name)[0] for name in list(names)[:KEPT_PUBLICATIONS]]

    def _to(self, request: Request, case: RequestCase) -> RedirectResponse:
        """To where the request is shown, whatever was filtered."""
        place = Place(request.url.path, tuple(request.query_params.items()))
        return RedirectResponse(f"{place.link(PATH)}#request-{case.request.number}", 303)


def _kind(request: Request) -> Kind | None:
    asked = request.query_params.get("kind")
    return next((kind for kind in KINDS if kind == asked), None)


def _cases(session: Session, principal: Principal) -> list[RequestCase]:
    if principal.enterprise is None:
        return requests.list_requests(session)
    return requests.of_enterprise(session, principal.enterprise)


def _holders(session: Session) -> dict[str, str]:
    """For whom each key is."""
    return {row.principal.key: str(row.principal.role) for row in keys.list_keys(session)}


def _enterprises(session: Session) -> Iterator[tuple[str, Name]]:
    cards = datasets.newest_directory(session).plants
    named = {card.enterprise: Name(card.name_zh, card.name_en) for card in reversed(cards)}
    yield from sorted(named.items())


def install_requests(app: FastAPI, database: Database, worked: Worked) -> None:
    """Add the page to an application."""
    pages, router = RequestPages(database, worked), APIRouter(include_in_schema=False)
    router.add_api_route(PATH, pages.home, methods=["GET"])
    router.add_api_route(PATH, pages.file, methods=["POST"])
    router.add_api_route(f"{PATH}/{{number}}/{{action}}", pages.step, methods=["POST"])
    app.include_router(router)
