"""Edits as patches of the texts in which the policies stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from iamsim.core.errors import InputError
from iamsim.query.edits.model import Edit, Patch
from iamsim.query.edits.steps import Step, apply_steps, read_part, text_changes
from iamsim.syntax.splicing import Change, apply_changes, unified_diff

if TYPE_CHECKING:
    from iamsim.core.span import Source
    from iamsim.query.edits.place import Place
    from iamsim.query.edits.trial import Trial

MARGIN = 200  # lines around the changes that are compared
_HUNK = re.compile(r"^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@$", re.MULTILINE)


def make_patches(edits: tuple[Edit, ...], trial: Trial) -> tuple[Patch, ...]:
    """Write the edits of each text as one patch.

    A text is left out where its change can't be written in place: every patch was read again, and
    holds the policies that were decided. A template is for its author to change.
    """
    steps: dict[int, tuple[Place, list[Step]]] = {}
    for edit in edits:
        if edit.steps and edit.place is not None and edit.place.origin is not None:
            _, patches = steps.setdefault(id(edit.place.origin), (edit.place, []))
            patches.extend(edit.steps)
    changes: dict[tuple[str, str], tuple[list[Change], list[str]]] = {}
    for place, patches in steps.values():
        origin = place.origin
        data = trial.data(place)
        if origin is None or data is None or place.policy is None:
            continue
        if origin.source.evaluated is not None:
            continue
        written = _written(origin.source, data, patches)
        if written is None:
            continue
        text = origin.source.name, origin.source.text
        several, names = changes.setdefault(text, ([], []))
        several.extend(written)
        names.append(place.policy.name)
    return tuple(
        Patch(name, tuple(names), _difference(name, text, apply_changes(text, several)))
        for (name, text), (several, names) in changes.items()
    )


def changed_texts(edits: tuple[Edit, ...]) -> dict[str, str]:
    """Give the texts that edits change, by the names of their sources, as they are afterwards."""
    return {
        source.name: apply_changes(source.text, changes)
        for source, changes in changes_of_texts(edits)
    }


def changes_of_texts(edits: tuple[Edit, ...]) -> list[tuple[Source, tuple[Change, ...]]]:
    """Give the texts that edits change, each with its changes."""
    steps: dict[str, tuple[Source, list[Step]]] = {}
    for edit in edits:
        origin = None if edit.place is None else edit.place.origin
        if origin is not None and edit.steps and origin.source.evaluated is None:
            _, changes = steps.setdefault(origin.source.name, (origin.source, []))
            changes.extend(edit.steps)
    return [(source, tuple(text_changes(source, changes))) for source, changes in steps.values()]


def _difference(name: str, before: str, after: str) -> str:
    """Write the difference of two long texts that are alike but for a few places: what comes before
    the first of them and behind the last is not compared."""
    first, second = before.splitlines(keepends=True), after.splitlines(keepends=True)
    shorter = min(len(first), len(second))
    start = next((n for n in range(shorter) if first[n] != second[n]), shorter)
    left = shorter - start
    end = next((n for n in range(left) if first[-1 - n] != second[-1 - n]), left)
    start, end = max(start - MARGIN, 0), max(end - MARGIN, 0)
    parts = ("".join(lines[start : len(lines) - end]) for lines in (first, second))

    def moved(found: re.Match[str]) -> str:
        old, new = int(found[1]) + start, int(found[3]) + start
        return f"@@ -{old}{found[2] or ''} +{new}{found[4] or ''} @@"

    return _HUNK.sub(moved, unified_diff(name, *parts))


def _written(source: Source, data: dict[str, Any], steps: list[Step]) -> tuple[Change, ...] | None:
    """Say how one policy's text changes, if what comes out reads as it should."""
    try:
        changes = text_changes(source, steps)
        changed = apply_changes(source.text, changes)
        wanted = apply_steps(data, steps)
    except (ValueError, KeyError, InputError):
        return None
    span = source.span(())
    longer = len(changed) - len(source.text)
    lead = " " * (span.column - 1)
    part = lead + changed[span.start : span.end + longer]
    try:
        read = read_part(part, source)
    except InputError:
        return None
    return changes if read == wanted else None
