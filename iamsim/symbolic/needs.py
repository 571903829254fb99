"""What the open tests of a request tell apart in the value of each unknown key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.catalog import find_condition_key
from iamsim.compile.condition import ConditionTest
from iamsim.compile.operators import POSITIVE, TEXT_OPERATORS
from iamsim.compile.resource import ResourcePattern
from iamsim.core.data_class import dataclass, field
from iamsim.symbolic.strings import Form, Pattern, arn_tokens
from iamsim.syntax.variables import Variable

if TYPE_CHECKING:
    from iamsim.compile.residual import Atom
    from iamsim.compile.template import Template
    from iamsim.core.request import Request, Sent
    from iamsim.core.wildcard import Token
    from iamsim.symbolic.lists import Shapes

MOST_PIECES = 4000
FOLDING = {"StringEqualsIgnoreCase", "Bool"}
BOTH_TRUTHS = {Pattern((text,), fold=True): None for text in ("true", "false")}
FAMILIES = {"IpAddress": "IpAddress", "BinaryEquals": "Binary"}


@dataclass(slots=True)
class Needs:
    """What is asked of one key.

    `patterns` are texts and globs, `typed` the policy values by family of operators. With
    `several` the key may hold a list: a set operator reads it, or AWS documents it so. With
    `boolean` only Bool reads it. `exact` is false where a test tells values apart in another way
    (a variable inside a longer text, compared with another unknown key). `equal_to` are keys with
    which it is compared for equality, `templates` texts that its value is compared with and that
    hold other unknown keys. A key with a `form` is always there, with one value of that form; one
    that is `sent` is there, too, unless it is optional, with one value of which some things are
    known.
    """

    patterns: dict[Pattern, None] = field(default_factory=dict)
    typed: dict[str, list[str]] = field(default_factory=dict)
    several: bool = False
    boolean: bool = True
    exact: bool = True
    equal_to: set[str] = field(default_factory=set)
    templates: list[tuple[Template, Request]] = field(default_factory=list)
    form: Form | None = None
    sent: Sent | None = None

    @property
    def is_there(self) -> bool:
        """Whether no request lacks the key."""
        return self.form is not None or (self.sent is not None and not self.sent.optional)


def unknown_keys(atom: Atom) -> tuple[str, ...]:
    """The unknown keys that an open test reads."""
    return tuple(key for key in atom.leaf.keys if atom.request.is_unknown(key))


@lru_cache(maxsize=1024)
def holds_lists(key: str) -> bool:
    """Whether AWS's service reference calls a key multivalued."""
    facts = find_condition_key(key) if ":" in key else None
    return facts is not None and facts.multivalued


def collect_needs(atoms: Iterable[Atom], shapes: Shapes) -> dict[str, Needs]:
    """Collect what all open tests ask of each unknown key."""
    needs: dict[str, Needs] = {}
    for atom in atoms:
        leaf = atom.leaf
        for key in unknown_keys(atom):
            need = needs.get(key)
            if need is None:
                form, sent = shapes.form_of(key), shapes.sent_of(key)
                single = form is not None or sent is not None
                several = not single and (key in shapes.listed or holds_lists(key))
                need = needs[key] = Needs(several=several, form=form, sent=sent)
            need.boolean &= (
                isinstance(leaf, ConditionTest)
                and leaf.key == key
                and leaf.operator.base in {"Bool", "Null"}
            )
        if isinstance(leaf, ResourcePattern):
            _of_resource(leaf, atom, needs)
        elif isinstance(leaf, ConditionTest):
            _of_condition(leaf, atom, needs)
    _share_patterns(needs)
    for need in needs.values():
        if need.boolean and need.patterns:
            need.patterns = {**BOTH_TRUTHS, **need.patterns}
        texts = [pattern for pattern in need.patterns if pattern.literal != ""]
        if len(need.typed) > 1 or (need.typed and (texts or need.form is not None)):
            need.exact = False
    return needs


def _share_patterns(needs: dict[str, Needs]) -> None:
    """Keys that are compared for equality must tell the same things apart."""
    pairs = [(needs[key], needs[other]) for key in needs for other in needs[key].equal_to]
    for entry, other in pairs:
        if entry.typed or other.typed:
            entry.exact = other.exact = False
    changed = bool(pairs)
    while changed:
        changed = False
        for member, other in pairs:
            joined = {**member.patterns, **other.patterns}
            if len(joined) > len(member.patterns) or len(joined) > len(other.patterns):
                member.patterns, other.patterns = joined, dict(joined)
                changed = True


def _of_resource(leaf: ResourcePattern, atom: Atom, needs: dict[str, Needs]) -> None:
    """A resource with variables: their values are pieces of the resource's name."""
    keys = unknown_keys(atom)
    template = fill_template(leaf.template, atom.request)
    if template is None:
        return
    pieces, complete = _pieces(template, atom.request.resource)
    for key in keys:
        _add_literals(needs[key], _accepted(atom, key, pieces) if len(keys) == 1 else pieces)
        needs[key].exact &= complete


def _accepted(atom: Atom, key: str, pieces: Iterable[str]) -> list[str]:
    """The pieces with which the test holds (with the empty one the default may stand in)."""
    context = dict(atom.request.context)
    found = []
    for piece in pieces:
        context[key] = piece
        if atom.holds(context):
            found.append(piece)
    return found


def _of_condition(leaf: ConditionTest, atom: Atom, needs: dict[str, Needs]) -> None:
    """A condition: of its own key, and of the keys of its variables."""
    request = atom.request
    base = POSITIVE.get(leaf.operator.base, leaf.operator.base)
    own = needs.get(leaf.key) if request.is_unknown(leaf.key) else None
    if own is not None and leaf.operator.set_operator and not own.is_there:
        own.several = True
    if base not in TEXT_OPERATORS:
        if own is not None and base != "Null":
            family = FAMILIES.get(base) or ("Numeric" if base.startswith("Numeric") else "Date")
            texts = [template.text for template in leaf.values.templates]
            own.typed.setdefault(family, []).extend(texts)
        return
    for template in leaf.values.templates:
        filled = fill_template(template, request)
        if filled is None:
            continue
        unknown = {part.key.lower() for part in filled if isinstance(part, Variable)}
        if own is not None:
            _of_own_value(leaf.key, base, filled, unknown, needs)
            if unknown:
                own.templates.append((template, request))
        elif unknown:
            _of_known_value(leaf, base, filled, unknown, atom, needs)


def _of_own_value(
    key: str,
    base: str,
    filled: Sequence[Token | Variable],
    unknown: set[str],
    needs: dict[str, Needs],
) -> None:
    """The unknown value is compared with a text, in which other unknown values may stand."""
    fold = base in FOLDING
    tokens: list[Token] | None = []
    for part in filled:
        text = part.default if isinstance(part, Variable) else part
        tokens = None if text is None or tokens is None else [*tokens, text]
    if tokens is not None:
        _add(needs[key], _pattern(base, tokens))
    if not unknown:
        return
    for other in unknown:
        variable = filled[0]
        bare = len(filled) == 1 and isinstance(variable, Variable)
        if fold or not bare or base == "ArnLike" or other == key:
            needs[key].exact = needs[other].exact = False
        if bare and isinstance(variable, Variable) and other != key:
            needs[key].equal_to.add(other)
            if variable.default is not None:
                _add(needs[key], _pattern(base, [variable.default]))


def _of_known_value(
    leaf: ConditionTest,
    base: str,
    filled: Sequence[Token | Variable],
    unknown: set[str],
    atom: Atom,
    needs: dict[str, Needs],
) -> None:
    """A known value is compared with a text in which unknown values stand: pieces of it."""
    value = atom.request.context.get(leaf.key)
    members = () if value is None else (value,) if isinstance(value, str) else value
    for member in members:
        fold = base in FOLDING
        text = member.lower() if fold else member
        pieces, complete = _pieces(_lowered(filled) if fold else filled, text)
        for key in unknown:
            needs[key].exact &= complete
            for piece in pieces:
                _add(needs[key], Pattern((piece,), fold))


def _lowered(filled: Sequence[Token | Variable]) -> list[Token | Variable]:
    """The literals of a text in lower case."""
    return [part.lower() if isinstance(part, str) else part for part in filled]


def fill_template(template: Template, request: Request) -> list[Token | Variable] | None:
    """Fill in the variables whose keys are known; `None` if one of those has no value."""
    parts: list[Token | Variable] = []
    for part in template.parts:
        text: Token | Variable | None = part
        if isinstance(part, Variable) and not request.is_unknown(part.key.lower()):
            value = request.context.get(part.key.lower())
            if not value and (value != "" or part.default is not None):
                value = part.default
            text = value if isinstance(value, str) else None
        if text is None:
            return None
        if isinstance(text, str) and parts and isinstance(parts[-1], str):
            parts[-1] += text
        else:
            parts.append(text)
    return parts


def _pieces(parts: Sequence[Token | Variable], text: str) -> tuple[list[str], bool]:
    """The pieces of a text that can stand where the variables do; false if there are too many."""
    head = parts[0] if parts and isinstance(parts[0], str) else ""
    if not text.startswith(head):
        return [], True
    variables = [part for part in parts if isinstance(part, Variable)]
    first = next(index for index, part in enumerate(parts) if isinstance(part, Variable))
    start, length = len(head), len(text)
    if len(variables) == 1 and first == (1 if head else 0):
        after = parts[first + 1] if first + 1 < len(parts) else None
        ends = range(start, length + 1)
        if isinstance(after, str):
            return [text[start:end] for end in ends if text.startswith(after, end)], True
        return ([text[start:]] if after is None else [text[start:end] for end in ends]), True
    count = (length - start + 1) * (length - start) // 2
    if count > MOST_PIECES:
        return [], False
    pieces = {
        text[begin:end] for begin in range(start, length + 1) for end in range(begin, length + 1)
    }
    return sorted(pieces), True


def instantiate(template: Template, values: dict[str, str]) -> str:
    """One text that fits a template with these values; wildcards stand for as little as can be."""
    parts = []
    for part in template.parts:
        if isinstance(part, Variable):
            parts.append(values.get(part.key.lower()) or part.default or "")
        elif isinstance(part, str):
            parts.append(part)
        else:
            parts.append("" if part.value.endswith("*") else "x")
    return "".join(parts)


def _pattern(base: str, tokens: Sequence[Token]) -> Pattern | None:
    """The pattern of one policy value; `None` if it accepts nothing."""
    if base in {"StringEquals", "StringEqualsIgnoreCase", "Bool"}:
        text = "".join(token if isinstance(token, str) else token.value for token in tokens)
        if base == "Bool" and text.lower() not in {"true", "false"}:
            return None
        return Pattern((text,)) if base == "StringEquals" else Pattern((text.lower(),), fold=True)
    if base == "StringLike":
        return Pattern(tuple(tokens))
    found = arn_tokens(tokens)
    return None if found is None else Pattern(found)


def _add(need: Needs, pattern: Pattern | None) -> None:
    if pattern is not None:
        need.patterns[pattern] = None


def _add_literals(need: Needs, texts: Iterable[str]) -> None:
    """Remember texts as they stand."""
    for text in texts:
        need.patterns[Pattern((text,))] = None
