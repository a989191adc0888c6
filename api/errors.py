"""One handler turns every error into an RFC 9457 problem; only here do errors have a status."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from api.console.routes import not_found
from scheduler.errors import (
    BadInputError,
    ConflictError,
    CuofengError,
    IntakeError,
    NoPlanError,
    NotAllowedError,
    NotFoundError,
    UnknownKeyError,
)

STATUS: dict[type[CuofengError], int] = {
    BadInputError: 422,
    ConflictError: 409,
    IntakeError: 422,
    NoPlanError: 409,
    NotAllowedError: 403,
    NotFoundError: 404,
    UnknownKeyError: 401,
}
MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """RFC 9457. `faults` names each field that is wrong, where several may be."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    remedy: str = ""
    detail_zh: str = ""
    remedy_zh: str = ""
    faults: tuple[str, ...] = ()


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        problem.model_dump(), problem.status, headers=headers, media_type=MEDIA_TYPE
    )


def _faults(error: ValidationError | RequestValidationError) -> tuple[str, ...]:
    return tuple(f"{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in error.errors())


async def _declined(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CuofengError)
    status = STATUS[type(error)]
    problem = Problem(
        title=error.title,
        status=status,
        detail=str(error.args[0]),
        instance=request.url.path,
        remedy=getattr(error, "remedy", ""),
        detail_zh=error.in_chinese,
        remedy_zh=getattr(error, "remedy_zh", ""),
    )
    return _answer(problem, {"WWW-Authenticate": "Bearer"} if status == 401 else None)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ValidationError | RequestValidationError)
    faults = _faults(error)
    problem = Problem(
        title=BadInputError.title,
        status=422,
        detail=f"{len(faults)} fields are wrong" if len(faults) > 1 else "A field is wrong",
        instance=request.url.path,
        faults=faults,
    )
    return _answer(problem)


def _by_a_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and _by_a_browser(request):
        return not_found(request)
    problem = Problem(
        title=str(error.detail),
        status=error.status_code,
        detail=f"{request.method} {request.url.path}: {error.detail}",
        instance=request.url.path,
    )
    return _answer(problem, dict(error.headers or {}))


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    """The server logs the error; the sender learns nothing of the inside."""
    problem = Problem(
        title="Internal error",
        status=500,
        detail="The service failed and its log says how.",
        instance=request.url.path,
    )
    return _answer(problem)


def handle_errors(app: FastAPI) -> None:
    app.add_exception_handler(CuofengError, _declined)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)
