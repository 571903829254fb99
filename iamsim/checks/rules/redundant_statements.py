"""A statement stands twice.

## What it finds
Two statements that say the same, whatever their `Sid`s and whatever the order of their lists.

## Why it matters
The second changes nothing; who edits one of the two later changes nothing either.
"""

from __future__ import annotations

import json

from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.words import as_it_stands

CODE = "REDUNDANT_STATEMENT"
LISTS = ("Action", "NotAction", "Resource", "NotResource")
IGNORING_CASE = ("Action", "NotAction")


@checks(CODE)
def repeated_statements(policy: PolicyView) -> Findings:
    """Statements that are equal once lists are sorted."""
    if len(policy.statements) < 2:  # noqa: PLR2004 - one statement can't stand twice
        return
    first: dict[str, StatementView] = {}
    for statement in policy.statements:
        original = first.setdefault(meaning(statement), statement)
        if original is not statement:
            message = f"statement {statement.index + 1} repeats statement {original.index + 1}"
            places = (statement.path, original.path)
            yield policy.finding(CODE, message, *places, hint="take one of the two out")


def meaning(statement: StatementView) -> str:
    """Write a statement so that equal ones have equal texts."""
    parts = {name: value for name, value in statement.raw.items() if name != "Sid"}
    for name in LISTS:
        if name in parts:
            given = parts[name]
            listed = given if isinstance(given, list) else [given]
            texts = [
                # Nearly all are texts, of which the marks tell that they are some.
                f'"{entry}"'
                if isinstance(entry, str)
                else json.dumps(entry, sort_keys=True, default=as_it_stands)
                for entry in listed
            ]
            if name in IGNORING_CASE:
                texts = [text.lower() for text in texts]
            parts[name] = sorted(set(texts))
    return json.dumps(parts, sort_keys=True, default=as_it_stands)
