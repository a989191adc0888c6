"""CAP messages out of the store and into it, with the cities of the registry that is loaded."""

from datetime import datetime

from sqlmodel import Session

from scheduler import alerts
from scheduler.air_records import registered_cities
from scheduler.cap.incoming import Delivery, receive
from scheduler.cap.outgoing import Outgoing, message_of
from scheduler.cap.xml import to_xml
from scheduler.domain.cap import CapStatus
from scheduler.errors import NotFoundError


def write(
    session: Session, alert: str, number: int | None, *, sender: str, status: CapStatus
) -> bytes:
    """A revision of an alert as a message; the latest without a number."""
    found = alerts.get_alert(session, alert)
    last = len(found.revisions)
    wanted = last if number is None else number
    if not 1 <= wanted <= last:
        raise NotFoundError(f"alert {alert} has no revision {wanted}", f"It has {last}.")
    cities = {city.city_id: city for city in registered_cities(session)}
    return to_xml(message_of(found, wanted, Outgoing(sender, status, cities)))


def take(session: Session, body: bytes, known_at: datetime, *, exercise: bool) -> Delivery:
    """Take a message in; its areas must be cities of the registry."""
    return receive(session, body, registered_cities(session), known_at, exercise=exercise)
