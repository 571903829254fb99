"""What is written as JUnit is what build servers accept: the elements, attributes and counts that
the schema of Jenkins knows, in its order.

The schema is quoted in https://docs.pytest.org/en/stable/how-to/output.html#record-xml-attribute.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

from iamsim.cli.main import main

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "", "Effect": "Allow", "Action": "s3:GetObjet", "Resource": "arn:aws:b"}],
}
SUITE = """
title: "who <reads> & \\"why\\"\\x01"
identity_policies: [p.json]
requests:
- {name: "a <b> & c", principal: "arn:aws:iam::111122223333:role/app", action: "s3:PutObject",
   resource: "arn:aws:s3:::b/k", expect: allowed}
- {principal: "arn:aws:iam::111122223333:role/app", action: "s3:PutObject",
   resource: "arn:aws:s3:::b/k", expect: denied}
- {principal: "nobody", action: "s3:PutObject", resource: "arn:aws:s3:::b/k", expect: denied}
"""


class Shape(NamedTuple):
    """The attributes that an element must and may have, and its children in their order with how
    many of each there may be (0 is any number)."""

    required: frozenset[str]
    optional: frozenset[str]
    children: dict[str, int]


def shape(required: str, optional: str, **children: int) -> Shape:
    """Write a shape down in words."""
    order = {name.replace("_", "-"): most for name, most in children.items()}
    return Shape(frozenset(required.split()), frozenset(optional.split()), order)


OUTPUTS = {"system_out": 0, "system_err": 0}
SHAPES = {
    "testsuites": shape("", "name time tests failures disabled errors", testsuite=0),
    "testsuite": shape(
        "name tests",
        "failures errors time disabled skipped timestamp hostname id package",
        properties=1,
        testcase=0,
        system_out=1,
        system_err=1,
    ),
    "testcase": shape(
        "name", "assertions time classname status", skipped=1, error=0, failure=0, **OUTPUTS
    ),
    "failure": shape("", "type message"),
    "error": shape("", "type message"),
    "system-out": shape("", ""),
}


def faults(element: ET.Element) -> list[str]:
    """What of an element, and of all in it, the schema does not allow."""
    known = SHAPES.get(element.tag)
    if known is None:
        return [f"<{element.tag}> is not known"]
    names = [child.tag for child in element]
    order = list(known.children)
    found = [f"{element.tag} lacks {name}" for name in known.required - set(element.attrib)]
    extra = set(element.attrib) - known.required - known.optional
    found += [f"{element.tag} has {name}" for name in extra]
    found += [f"{element.tag} holds <{name}>" for name in names if name not in order]
    places = [order.index(name) for name in names if name in order]
    found += [f"{element.tag} is out of order" for entry, two in pairwise(places) if entry > two]
    found += [
        f"{element.tag} holds <{name}> more than once"
        for name, most in known.children.items()
        if most and names.count(name) > most
    ]
    return found + [fault for child in element for fault in faults(child)]


def check_counts(suite: ET.Element) -> None:
    """The numbers of a suite are those of its cases."""
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases)
    for attribute, tag in (("failures", "failure"), ("errors", "error")):
        held = sum(case.find(tag) is not None for case in cases)
        assert int(suite.attrib.get(attribute, "0")) == held


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A suite with cases that pass, fail and can't be asked, a broken one, and two policies."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text(json.dumps(POLICY), encoding="utf-8")
    (tmp_path / "good.json").write_text(
        json.dumps(POLICY).replace("GetObjet", "GetObject").replace("arn:aws:b", "*"), "utf-8"
    )
    (tmp_path / "a.iamtest.yaml").write_text(SUITE, encoding="utf-8")
    (tmp_path / "b.iamtest.yaml").write_text("requests: 3\n", encoding="utf-8")
    return tmp_path


def written(*arguments: str) -> ET.Element:
    """The root of what a command writes as JUnit."""
    main([*arguments, "--format", "junit", "-o", "junit.xml"])
    return ET.parse("junit.xml").getroot()  # noqa: S314 - our own text


def test_outcomes_of_suites_are_in_the_shape_of_junit(folder):
    """Passed and failed cases, those that can't be asked, and files that can't be read."""
    root = written("test", ".")
    assert faults(root) == []
    for suite in root:
        check_counts(suite)
    for attribute in ("tests", "failures", "errors"):
        total = sum(int(suite.attrib[attribute]) for suite in root)
        assert int(root.attrib[attribute]) == total
    assert root.attrib["tests"] == "4"
    assert root.attrib["failures"] == "2"
    assert root.attrib["errors"] == "1"
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert (failure.text or "").startswith("a.iamtest.yaml:5\n")


def test_findings_are_in_the_shape_of_junit(folder):
    """Policies with findings that fail, with others, and without."""
    root = written("validate", "p.json", "good.json")
    assert faults(root) == []
    check_counts(root)
    assert root.attrib["failures"] == "1"


def test_the_shape_can_be_missed():
    """An attribute, an element, an order or a number that the schema does not know is a fault."""
    text = (
        '<testsuite name="n"><testcase line="1"><system-out/><failure/></testcase><x/>'
        "<system-out/><system-out/></testsuite>"
    )
    assert sorted(faults(ET.fromstring(text))) == [  # noqa: S314 - our own text
        "<x> is not known",
        "testcase has line",
        "testcase is out of order",
        "testcase lacks name",
        "testsuite holds <system-out> more than once",
        "testsuite holds <x>",
        "testsuite lacks tests",
    ]
