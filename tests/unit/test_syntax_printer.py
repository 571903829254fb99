"""Policies written as JSON."""

from __future__ import annotations

import json

from iamsim.syntax.printer import to_document
from iamsim.syntax.read import parse_policy


def test_elements_are_written_in_the_order_of_awss_examples():
    """Whatever the order in the text was, and with one value or a list as it was."""
    text = (
        '{"Statement": {"Condition": {"NumericEquals": {"k": [1.0]}}, "Resource": ["a"],'
        ' "Action": "b", "Principal": {"AWS": ["c", "d"]}, "Effect": "Allow", "Sid": "s"},'
        ' "Id": "i", "Version": "2012-10-17"}'
    )
    expected = """{
  "Version": "2012-10-17",
  "Id": "i",
  "Statement": [
    {
      "Sid": "s",
      "Effect": "Allow",
      "Principal": {
        "AWS": [
          "c",
          "d"
        ]
      },
      "Action": "b",
      "Resource": [
        "a"
      ],
      "Condition": {
        "NumericEquals": {
          "k": [
            "1.0"
          ]
        }
      }
    }
  ]
}"""
    assert json.dumps(to_document(parse_policy(text)), indent=2) == expected


def test_everyone_is_written_as_a_star():
    """`Principal: "*"` is no object, and stays none."""
    document = {"Statement": [{"Effect": "Deny", "NotPrincipal": "*", "NotAction": "x"}]}
    assert to_document(parse_policy(document)) == document


def test_what_is_not_known_is_written_as_its_marker():
    """A policy in whole, a statement in whole, and one of which a part is not known."""
    marker = {"unknown": "it was lost", "source": "dump.json"}
    assert to_document(parse_policy(marker)) == marker
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allow, marker]}
    assert to_document(parse_policy(document)) == document
    partly = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": [marker, "arn:a"]}]}
    assert to_document(parse_policy(partly)) == {**document, "Statement": [marker]}
