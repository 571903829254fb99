"""What condition keys say, in a few words: `data/condition_key_meanings.txt`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from functools import lru_cache

from iamsim.catalog.files import data_lines


@lru_cache(maxsize=1)
def _meanings() -> dict[str, str]:
    """The sentences by key in lower case, without the variable part of a name."""
    meanings = {}
    for line in data_lines("condition_key_meanings.txt"):
        name, _, meaning = line.partition(" ")
        meanings[name.partition("${")[0].lower()] = meaning
    return meanings


def meaning_of(key: str) -> str | None:
    """Say what a key (in any case) is about; `None` for keys of which the table says nothing."""
    known = _meanings()
    start, slash, _ = key.lower().partition("/")
    return known.get(start + slash)
