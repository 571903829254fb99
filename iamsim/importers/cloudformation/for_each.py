"""`Fn::ForEach`: loops of the transform AWS::LanguageExtensions, written out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from iamsim.importers.cloudformation.functions import as_text
from iamsim.importers.unknown import Unknown

PREFIX = "Fn::ForEach::"
PARTS = 3
MAX_ENTRIES = 10_000
_not_alphanumeric = re.compile(r"[^A-Za-z0-9]")


def write_out_loops(
    value: object, evaluate: Callable[[object], object], report: Callable[[str, object], None]
) -> object:
    """Replace loops by the entries that they stand for.

    `evaluate` gives the values that a loop goes through; `report` takes the name and the content
    of a loop whose values are not known, or that would make more than 10,000 entries.
    """
    return _Writer(evaluate, report).write(value)


class _Writer:
    """Writes loops out, and counts what they made."""

    def __init__(
        self, evaluate: Callable[[object], object], report: Callable[[str, object], None]
    ) -> None:
        self.evaluate = evaluate
        self.report = report
        self.made = 0

    def write(self, value: object) -> object:
        """Go through a value, and write out the loops in its maps."""
        if isinstance(value, list):
            return [self.write(item) for item in value]
        if not isinstance(value, dict):
            return value
        found: dict[str, object] = {}
        for key, item in value.items():
            if key.startswith(PREFIX):
                self.loop(key, item, found)
            else:
                found[key] = self.write(item)
        return found

    def loop(self, name: str, loop: object, found: dict[str, object]) -> None:
        """Add the entries of one loop."""
        if not isinstance(loop, list) or len(loop) != PARTS:
            self.report(name, loop)
            return
        identifier, collection, body = loop
        items = self.evaluate(collection)
        if not isinstance(items, list) or not isinstance(identifier, str):
            self.report(name, loop)
            return
        for item in items:
            text = as_text(item)
            self.made += 1
            if isinstance(item, Unknown) or text is None or self.made > MAX_ENTRIES:
                self.report(name, loop)
                return
            written = self.write(_put(body, identifier, text))
            if isinstance(written, dict):
                found.update(written)


def _put(value: object, identifier: str, text: str) -> object:
    """Put an item of a loop in place of its identifier."""
    if isinstance(value, str):
        plain = value.replace(f"&{{{identifier}}}", _not_alphanumeric.sub("", text))
        return plain.replace(f"${{{identifier}}}", text)
    if isinstance(value, list):
        return [_put(item, identifier, text) for item in value]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": identifier}:
        return text
    return {
        str(_put(key, identifier, text)): _put(item, identifier, text)
        for key, item in value.items()
    }
