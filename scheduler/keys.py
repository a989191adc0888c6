"""Bearer keys: 256 random bits, shown once, kept as a SHA-256.

A fast hash is right for a key of full entropy: there is nothing to guess.
"""

import secrets
from datetime import datetime

from sqlmodel import Session

from scheduler.domain.key import Key, Principal, Role
from scheduler.errors import NotFoundError, UnknownKeyError
from scheduler.record.canonical import digest_of
from scheduler.store import keys as repository

KEY_BYTES = 32


def make_key(
    session: Session, role: Role, label: str, at: datetime, enterprise: str | None = None
) -> str:
    """Make a key for a role and give it; it cannot be shown again."""
    key = f"cuofeng_{role}_{secrets.token_urlsafe(KEY_BYTES)}"
    principal = Principal(key=secrets.token_hex(6), role=role, enterprise=enterprise)
    digest = digest_of(key.encode())
    repository.add(session, Key(principal=principal, digest=digest, label=label, made_at=at))
    return key


def authenticate(session: Session, key: str) -> Principal:
    """Whom a key stands for. Raises UnknownKeyError for one that is not known or revoked."""
    found = repository.find_by_digest(session, digest_of(key.encode()))
    if found is None or found.revoked_at is not None:
        raise UnknownKeyError("the key is not known or was revoked", "Ask the bureau for a key.")
    return found.principal


def revoke_key(session: Session, key_id: str, at: datetime) -> None:
    if not repository.revoke(session, key_id, at):
        raise NotFoundError(f"there is no key {key_id} in use", "List them: `cuofeng keys list`.")


def list_keys(session: Session) -> list[Key]:
    return repository.every(session)
