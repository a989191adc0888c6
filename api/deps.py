"""What a route may ask for: a transaction, and who asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session

from scheduler import keys
from scheduler.domain.key import Principal, Role
from scheduler.errors import NotAllowedError, UnknownKeyError
from scheduler.store.database import Database

READING = {"GET", "HEAD"}
_bearer = HTTPBearer(auto_error=False, description="A key made by `cuofeng keys make`.")


def database_of(request: Request) -> Database:
    database = request.app.state.database
    assert isinstance(database, Database)
    return database


def _transaction(request: Request) -> Iterator[Session]:
    """One request, one transaction. It ends before the answer is sent, so that what was
    acknowledged is committed."""
    database = database_of(request)
    with database.reading() if request.method in READING else database.writing() as session:
        yield session


SessionDep = Annotated[Session, Depends(_transaction, scope="function")]


def _principal(
    session: SessionDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    if bearer is None:
        raise UnknownKeyError("no key was given", "Send `Authorization: Bearer KEY`.")
    return keys.authenticate(session, bearer.credentials)


@dataclass(frozen=True)
class Asking:
    """Who asks, and the database: for routes that solve, with no transaction open meanwhile."""

    principal: Principal
    database: Database


def _asking(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Asking:
    database = database_of(request)
    with database.reading() as session:
        return Asking(_principal(session, bearer), database)


AskingDep = Annotated[Asking, Depends(_asking)]
PrincipalDep = Annotated[Principal, Depends(_principal)]


def require(principal: Principal, *roles: Role) -> None:
    if principal.role not in roles:
        wanted = " or ".join(roles)
        raise NotAllowedError(f"this is for {wanted}, the key is for {principal.role}")


def _bureau(principal: PrincipalDep) -> Principal:
    require(principal, Role.BUREAU)
    return principal


def _official(principal: PrincipalDep) -> Principal:
    require(principal, Role.BUREAU, Role.AUDITOR)
    return principal


BureauDep = Annotated[Principal, Depends(_bureau)]
OfficialDep = Annotated[Principal, Depends(_official)]
