"""One value, one sequence of bytes (RFC 8785), one SHA-256."""

import hashlib

import rfc8785
from pydantic import BaseModel


def canonical(value: BaseModel) -> bytes:
    """The value's canonical JSON: sorted keys, no white space, instants in UTC."""
    return rfc8785.dumps(value.model_dump(mode="json"))


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
