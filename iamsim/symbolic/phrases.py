"""Condition blocks as a person would say them.

What must be there is said with *if*; what only must not be otherwise, and may be absent, with
*unless*: ``allowed if MFA was used, unless the request goes through a VPC endpoint other than ...``
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.symbolic.layers import ALLOW, EXPLICIT_DENY, NOTHING, SAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamsim.symbolic.blocks import Block, Part
    from iamsim.symbolic.wording import Entry

__all__ = ["Said", "part_phrase", "sentence"]

SHOWN_VALUES = 4
LONGEST_VALUE = 100


class Words(NamedTuple):
    """How one key is spoken of: with one of some values, with others, without one of them."""

    is_one: str
    is_other: str
    is_none: str


class Said(NamedTuple):
    """A phrase; with `unless` the request is allowed where it does not hold."""

    text: str
    unless: bool = False


KNOWN: dict[str, Words] = {
    "aws:sourceip": Words(
        "the caller comes from {}",
        "the caller comes from an address outside {}",
        "the caller does not come from {}",
    ),
    "aws:sourcevpce": Words(
        "the request goes through VPC endpoint {}",
        "the request goes through a VPC endpoint other than {}",
        "the request does not go through VPC endpoint {}",
    ),
    "aws:sourcevpc": Words(
        "the request comes from VPC {}",
        "the request comes from a VPC other than {}",
        "the request does not come from VPC {}",
    ),
    "aws:principalorgid": Words(
        "the caller belongs to organization {}",
        "the caller belongs to an organization other than {}",
        "the caller does not belong to organization {}",
    ),
    "aws:requestedregion": Words(
        "the Region is {}", "the Region is another than {}", "the Region is not {}"
    ),
}
TRUTHS: dict[str, tuple[str, str]] = {
    "aws:multifactorauthpresent": ("MFA was used", "MFA was not used"),
    "aws:securetransport": ("the connection is encrypted", "the connection is not encrypted"),
    "aws:viaawsservice": (
        "an AWS service makes the call in the caller's name",
        "the caller makes the call itself",
    ),
    "aws:principalisawsservice": ("the caller is an AWS service", "the caller is no AWS service"),
}
LAYER_WORDS = {
    ALLOW: "allows it",
    EXPLICIT_DENY: "denies it explicitly",
    NOTHING: "says nothing of it",
}
COMPARISONS = {
    "LessThan": ("less than", "at least"),
    "LessThanEquals": ("at most", "more than"),
    "GreaterThan": ("more than", "at most"),
    "GreaterThanEquals": ("at least", "less than"),
}
MOMENTS = {
    "LessThan": ("before", "not before"),
    "LessThanEquals": ("not after", "after"),
    "GreaterThan": ("after", "not after"),
    "GreaterThanEquals": ("not before", "before"),
}


def sentence(blocks: Sequence[Block]) -> str:
    """Say all blocks in one sentence that begins with *allowed*."""
    said = list(dict.fromkeys(_block(block) for block in blocks))
    if not said:
        return "allowed only with values that no request of AWS has"
    return f"allowed {'; or '.join(said)}"


def _block(block: Block) -> str:
    """One block: what must hold, then what must not."""
    phrases = [phrase for part in block.parts for phrase in part_phrase(part)]
    needed = [phrase.text for phrase in phrases if not phrase.unless]
    against = [phrase.text for phrase in phrases if phrase.unless]
    text = f"if {_joined(needed, 'and')}" if needed else ""
    if against:
        text += f"{', ' if needed else ''}unless {_joined(against, 'or')}"
    return text


def part_phrase(part: Part) -> list[Said]:
    """What a block asks of one key (or of keys that are compared)."""
    present = {e.key.lower() for e in part.entries if e.base == "Null" and e.values == ("false",)}
    others = [entry for entry in part.entries if entry.base != "Null"]
    said = []
    for entry in part.entries:
        if entry.operator == SAYS:
            said.append(_layer(entry))
            continue
        if entry.base == "Null":
            covered = any(other.key.lower() == entry.key.lower() for other in others)
            if entry.values == ("true",) or not covered:
                said.append(Said(f"`{entry.key}` is {_absence(entry)}"))
            continue
        said.append(_entry(entry, must_be_there=entry.key.lower() in present))
    return said


def _layer(entry: Entry) -> Said:
    """What an unknown layer must say, or must not."""
    name = f"the unknown {entry.key.replace('-', ' ')}"
    against = [word for word in LAYER_WORDS if word not in entry.values]
    if entry.when_absent and against:
        return Said(f"{name} {_joined([LAYER_WORDS[word] for word in against], 'or')}", unless=True)
    return Said(f"{name} {_joined([LAYER_WORDS[word] for word in entry.values], 'or')}")


def _absence(entry: Entry) -> str:
    return "absent" if entry.values == ("true",) else "present"


def _entry(entry: Entry, *, must_be_there: bool) -> Said:
    """One test."""
    key, base = entry.key.lower(), entry.base
    unless = entry.when_absent and not must_be_there
    values = _values(entry.values)
    if entry.operator.startswith("For"):
        return _set_entry(entry, values, unless=unless)
    negated = "Not" in base
    if base == "Bool" or (base.endswith("IgnoreCase") and key in TRUTHS and len(entry.values) == 1):
        # A Boolean key that must not be false where it is there must be true.
        truth = (entry.values[0].lower() == "true") is not negated
        is_true, is_false = TRUTHS.get(key, (f"`{entry.key}` is true", f"`{entry.key}` is false"))
        return Said(is_true if truth is not unless else is_false, unless)
    for prefix, table in (("Numeric", COMPARISONS), ("Date", MOMENTS)):
        comparison = table.get(base.removeprefix(prefix)) if base.startswith(prefix) else None
        if comparison is not None:
            return Said(f"`{entry.key}` is {comparison[unless]} {values}", unless)
    words = KNOWN.get(key) or _plain_words(entry)
    if negated:
        if unless:
            return Said(words.is_one.format(values), unless=True)
        return Said(words.is_other.format(values))
    return (
        Said(words.is_other.format(values), unless=True)
        if unless
        else Said(words.is_one.format(values))
    )


def _plain_words(entry: Entry) -> Words:
    """Words for keys without any of their own."""
    like = entry.base.removeprefix("String").removeprefix("Arn").replace("Not", "")
    fold = ", in any letter case" if entry.base.endswith("IgnoreCase") else ""
    if like == "Like":
        return Words(
            f"`{entry.key}` matches {{}}",
            f"`{entry.key}` is there and does not match {{}}",
            f"`{entry.key}` does not match {{}}",
        )
    return Words(
        f"`{entry.key}` is {{}}{fold}",
        f"`{entry.key}` is another than {{}}{fold}",
        f"`{entry.key}` is not {{}}{fold}",
    )


def _set_entry(entry: Entry, values: str, *, unless: bool) -> Said:
    """A test of several values."""
    is_any = entry.operator.startswith("ForAny")
    negated = "Not" in entry.base
    if unless:
        # All values must (not) be of the list: said by the value that would break it.
        if not is_any:
            text = f"some value of `{entry.key}` is {'' if negated else 'none of '}{values}"
            return Said(text, unless=True)
        some = "no" if negated else "some"
        return Said(f"`{entry.key}` is absent or has {some} value of {values}")
    quantity = "some value" if is_any else "every value"
    return Said(f"{quantity} of `{entry.key}` is {'none of ' if negated else ''}{values}")


def _values(values: Iterable[str]) -> str:
    """Values in backticks; of many the first ones."""
    shown = [
        f"`{value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + '...'}`"
        for value in values
    ]
    if len(shown) > SHOWN_VALUES + 1:
        rest = len(shown) - SHOWN_VALUES
        return f"{', '.join(shown[:SHOWN_VALUES])} or one of {rest} more"
    return _joined(shown, "or") if shown else "no value"


def _joined(words: Sequence[str], conjunction: str) -> str:
    """`a, b and c`."""
    if len(words) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"
