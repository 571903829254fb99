"""A text of HCL that somebody types: what has not changed is not parsed anew.

https://tree-sitter.github.io/tree-sitter/using-parsers/3-advanced-parsing.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree


class TypedText:
    """The syntax of a text as it was last, from which the next one is parsed."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.content = b""
        self.tree: Tree | None = None

    def parse(self, parser: Parser, content: bytes) -> Tree:
        """Parse a text; the tree is that of the whole text parsed alone."""
        old = self.tree
        tree = parser.parse(content) if old is None else self._changed(parser, content, old)
        if old is not None and tree.root_node.has_error:
            tree = parser.parse(content)  # so that the same text has the same error
        self.content, self.tree = content, tree
        return tree

    def _changed(self, parser: Parser, content: bytes, old: Tree) -> Tree:
        """Tell the old tree what has changed, and go on from there."""
        before = self.content
        start = _common(before, content)
        behind = _common(before[start:][::-1], content[start:][::-1])
        while start and not _begins_character(content, start):
            start -= 1
        while behind and not _begins_character(content, len(content) - behind):
            behind -= 1
        old_end, new_end = len(before) - behind, len(content) - behind
        old.edit(
            start,
            old_end,
            new_end,
            _point(before, start),
            _point(before, old_end),
            _point(content, new_end),
        )
        return parser.parse(content, old)


def _common(first: bytes, second: bytes) -> int:
    """How many bytes at the start are the same."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _begins_character(content: bytes, at: int) -> bool:
    """Whether a byte is not in the middle of a character of UTF-8."""
    return at >= len(content) or content[at] & 0xC0 != 0x80  # noqa: PLR2004 - a following byte


def _point(content: bytes, at: int) -> tuple[int, int]:
    """The row and the column of a byte, as tree-sitter counts."""
    row = content.count(b"\n", 0, at)
    return row, at - (content.rfind(b"\n", 0, at) + 1)
