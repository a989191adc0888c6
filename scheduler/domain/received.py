"""Values that people send as JSON or type in: instants come as text, lists as arrays."""

from pydantic import ConfigDict

from solver.instance import Value


class Received(Value):
    """Frozen and closed like every value, but read from what a request's body holds."""

    model_config = ConfigDict(strict=False)
