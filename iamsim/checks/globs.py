"""Patterns of file names, as in ``.gitignore``: without a slash they fit a name in any folder."""

from __future__ import annotations

import re
from functools import cache

_PIECES = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANINGS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def fits_glob(path: str, pattern: str) -> bool:
    """Whether a path (with slashes, relative to the pattern's folder) fits a pattern.

    ``*`` and ``?`` stay within a folder, ``**`` does not; a pattern that fits a folder fits all
    files in it.
    """
    return _compiled(pattern).fullmatch(path) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Turn a pattern into a regular expression."""
    text = pattern.removeprefix("./").removesuffix("/")
    anywhere = "" if "/" in text else "(?:[^/]+/)*"
    pieces = (_MEANINGS.get(piece, re.escape(piece)) for piece in _PIECES.findall(text))
    return re.compile(f"{anywhere}{''.join(pieces)}(?:/.*)?")
