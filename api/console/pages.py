"""Templates to HTML: every page leaves with the same headers and speaks one language."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.console.language import Voice, chosen

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
    "Cache-Control": "no-store",
}
TEMPLATES = Environment(
    loader=PackageLoader("api.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader is, so that links keep it."""

    path: str
    query: tuple[tuple[str, str], ...]

    def link(self, path: str | None = None, **changed: str | int) -> str:
        """This address with other values; another path keeps the instant and the language."""
        kept = {k: v for k, v in self.query if path is None or k in ("at", "lang")}
        values = kept | {key: str(value) for key, value in changed.items()}
        return (path or self.path) + ("?" + urlencode(values) if values else "")

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """The query's values that a form must carry on."""
        return [(key, value) for key, value in self.query if key not in without]


def voice_of(request: Request) -> Voice:
    asked = request.query_params.get("lang")
    return Voice(chosen(asked, request.headers.get("accept-language", "")))


def page(request: Request, template: str, status_code: int = 200, **values: object) -> HTMLResponse:
    """A template filled in for this request's language and place, or for another `place` given."""
    voice = voice_of(request)
    place = Place(request.url.path, tuple(request.query_params.items()))
    html = TEMPLATES.get_template(template).render(
        **{"v": voice, "t": voice.text, "n": voice.name, "place": place, **values}
    )
    headers = {**HEADERS, "Content-Language": voice.language}
    return HTMLResponse(html, status_code=status_code, headers=headers)


def error_page(request: Request, status_code: int, reason: str) -> HTMLResponse:
    """An error in the reader's language; `reason` is the id of its text, after `error.`."""
    return page(request, "error.html", status_code, code=status_code, reason=reason)
