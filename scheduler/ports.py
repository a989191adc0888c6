"""Ports to listen on: the one that is wanted, or the next one that is free."""

import socket

from scheduler.errors import ConflictError

TRIES = 50


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the port or, where that is taken, to the next free one."""
    for candidate in range(port, min(port + TRIES, 65536)):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.socket(family)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, candidate))
            bound.listen(2048)
        except OSError:
            bound.close()
        else:
            return bound
    raise ConflictError(f"ports {port} to {port + TRIES - 1} of {host} are all taken")
