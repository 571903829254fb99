"""Condition blocks as a person would say them.

What must be there is said with *if*; what only must not be otherwise, and may be absent, with
*unless*: ``allowed if MFA was used, unless the request goes through a VPC endpoint other than ...``
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple
from iamsim.core.unknown import is_open_key
from iamsim.symbolic.layers import ALLOW, EXPLICIT_DENY, NOT_APPLICABLE
from iamsim.symbolic.vocabulary import (
    COMPARISONS,
    KNOWN,
    LAYER_NAMES,
    MEASURES,
    MOMENTS,
    NAME_IN_USER_ID,
    SESSIONS,
    TRUTHS,
    Words,
    subject,
)

if TYPE_CHECKING:
    from iamsim.symbolic.blocks import Block, Part
    from iamsim.symbolic.wording import Entry

SHOWN_VALUES = 4
LONGEST_VALUE = 100
NOT_KNOWN, ALLOWS_IT, DENIES_IT = ", which is not known,", " allows it", " denies it explicitly"
# What stands for a fact that a world does not know, see `iamsim.engine.unknown_facts`.
UNKNOWN_FACT = re.compile(
    r"(the list of (?:grants|shares) of|the network origin of|the bucket behind"
    r"|Block Public Access of) (.+)"
).fullmatch
NOT_KNOWN_ALLOWS = f"{NOT_KNOWN}{ALLOWS_IT}"
VARIABLE = re.compile(r"\$\{([A-Za-z0-9-]+:[^},']+)\}")


class AllOf(tuple[str, ...]):
    """Values of several tests, all of which must hold."""

    __slots__ = ()


class Said(NamedTuple):
    """A phrase; with `unless` the request is allowed where it does not hold."""

    text: str
    unless: bool = False


def sentence(blocks: Sequence[Block], verb: str = "allowed") -> str:
    """Say all blocks in one sentence that begins with *allowed*, or another word."""
    options = list(dict.fromkeys(_split(block) for block in blocks))
    if not options:
        return f"{verb} only with values that no request of AWS has"
    shared = [text for text in options[0][1] if all(text in against for _, against in options)]
    if len(options) == 1 or not shared or not all(needed for needed, _ in options):
        return f"{verb} {'; or '.join(_option(*option) for option in options)}"
    # What must not be in any of the alternatives is said once, at the end.
    rest = [(needed, tuple(t for t in against if t not in shared)) for needed, against in options]
    if all(len(needed) == 1 and not against for needed, against in rest):
        either = _joined([needed[0] for needed, _ in rest], "or")
        return f"{verb} if {either}, unless {_joined(shared, 'or')}"
    text = "; or ".join(_option(*option) for option in rest)
    return f"{verb} {text}; in no case if {_joined(shared, 'or')}"


Option = tuple[tuple[str, ...], tuple[str, ...]]


def _split(block: Block) -> Option:
    """What must hold for a block, and what must not."""
    phrases = [phrase for part in block.parts for phrase in part_phrase(part)]
    needed = [phrase.text for phrase in phrases if not phrase.unless]
    # A policy that is not known and allows is one that does not deny.
    allowing = {text.removesuffix(ALLOWS_IT) for text in needed if text.endswith(NOT_KNOWN_ALLOWS)}
    against = [
        phrase.text
        for phrase in phrases
        if phrase.unless and phrase.text.removesuffix(DENIES_IT) not in allowing
    ]
    return tuple(dict.fromkeys(needed)), tuple(dict.fromkeys(against))


def _option(needed: Sequence[str], against: Sequence[str]) -> str:
    """One block: what must hold, then what must not."""
    text = f"if {_joined(needed, 'and')}" if needed else ""
    if against:
        text += f"{', ' if needed else ''}unless {_joined(against, 'or')}"
    return text


def part_phrase(part: Part) -> list[Said]:
    """What a block asks of one key (or of keys that are compared)."""
    present = {e.key.lower() for e in part.entries if e.base == "Null" and e.values == ("false",)}
    others = [entry for entry in part.entries if entry.base != "Null"]
    said = []
    for entry in _merged(part.entries):
        if entry.key in LAYER_NAMES:
            said.append(_layer(entry))
            continue
        if is_open_key(entry.key.lower()):
            said.append(_unknown_part(entry))
            continue
        if entry.base == "Null":
            covered = any(other.key.lower() == entry.key.lower() for other in others)
            if entry.values == ("true",) or not covered:
                said.append(Said(f"{subject(entry.key)} is {_absence(entry)}"))
            continue
        one = _entry(entry, must_be_there=entry.key.lower() in present)
        start = _measure(entry)
        if said and start and not one.unless and said[-1].text.startswith(start):
            # A range is said with its two ends.
            one = Said(f"{said.pop().text} and {one.text.removeprefix(start)}")
        said.append(one)
    return said


def _measure(entry: Entry) -> str:
    """How a comparison of numbers or moments begins."""
    kind = entry.base.removeprefix("Numeric").removeprefix("Date")
    if kind not in COMPARISONS:
        return ""
    words = MEASURES.get(entry.key.lower())
    return f"{subject(entry.key)} is " if words is None else f"{words[0]} "


def _merged(entries: Sequence[Entry]) -> list[Entry]:
    """Several tests of one kind on one key, of one value each, are said as one."""
    found: dict[object, Entry] = {}
    for entry in entries:
        like = entry.base.endswith("Like") and ":" not in entry.operator
        alone = like and len(entry.values) == 1
        # Of patterns that must match all count, of patterns that must not any one.
        negated = like and "Not" in entry.base
        merges = (alone and not entry.when_absent) or negated
        place = (entry.key, entry.base) if merges else entry
        known = found.get(place)
        if known is None:
            found[place] = entry
            continue
        values = (*known.values, *entry.values)
        found[place] = known._replace(values=values if negated else AllOf(values))
    return list(found.values())


def _layer(entry: Entry) -> Said:
    """What an unknown layer must say, or must not."""
    name = LAYER_NAMES[entry.key]
    if entry.base == "Null":
        return Said(f"the unknown {name} says something of it", unless=entry.values == ("true",))
    unless = "Not" in entry.base
    words = set(entry.values)
    found = []
    if ALLOW in words:
        found.append(f"the unknown {name} allows it")
    if NOT_APPLICABLE in words:
        found.append("there is none" if found else f"there is no {name}")
    if EXPLICIT_DENY in words:
        found.append(
            "denies it explicitly" if found else f"the unknown {name} denies it explicitly"
        )
    return Said(_joined(found, "or"), unless)


def _unknown_part(entry: Entry) -> Said:
    """What an unknown part of a policy must do, or must not."""
    place, _, effect = entry.key.partition(":")[2].rpartition(":")
    policy, _, statement = place.rpartition("#")
    verb = ALLOWS_IT if effect == "Allow" else DENIES_IT
    what = f"statement {statement} of the policy `{policy}`" if policy else f"the policy `{place}`"
    fact = UNKNOWN_FACT(policy or place)
    if fact is not None:
        what = f"{fact[1]} `{fact[2]}`"
    must_not = entry.values == ("true",) if entry.base == "Null" else "Not" in entry.base
    return Said(f"{what}{NOT_KNOWN}{verb}", unless=must_not)


def _session_words(entry: Entry) -> Words | None:
    """Words for aws:userid where only the name behind its colon is asked for."""
    if entry.key.lower() == "aws:userid" and all(map(NAME_IN_USER_ID.fullmatch, entry.values)):
        return SESSIONS
    return None


def _absence(entry: Entry) -> str:
    return "absent" if entry.values == ("true",) else "present"


def _entry(entry: Entry, *, must_be_there: bool) -> Said:
    key, base = entry.key.lower(), entry.base
    unless = entry.when_absent and not must_be_there
    sessions = _session_words(entry)
    values = _values(entry.values if sessions is None else [v[2:] for v in entry.values])
    if entry.operator.startswith("For"):
        return _set_entry(entry, unless=unless)
    negated = "Not" in base
    if base == "Bool" or (base.endswith("IgnoreCase") and key in TRUTHS and len(entry.values) == 1):
        # A Boolean key that must not be false where it is there must be true.
        name = subject(entry.key)
        truth = (entry.values[0].lower() == "true") is not negated
        is_true, is_false = TRUTHS.get(key, (f"{name} is true", f"{name} is false"))
        return Said(is_true if truth is not unless else is_false, unless)
    for prefix, table in (("Numeric", COMPARISONS), ("Date", MOMENTS)):
        comparison = table.get(base.removeprefix(prefix)) if base.startswith(prefix) else None
        if comparison is not None:
            end = MEASURES.get(key, ("", ""))[1]
            return Said(f"{_measure(entry)}{comparison[unless]} {values}{end}", unless)
    words = sessions or KNOWN.get(key) or _plain_words(entry)
    if negated:
        if unless:
            return Said(_filled(words.is_one, values), unless=True)
        return Said(_filled(words.is_other, values))
    return (
        Said(_filled(words.is_other, values), unless=True)
        if unless
        else Said(_filled(words.is_one, values))
    )


def _filled(template: str, values: str) -> str:
    """Put values into the place for them; names of keys may hold braces of their own."""
    head, place, tail = template.rpartition("{}")
    return f"{head}{values}{tail}" if place else template


def _plain_words(entry: Entry) -> Words:
    """Words for keys without any of their own."""
    like = entry.base.removeprefix("String").removeprefix("Arn").replace("Not", "")
    fold = ", in any letter case" if entry.base.endswith("IgnoreCase") else ""
    name = subject(entry.key)
    if like == "Like":
        return Words(f"{name} matches {{}}", f"{name} is there and does not match {{}}")
    return Words(f"{name} is {{}}{fold}", f"{name} is another than {{}}{fold}")


def _set_entry(entry: Entry, *, unless: bool) -> Said:
    """A test of several values."""
    negated = "Not" in entry.base
    name, relation = subject(entry.key), _relation(entry, negated)
    if not entry.operator.startswith("ForAny"):
        if unless:
            # All values must (not) be of the list: said by the value that would break it.
            return Said(f"some value of {name} {_relation(entry, not negated)}", unless=True)
        return Said(f"every value of {name} {relation}")
    start = f"{name} is absent or some value of it" if unless else f"some value of {name}"
    return Said(f"{start} {relation}")


def _relation(entry: Entry, negated: bool) -> str:
    """What one value is to those of a test."""
    values = _values(entry.values)
    if entry.base.endswith("Like"):
        return f"{'does not match' if negated else 'matches'} {values}"
    fold = ", in any letter case" if entry.base.endswith("IgnoreCase") else ""
    if not negated:
        return f"is {values}{fold}"
    if len(entry.values) == 2:  # noqa: PLR2004 - neither of two
        return f"is neither {_value(entry.values[0])} nor {_value(entry.values[1])}{fold}"
    return f"is {'other than' if len(entry.values) == 1 else 'none of'} {values}{fold}"


def _values(values: Iterable[str]) -> str:
    """Values in backticks; of many the first ones."""
    conjunction = "and" if isinstance(values, AllOf) else "or"
    shown = [_value(value) for value in values]
    if len(shown) > SHOWN_VALUES + 1:
        rest = len(shown) - SHOWN_VALUES
        more = f"or one of {rest} more" if conjunction == "or" else f"and {rest} more"
        return f"{', '.join(shown[:SHOWN_VALUES])} {more}"
    return _joined(shown, conjunction) if shown else "no value"


def _value(value: str) -> str:
    """A value in backticks, or the key whose value it is."""
    variable = VARIABLE.fullmatch(value)
    if variable is not None:
        return subject(variable[1])
    return f"`{value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + '...'}`"


def _joined(words: Sequence[str], conjunction: str) -> str:
    """`a, b and c`."""
    if len(words) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"
