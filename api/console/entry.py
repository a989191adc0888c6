"""Who has entered the sheet and what lies under it: the holder of the key in its cookie."""

from fastapi import Request

from scheduler import keys
from scheduler.domain.key import Principal
from scheduler.errors import UnknownKeyError
from scheduler.store.database import Database

COOKIE = "cuofeng_key"


def holder_of(database: Database, key: str) -> Principal | None:
    """Whom a key stands for; None for one that is not known or revoked."""
    with database.reading() as session:
        try:
            return keys.authenticate(session, key)
        except UnknownKeyError:
            return None


def entered(request: Request, database: Database) -> Principal | None:
    """Who asks; None without a key that counts."""
    key = request.cookies.get(COOKIE)
    return None if key is None else holder_of(database, key)
