"""CAP messages as XML, valid by the schema in both directions."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

from lxml import etree
from pydantic import ValidationError

from scheduler import clock
from scheduler.domain.cap import CapArea, CapInfo, CapMessage, CapReference, Named
from scheduler.errors import BadInputError

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SCHEMA = Path(__file__).parent / "data" / "cap-1.2.xsd"
PARTS_OF_A_REFERENCE = 3


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


def to_xml(message: CapMessage) -> bytes:
    """The message as XML. Raises BadInputError where a text of it is none that CAP allows."""
    root = etree.Element(_tag("alert"), nsmap={None: NAMESPACE})
    _add(root, "identifier", message.identifier)
    _add(root, "sender", message.sender)
    _add(root, "sent", stamp(message.sent))
    _add(root, "status", message.status)
    _add(root, "msgType", message.message_type)
    _add(root, "scope", "Public")
    references = " ".join(f"{r.sender},{r.identifier},{stamp(r.sent)}" for r in message.references)
    _add(root, "references", references or None)
    _add(root, "incidents", " ".join(message.incidents) or None)
    for info in message.infos:
        _add_info(root, info)
    _require_valid(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def stamp(instant: datetime) -> str:
    """An instant as CAP writes it: whole seconds with the offset from UTC."""
    return clock.local(instant).isoformat(timespec="seconds")


def _add_info(root: etree._Element, info: CapInfo) -> None:
    part = etree.SubElement(root, _tag("info"))
    _add(part, "language", info.language)
    _add(part, "category", "Env")
    _add(part, "event", info.event)
    _add(part, "responseType", info.response)
    _add(part, "urgency", info.urgency)
    _add(part, "severity", info.severity)
    _add(part, "certainty", info.certainty)
    for name in ("effective", "onset", "expires"):
        instant: datetime | None = getattr(info, name)
        _add(part, name, stamp(instant) if instant else None)
    _add(part, "senderName", info.sender_name)
    _add(part, "headline", info.headline)
    _add(part, "description", info.description)
    for parameter in info.parameters:
        _add_named(part, "parameter", parameter)
    for area in info.areas:
        inner = etree.SubElement(part, _tag("area"))
        _add(inner, "areaDesc", area.description)
        for geocode in area.geocodes:
            _add_named(inner, "geocode", geocode)


def _add_named(parent: etree._Element, name: str, pair: Named) -> None:
    part = etree.SubElement(parent, _tag(name))
    _add(part, "valueName", pair.name)
    _add(part, "value", pair.value)


def _add(parent: etree._Element, name: str, text: str | None) -> None:
    if text is not None:
        etree.SubElement(parent, _tag(name)).text = text


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def from_xml(body: bytes) -> CapMessage:
    """Read a message. Raises BadInputError, with the line, where it is no valid CAP 1.2.

    No entity is resolved and nothing is fetched.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise BadInputError(f"no XML: {error.msg}", "Send a CAP 1.2 message.") from error
    if root.getroottree().docinfo.doctype:
        raise BadInputError("the message has a document type", "Send it without DOCTYPE.")
    _require_valid(root)
    try:
        return _message(root)
    except (ValidationError, ValueError) as error:
        raise BadInputError(f"the message cannot be read: {error}") from error


def _require_valid(root: etree._Element) -> None:
    if not schema().validate(root):
        faults = "; ".join(_told(e.line, e.message) for e in schema().error_log)
        raise BadInputError(f"not valid by CAP 1.2: {faults}", "Send a valid message.")


def _told(line: int, message: str) -> str:
    """A fault of the schema, with its line where the message was read."""
    text = message.replace(f"{{{NAMESPACE}}}", "").rstrip(".")
    return f"line {line}: {text}" if line else text


def _message(root: etree._Element) -> CapMessage:
    return CapMessage.model_validate(
        {
            "identifier": _text(root, "identifier"),
            "sender": _text(root, "sender"),
            "sent": _instant(root, "sent"),
            "status": _text(root, "status"),
            "message_type": _text(root, "msgType"),
            "references": tuple(map(_reference, (_text(root, "references") or "").split())),
            "incidents": tuple((_text(root, "incidents") or "").split()),
            "infos": tuple(map(_info, root.findall(_tag("info")))),
        }
    )


def _reference(text: str) -> CapReference:
    parts = text.split(",")
    if len(parts) != PARTS_OF_A_REFERENCE:
        raise ValueError(f"{text} is no reference of the form sender,identifier,sent")
    return CapReference(sender=parts[0], identifier=parts[1], sent=datetime.fromisoformat(parts[2]))


def _info(part: etree._Element) -> CapInfo:
    return CapInfo.model_validate(
        {
            "language": _text(part, "language") or "en-US",
            "event": _text(part, "event"),
            "response": _text(part, "responseType"),
            "urgency": _text(part, "urgency"),
            "severity": _text(part, "severity"),
            "certainty": _text(part, "certainty"),
            "effective": _instant(part, "effective"),
            "onset": _instant(part, "onset"),
            "expires": _instant(part, "expires"),
            "sender_name": _text(part, "senderName"),
            "headline": _text(part, "headline"),
            "description": _text(part, "description"),
            "parameters": tuple(map(_named, part.findall(_tag("parameter")))),
            "areas": tuple(map(_area, part.findall(_tag("area")))),
        }
    )


def _area(part: etree._Element) -> CapArea:
    return CapArea(
        description=_text(part, "areaDesc") or "",
        geocodes=tuple(map(_named, part.findall(_tag("geocode")))),
    )


def _named(part: etree._Element) -> Named:
    return Named(name=_text(part, "valueName") or "", value=_text(part, "value") or "")


def _text(part: etree._Element, name: str) -> str | None:
    text = part.findtext(_tag(name))
    return None if text is None else text.strip()


def _instant(part: etree._Element, name: str) -> datetime | None:
    text = _text(part, name)
    return None if text is None else datetime.fromisoformat(text)
