"""What somebody probably meant by a name that is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ALIKE = 0.6  # of difflib's ratio, from 0 to 1
AMONG_MANY = 0.7  # where there are hundreds of names, so that one is near to anything
LONGEST = 300  # characters that are compared: the time grows with the square of the length


def closest(text: str, known: Iterable[str], number: int, alike: float = ALIKE) -> tuple[str, ...]:
    """The known names that are most like a text, likeliest first."""
    # difflib brings in `re`, which costs more than a lookup; few processes suggest anything.
    from difflib import get_close_matches

    return tuple(get_close_matches(text[:LONGEST], list(known), number, alike))


def nearest(text: str, known: Iterable[str], alike: float = ALIKE) -> str | None:
    """The known name that is most like a text; `None` where none is alike enough."""
    return next(iter(closest(text, known, 1, alike)), None)


def did_you_mean(
    text: str,
    known: Iterable[str],
    alike: float = ALIKE,
    *,
    shown: Mapping[str, str] | None = None,
) -> str | None:
    """The hint for a text that is no known name, whatever its letter case; `shown` has what is
    written in place of names that are only compared."""
    by_folded = {name.casefold(): name for name in known}
    folded = text.casefold()
    close = folded if folded in by_folded else nearest(folded, by_folded, alike)
    if close is None:
        return None
    name = by_folded[close]
    meant = name if shown is None else shown[name]
    more = " letter case matters" if meant.casefold() == folded else ""
    return f"did you mean `{meant}`?{more}"
