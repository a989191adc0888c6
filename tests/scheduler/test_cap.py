"""Tests that alerts go out and come in as CAP 1.2: valid, with references, nothing else let in."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner, Result

from scheduler import alerts
from scheduler.cap.incoming import Delivery, receive
from scheduler.cap.levels import DOCUMENT
from scheduler.cap.outgoing import Outgoing, message_of
from scheduler.cap.xml import from_xml, schema, to_xml
from scheduler.cli import app
from scheduler.domain.alert import Alert, Area, Level, Revision, Statement
from scheduler.domain.cap import CapMessage
from scheduler.domain.enterprise import City
from scheduler.errors import BadInputError, ConflictError
from scheduler.intake.table import read_table
from scheduler.store.database import Database

ROOT = Path(__file__).parents[2]
CITIES = tuple(read_table(ROOT / "fixtures/liaoning/registry/cities.csv", City).rows.values())
NOON = datetime.fromisoformat("2025-01-18T12:00:00+08:00")
HOUR = timedelta(hours=1)
SENT = Outgoing("sthj.liaoning.gov.cn", "Actual", {city.city_id: city for city in CITIES})


def statement(level: Level, end: datetime | None = None) -> Statement:
    areas = [Area(level=level, cities=("anshan", "shenyang"))]
    if level is not Level.BLUE:
        areas.append(Area(level=Level.BLUE, cities=("dalian",)))
    return Statement(
        areas=tuple(areas),
        starts_at=NOON + 10 * HOUR,
        ends_at=end,
        declared_by="辽宁省重污染天气应急指挥部",
        declared_by_en="Liaoning command" if level is Level.ORANGE else "",
        document_number="辽重污〔2025〕1号",
        document_number_en="Liaoning 2025, no. 1" if level is Level.ORANGE else "",
    )


def alert() -> Alert:
    """Declared yellow, raised to orange, lifted."""
    end = NOON + 60 * HOUR
    said = [
        ("declare", statement(Level.YELLOW)),
        ("revise", statement(Level.ORANGE)),
        ("lift", statement(Level.ORANGE, end)),
    ]
    return Alert(
        id="ln-2025-1",
        revisions=tuple(
            Revision.model_validate(
                {
                    "alert": "ln-2025-1",
                    "number": n,
                    "action": action,
                    "statement": stated,
                    "known_at": NOON + n * HOUR,
                }
            )
            for n, (action, stated) in enumerate(said, start=1)
        ),
    )


def messages() -> list[bytes]:
    return [to_xml(message_of(alert(), n, SENT)) for n in (1, 2, 3)]


def foreign(kind: str = "Alert", identifier: str = "F1", **parts: str) -> bytes:
    """A message as another system would write it: one language, a colour in the event, codes."""
    held = {
        "status": "Actual",
        "references": "",
        "event": "重污染天气橙色预警",
        "severity": "Severe",
        "onset": "<onset>2025-01-19T00:00:00+08:00</onset>",
        "area": "<areaDesc>营口市、盘锦市</areaDesc>",
        "sent": "2025-01-18T17:30:05+08:00",
        "sender": "qx.example.cn",
        **parts,
    }
    references = f"<references>{held['references']}</references>" if held["references"] else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
 <identifier>{identifier}</identifier><sender>{held["sender"]}</sender>
 <sent>{held["sent"]}</sent><status>{held["status"]}</status><msgType>{kind}</msgType>
 <scope>Public</scope>{references}
 <info><language>zh-CN</language><category>Met</category><event>{held["event"]}</event>
  <urgency>Expected</urgency><severity>{held["severity"]}</severity><certainty>Likely</certainty>
  {held["onset"]}<senderName>营口市气象台</senderName><area>{held["area"]}</area></info>
</alert>""".encode()


def take(database: Database, body: bytes, hour: int = 1) -> Delivery:
    with database.writing() as session:
        return receive(session, body, CITIES, NOON + hour * HOUR)


def test_declare_revise_and_lift_are_alert_update_and_cancel_with_their_references() -> None:
    told = [from_xml(body) for body in messages()]
    assert [m.message_type for m in told] == ["Alert", "Update", "Cancel"]
    assert [m.identifier for m in told] == ["ln-2025-1/1", "ln-2025-1/2", "ln-2025-1/3"]
    assert [[r.identifier for r in m.references] for m in told] == [
        [],
        ["ln-2025-1/1"],
        ["ln-2025-1/1", "ln-2025-1/2"],
    ]
    assert told[2].references == (told[0].reference, told[1].reference)
    first = b"<references>sthj.liaoning.gov.cn,ln-2025-1/1,2025-01-18T13:00:00+08:00</references>"
    assert first in messages()[1]


def test_a_message_comes_back_as_it_went_out() -> None:
    for n, body in enumerate(messages(), start=1):
        assert from_xml(body) == message_of(alert(), n, SENT)


@pytest.mark.parametrize(
    ("minutes", "urgency"), [(0, "Immediate"), (60, "Expected"), (61, "Future")]
)
def test_urgency_is_by_the_time_until_the_onset(minutes: int, urgency: str) -> None:
    """CAP 1.2: Expected is within the next hour."""
    (first, *_) = alert().revisions
    start = first.known_at + timedelta(minutes=minutes)
    moved = first.statement.model_copy(update={"starts_at": start})
    sent = alert().model_copy(
        update={"revisions": (first.model_copy(update={"statement": moved}),)}
    )
    assert {info.urgency for info in message_of(sent, 1, SENT).infos} == {urgency}


def test_levels_are_told_in_both_languages_with_codes_times_and_severity() -> None:
    infos = from_xml(messages()[0]).infos
    assert [(i.language, i.event, i.severity) for i in infos] == [
        ("zh-CN", "重污染天气黄色预警", "Moderate"),
        ("en", "Heavy air pollution: Yellow alert", "Moderate"),
        ("zh-CN", "重污染天气蓝色预警", "Minor"),
        ("en", "Heavy air pollution: Blue alert", "Minor"),
    ]
    assert infos[0].headline == "鞍山、沈阳发布重污染天气黄色预警"
    assert (infos[0].onset, infos[0].expires) == (NOON + 10 * HOUR, None)
    assert [g.value for g in infos[0].areas[1].geocodes] == ["shenyang", "210100"]
    revised = [i.description for i in from_xml(messages()[1]).infos]
    assert "辽重污〔2025〕1号" in revised[0] and "Liaoning 2025, no. 1" in revised[1]
    senders = [[i.sender_name for i in from_xml(body).infos] for body in messages()]
    chinese = "辽宁省重污染天气应急指挥部"
    assert senders[0] == 4 * [chinese], "no translation"
    assert senders[1] == senders[2] == 2 * [chinese, "Liaoning command"]
    lifted = from_xml(messages()[2]).infos[0]
    assert (lifted.response, lifted.urgency) == ("AllClear", "Past")
    assert lifted.expires == NOON + 60 * HOUR


def test_what_went_out_comes_in_elsewhere_as_the_same_alert(database: Database) -> None:
    for n, body in enumerate(messages(), start=1):
        made = take(database, body, n).revision
        assert made is not None
        assert (made.alert, made.number) == ("ln-2025-1", n)
    with database.reading() as session:
        assert alerts.get_alert(session, "ln-2025-1") == alert()


def test_a_message_that_came_before_changes_nothing(database: Database) -> None:
    assert take(database, messages()[0]).revision is not None
    assert take(database, messages()[0], 2).revision is None
    other = messages()[0].replace("黄色".encode(), "红色".encode())
    with pytest.raises(ConflictError, match="another message ln-2025-1/1"):
        take(database, other, 2)
    with database.reading() as session:
        assert len(alerts.get_alert(session, "ln-2025-1").revisions) == 1


def test_a_message_of_another_system_is_read_by_colour_and_names(database: Database) -> None:
    made = take(database, foreign()).revision
    assert made is not None
    said = made.statement
    assert (made.alert, said.declared_by, said.document_number) == ("F1", "营口市气象台", "F1")
    assert said.areas == (Area(level=Level.ORANGE, cities=("panjin", "yingkou")),)
    assert said.starts_at == datetime.fromisoformat("2025-01-19T00:00:00+08:00")
    first = "qx.example.cn,F1,2025-01-18T17:30:05+08:00"
    raised = foreign("Update", "F2", references=first, event="大气预警", severity="Extreme")
    changed = take(database, raised, 2).revision
    assert changed is not None
    assert (changed.alert, changed.number, changed.action) == ("F1", 2, "revise")
    assert changed.statement.areas[0].level is Level.RED
    second = "qx.example.cn,F2,2025-01-18T17:30:05+08:00"
    ended = take(
        database, foreign("Cancel", "F3", references=second, sent="2025-01-20T09:00:30+08:00"), 60
    ).revision
    assert ended is not None
    assert (ended.alert, ended.action) == ("F1", "lift")
    assert ended.statement.ends_at == datetime.fromisoformat("2025-01-20T09:00:00+08:00")


def test_the_sender_has_the_english_of_a_part_in_english_if_it_has_any(
    database: Database,
) -> None:
    english = "Yingkou Meteorological Observatory"
    named = in_both(foreign(), f"<senderName>{english}</senderName>")
    made = take(database, named).revision
    assert made is not None
    assert (made.statement.by("zh-CN"), made.statement.by("en")) == ("营口市气象台", english)
    first = "qx.example.cn,F1,2025-01-18T17:30:05+08:00"
    raised = in_both(foreign("Update", "F2", references=first), "")
    changed = take(database, raised, 2).revision
    assert changed is not None
    assert changed.statement.declared_by_en == "", "the sender's id is no English name"
    second = "qx.example.cn,F2,2025-01-18T17:30:05+08:00"
    ending = foreign("Cancel", "F3", references=second, sent="2025-01-20T09:00:30+08:00")
    ended = take(database, in_both(ending, "<senderName>the city</senderName>"), 60).revision
    assert ended is not None
    assert (ended.statement.by("zh-CN"), ended.statement.by("en")) == ("营口市气象台", "the city")


def test_a_message_in_english_alone_has_no_english_beside_it(database: Database) -> None:
    """Two of its senders are no translations of each other."""
    body = in_both(foreign(), "<senderName>the city</senderName>")
    made = take(database, body.replace(b"zh-CN", b"en-GB")).revision
    assert made is not None
    assert (made.statement.declared_by, made.statement.declared_by_en) == ("营口市气象台", "")


@pytest.mark.parametrize("english", ["", "Yingkou 2025, no. 3"])
def test_the_document_has_the_english_that_a_part_in_english_names(
    database: Database, english: str
) -> None:
    """The identifier of the message is no document."""
    body = in_both(foreign(), "")
    chinese, _, other = body.partition(b"</info>")
    made = take(
        database, documented(chinese, "营气〔2025〕3号") + b"</info>" + documented(other, english)
    )
    assert made.revision is not None
    said = made.revision.statement
    assert (said.document_number, said.document_number_en) == ("营气〔2025〕3号", english)


def documented(info: bytes, document: str) -> bytes:
    """The part of a message with the parameter that names its document, if there is one."""
    named = f"<parameter><valueName>{DOCUMENT}</valueName><value>{document}</value></parameter>"
    return info.replace(b"<area>", named.encode() + b"<area>") if document else info


def in_both(body: bytes, sender: str) -> bytes:
    """A message with a part in English, which has its sender."""
    start, end = body.index(b"<info>"), body.index(b"</info>") + len(b"</info>")
    part = body[start:end].replace(b"zh-CN", b"en-US")
    part = part.replace("<senderName>营口市气象台</senderName>".encode(), sender.encode())
    return body[:end] + part + body[end:]


def test_codes_of_the_registry_name_a_city_and_unknown_ones_are_refused(
    database: Database,
) -> None:
    code = "<geocode><valueName>GB/T 2260</valueName><value>{}</value></geocode>"
    with pytest.raises(BadInputError, match="370100 is not known"):
        take(database, foreign(area="<areaDesc>x</areaDesc>" + code.format("370100")))
    made = take(database, foreign(area="<areaDesc>x</areaDesc>" + code.format("210800"))).revision
    assert made is not None
    assert made.statement.cities == ("yingkou",)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (foreign(status="Test"), "status Test"),
        (foreign(status="Exercise"), "status Exercise"),
        (foreign("Ack"), "is a Ack, no alert"),
        (foreign("Update"), "refers to none of qx.example.cn that came before"),
        (foreign("Cancel", references="a,b"), "no reference of the form"),
        (foreign(event="风", severity="Unknown"), "tells no single level"),
        (foreign(area="<areaDesc>青岛</areaDesc>"), "青岛 is not known"),
        (foreign(sent="2025-01-18T17:30:05Z"), "line 4: .*sent"),
        (foreign(severity="Grave"), "not valid by CAP 1.2"),
        (foreign(sender="two words"), "not valid by CAP 1.2"),
        (b"<alert/>", "not valid by CAP 1.2"),
        (b"not xml", "no XML"),
        (
            foreign().replace(b"<alert", b'<!DOCTYPE alert [<!ENTITY x "y">]><alert'),
            "document type",
        ),
    ],
)
def test_what_is_no_alert_is_refused_and_nothing_is_kept(
    database: Database, body: bytes, fault: str
) -> None:
    with pytest.raises(BadInputError, match=fault):
        take(database, body)
    with database.reading() as session:
        assert alerts.list_alerts(session) == []


def test_an_update_of_another_sender_is_refused(database: Database) -> None:
    take(database, foreign())
    first = "qx.example.cn,F1,2025-01-18T17:30:05+08:00"
    with pytest.raises(BadInputError, match=r"refers to none of thief\.example"):
        take(database, foreign("Update", "F2", references=first, sender="thief.example"), 2)


def test_a_text_that_cap_forbids_is_not_written() -> None:
    with pytest.raises(BadInputError, match="sender"):
        to_xml(message_of(alert(), 1, SENT._replace(sender="two words")))


def test_the_schema_knows_the_elements_that_we_do_not_write() -> None:
    """The element dictionary of CAP 1.2, 3.2: in their order they pass, in another they do not."""
    more = foreign().replace(
        b"</area>",
        b"<polygon>41,123 42,123 42,124 41,123</polygon><circle>41,123 10</circle>"
        b"<altitude>0</altitude><ceiling>1.5</ceiling></area>",
    )
    before = b"<source>s</source><scope>Restricted</scope><restriction>r</restriction>"
    after = b"<addresses>a</addresses><code>c</code><note>n</note><incidents>i</incidents>"
    more = more.replace(b"<scope>Public</scope>", before + after)
    assert schema().validate(etree.fromstring(more))
    assert not schema().validate(etree.fromstring(more.replace(before + after, after + before)))


@pytest.fixture
def loaded(tmp_path: Path, sqlite_tables: Path) -> str:
    """A database with Liaoning's registry."""
    from fixtures.liaoning import HERE
    from scheduler import datasets
    from scheduler.intake.registry import read_registry

    path = tmp_path / "store.sqlite"
    path.write_bytes(sqlite_tables.read_bytes())
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        datasets.load(session, "registry", "t", read_registry(HERE / "registry"), NOON)
    database.close()
    return database.url


def cuofeng(url: str, *arguments: str | Path) -> Result:
    environment = {"CUOFENG_DATABASE_URL": url}
    return CliRunner().invoke(app, ["alert", *map(str, arguments)], env=environment)


def test_the_command_takes_in_and_writes_out(loaded: str, tmp_path: Path) -> None:
    (tmp_path / "in.xml").write_bytes(foreign())
    done = cuofeng(loaded, "cap-in", tmp_path / "in.xml", "--known-at", "2025-01-18T18:00")
    assert (done.exit_code, done.stdout) == (0, "received F1: alert F1, revision 1\n")
    again = cuofeng(loaded, "cap-in", tmp_path / "in.xml", "--lang", "zh-CN")
    assert (again.exit_code, "此前已接收" in again.stdout) == (0, True)
    sender = ("--sender", "sthj.yingkou.gov.cn")
    written = cuofeng(loaded, "cap-out", "F1", *sender, "--status", "Exercise")
    message: CapMessage = from_xml(written.stdout.encode())
    assert (message.status, message.identifier) == ("Exercise", "F1/1")
    assert message.infos[0].areas[0].description == "盘锦"
    cuofeng(loaded, "cap-out", "F1", *sender, "--out", tmp_path / "out.xml")
    assert from_xml((tmp_path / "out.xml").read_bytes()).status == "Actual"
    (tmp_path / "bad.xml").write_bytes(b"no")
    assert cuofeng(loaded, "cap-in", tmp_path / "bad.xml").exit_code == 2
    assert cuofeng(loaded, "cap-out", "F1", *sender, "--number", "2").exit_code == 2
