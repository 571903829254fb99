"""What conditions ask of one context key together, and a value that gives it to them.

The leaves of compiled policies are read as data: their templates become globs; numbers, dates,
addresses and bytes are settled by values that stand for all others, held against the leaves' own
tests. Missing keys, IfExists, set operators and negation are as in `iamsim.compile.condition`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamsim.compile.literals import read_date
from iamsim.compile.operators import POSITIVE
from iamsim.proofs.globs import SOMETHING, Glob, Open, literal_glob
from iamsim.proofs.texts import find_text, will_do
from iamsim.symbolic.literals import literal_values
from iamsim.symbolic.strings import arn_tokens
from iamsim.syntax.variables import Variable

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.template import Template
    from iamsim.core.request import ContextValue
    from iamsim.core.wildcard import Token
    from iamsim.proofs.budget import Budget

    Context = Mapping[str, ContextValue | None]  # `None`: known to be absent

FOR_ALL_VALUES = "ForAllValues"
FOR_ANY_VALUE = "ForAnyValue"
FOLDED = frozenset({"StringEqualsIgnoreCase", "Bool"})
FAMILIES = ("Numeric", "Date", "IpAddress", "Binary")
TEXTS = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "Bool"})
UNREADABLE = "unreadable"


class Nothing(Enum):
    """No value will do."""

    NOTHING = "nothing"


class InexactError(Exception):
    """Conditions of different kinds on one key, for which no value was found and none excluded."""


class KeyTest(NamedTuple):
    """A condition that has to hold, or not to."""

    condition: ConditionTest
    holds: bool


class Domain(NamedTuple):
    """What values a key can have: absent, one value, several (`many`).

    A value fits some glob of each group in `groups` and none of `avoided`. `family` is set where
    values are numbers, dates or addresses; `usual` are values that read well.
    """

    absent: bool = True
    present: bool = True
    many: bool = False
    groups: tuple[tuple[Glob, ...], ...] = ()
    avoided: tuple[Glob, ...] = ()
    family: str | None = None
    usual: tuple[str, ...] = ()


FREE = Domain()


def find_value(
    tests: Sequence[KeyTest], domain: Domain, variables: Context, budget: Budget
) -> ContextValue | Nothing | None:
    """Find a value with which all tests come out as wanted; `None` stands for an absent key.

    `variables` are values of the keys in policy variables, as far as they are known. Raises
    `InexactError` where conditions of different kinds can't be settled together.
    """
    if domain.absent and all(_when_absent(test.condition) is test.holds for test in tests):
        return None
    if not domain.present:
        return Nothing.NOTHING
    null = [test for test in tests if test.condition.operator.base == "Null"]
    if not all(_when_present(test.condition) is test.holds for test in null):
        return Nothing.NOTHING
    valued = [test for test in tests if test.condition.operator.base != "Null"]
    single = _member(valued, domain, variables, budget)
    if single is not None:
        return single
    return _several(valued, domain, variables, budget) if domain.many else Nothing.NOTHING


def _when_absent(condition: ConditionTest) -> bool:
    return condition.test({})


def _when_present(condition: ConditionTest) -> bool:
    """What a Null condition says of a key that is there."""
    return condition.test({condition.key: "x"})


def _several(
    tests: list[KeyTest], domain: Domain, variables: Context, budget: Budget
) -> tuple[str, ...] | Nothing:
    """Two or more values: some tests bind each of them, of others each needs one that fits."""
    each: list[KeyTest] = []
    some: list[KeyTest] = []
    for test in tests:
        operator = test.condition.operator.set_operator
        if operator is None:
            if test.holds:
                return Nothing.NOTHING  # one operator, one value
            continue
        (each if (operator == FOR_ALL_VALUES) is test.holds else some).append(test)
    found: dict[str, None] = {}
    for test in some:
        value = _member([*each, test], domain, variables, budget, filled=True)
        if value is None:
            return Nothing.NOTHING
        found[value] = None
    while len(found) < 2:  # noqa: PLR2004 - several
        beside = domain._replace(avoided=(*domain.avoided, *(literal_glob(text) for text in found)))
        value = _member(each, beside, variables, budget, filled=True)
        if value is None:
            return Nothing.NOTHING
        found[value] = None
    return tuple(found)


def _member(
    tests: Sequence[KeyTest],
    domain: Domain,
    variables: Context,
    budget: Budget,
    *,
    filled: bool = False,
) -> str | None:
    """One value that satisfies what the tests ask of each value; an empty text only where no
    other does, and with `filled` not at all."""
    groups = list(domain.groups)
    avoided = list(domain.avoided)
    typed: list[tuple[ConditionTest, bool]] = []
    for condition, holds in tests:
        values = condition.values
        negated = condition.operator.negated
        if negated and values.unreadable:
            if holds:
                return None
            continue
        wanted = holds is not negated
        if _base(condition) not in TEXTS:
            typed.append((condition, wanted))
            continue
        globs = resolved_globs(condition, variables)
        if wanted:
            groups.append(globs)
        else:
            avoided += globs
    needs_text = filled or any(test.condition.operator.set_operator for test in tests)
    if typed or domain.family is not None:
        return _typed(typed, domain, groups, avoided, budget)
    if not any(glob.is_open for glob in avoided):
        for text in domain.usual:
            if will_do(text, groups, avoided):
                return text
    member = find_text(groups, avoided, budget)
    if member == "":
        member = find_text([*groups, (SOMETHING,)], avoided, budget)
        return member if member is not None or needs_text else ""
    return member


def _typed(
    typed: list[tuple[ConditionTest, bool]],
    domain: Domain,
    groups: list[tuple[Glob, ...]],
    avoided: list[Glob],
    budget: Budget,
) -> str | None:
    """One value where numbers, dates, addresses or bytes are compared: values that stand for all
    are tried. Patterns of texts beside them are tried on the same values only."""
    families: dict[str, list[str]] = {}
    if domain.family is not None:
        families[domain.family] = []
    for condition, _ in typed:
        texts = [template.text for template in condition.values.templates]
        families.setdefault(_family(condition), []).extend(texts)
    if "Numeric" in families and "Date" in families:
        seconds = [read_date(text) for text in families["Date"]]
        families["Numeric"] += [str(moment) for moment in seconds if moment is not None]
    readable = domain.family is not None or any(wanted for _, wanted in typed)
    candidates = [
        text
        for family, texts in families.items()
        for text in literal_values(family, texts)
        if not (readable and text == UNREADABLE)
    ]
    for text in (*domain.usual, *_literals(groups), *candidates):
        if all(_accepts(condition, text) is wanted for condition, wanted in typed) and will_do(
            text, groups, avoided
        ):
            return text
    extra = len(groups) > len(domain.groups) or len(avoided) > len(domain.avoided)
    if extra and find_text(groups, avoided, budget) is not None:
        raise InexactError
    return None


def _literals(groups: list[tuple[Glob, ...]]) -> list[str]:
    """The texts that globs name."""
    return [text for group in groups for glob in group if (text := glob.literal) is not None]


def _accepts(condition: ConditionTest, text: str) -> bool:
    """What the leaf's own test says of one value, before negation."""
    test = condition.values.test
    return test is not None and test(text)


def _base(condition: ConditionTest) -> str:
    """The positive operator behind a condition."""
    base = condition.operator.base
    return POSITIVE.get(base, base)


def _family(condition: ConditionTest) -> str:
    """Which kind of values a condition compares, if no texts."""
    base = _base(condition)
    return next(family for family in FAMILIES if base.startswith(family))


def resolved_globs(condition: ConditionTest, variables: Context) -> tuple[Glob, ...]:
    """The globs of a condition on texts, with what is known of policy variables."""
    base = _base(condition)
    globs: list[Glob] = []
    for template in condition.values.templates:
        glob: Glob | None
        if not template.keys:
            glob = _fixed_glob(base, template)
        elif all(key in variables for key in template.keys):
            tokens = template.resolve(
                {key: value for key, value in variables.items() if value is not None}
            )
            glob = None if tokens is None else _glob(base, tokens)
        else:
            glob = _open_glob(base, template)
        if glob is not None:
            globs.append(glob)
    return tuple(globs)


@lru_cache(maxsize=50_000)
def _fixed_glob(base: str, template: Template) -> Glob | None:
    """The glob of a template without variables; `None` where it accepts nothing."""
    if base in {"StringLike", "ArnLike"}:
        return _glob(base, list(template.tokens()))
    text = template.literal_text()
    if base == "Bool" and text.lower() not in {"true", "false"}:
        return None
    return literal_glob(text, fold=base in FOLDED)


def _glob(base: str, tokens: list[Token]) -> Glob | None:
    """The glob of tokens under an operator."""
    if base == "StringLike":
        return Glob.of(tokens)
    if base == "ArnLike":
        strict = arn_tokens(tokens)
        return None if strict is None else Glob.of(strict)
    text = "".join(token if isinstance(token, str) else token.value for token in tokens)
    if base == "Bool" and text.lower() not in {"true", "false"}:
        return None
    return literal_glob(text, fold=base in FOLDED)


def _open_glob(base: str, template: Template) -> Glob:
    """A template whose variables have no known value. Under operators that read wildcards as plain
    characters, and for ARNs, whose parts a value could shift, it is one opaque whole."""
    if base != "StringLike":
        return Glob((Open(f"{base} {template.text}"),))
    return Glob.of(
        Open(f"{part.key.lower()} {part.default}") if isinstance(part, Variable) else part
        for part in template.parts
    )
