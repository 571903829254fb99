"""Condition elements: one test per operator and key.

Missing keys, IfExists, negation and set operators are applied here, once for all operators:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.compile.literals import lacks_zone
from iamsim.compile.operators import ValueTests, compile_values, is_odd_boolean
from iamsim.compile.residual import Atom, Term
from iamsim.core.data_class import dataclass, field
from iamsim.core.errors import PolicyError
from iamsim.core.explanation import UNRESOLVED, ClauseExplanation, Element
from iamsim.core.reason import Note, Reason
from iamsim.syntax.ast import Condition, Value
from iamsim.syntax.operators import OperatorName, split_operator

if TYPE_CHECKING:
    from iamsim.core.request import ContextValue, Request
    from iamsim.core.span import Path, Source
    from iamsim.core.unknown import Unknown

    Context = Mapping[str, ContextValue]
    ContextTest = Callable[[Context], bool]

ELEMENTS = {element.value for element in Element}
FOR_ALL_VALUES = "ForAllValues"
FOR_ANY_VALUE = "ForAnyValue"
REMEMBERED = 30_000  # conditions whose meaning is kept at hand


@dataclass(frozen=True, slots=True)
class ConditionTest:
    """One operator on one key with its values. `key` is in lower case, `written_key` as written.

    `test` decides it for a context; `keys` are all keys that it reads: its own and those of its
    policy variables. Where no request has a part in it, `constant` is its answer.
    """

    operator: OperatorName
    written_operator: str
    key: str
    written_key: str
    values: ValueTests
    source: Source = field(compare=False)
    path: Path
    test: ContextTest = field(repr=False, compare=False)
    constant: bool | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The context keys that the test reads, its own first."""
        if self.constant is not None:
            return ()
        variables = (key for template in self.values.templates for key in template.keys)
        return tuple(dict.fromkeys((self.key, *variables)))

    def matches(self, request: Request) -> bool:
        """Decide the test for a request."""
        return self.test(request.context)

    def holds(self, _resource: str, context: Context) -> bool:
        """Decide the test for a full context."""
        return self.test(context)

    def residual(self, request: Request) -> Term:
        """True or false where the unknown keys do not matter, else the open test."""
        if any(request.is_unknown(key) for key in self.keys):
            return Atom(self, request)
        return self.test(request.context)

    def explain(self, request: Request) -> ClauseExplanation:
        """Say whether the test holds and, if the key is absent or odd, what that did."""
        context = request.context
        value = context.get(self.key)
        matched = self.test(context)
        resolved = None
        if any(template.keys for template in self.values.templates):
            texts = [template.resolve_text(context) for template in self.values.templates]
            resolved = ", ".join(UNRESOLVED if text is None else text for text in texts)
        return ClauseExplanation(
            Element.CONDITION,
            ", ".join(template.text for template in self.values.templates),
            None if value is None else _shown(value),
            matched,
            self._reason(value, matched=matched, resolved=resolved),
            self.source,
            self.path,
            operator=self.written_operator,
            key=self.written_key,
            resolved=resolved,
            notes=self._notes(value) + self._variable_notes(context, matched=matched),
        )

    def _variable_notes(self, context: Context, *, matched: bool) -> tuple[Note, ...]:
        """What is uncertain about the values of variables, and of entries that lack one."""
        if self.values.context_test is None:
            return ()  # no variables
        templates = self.values.templates
        notes = [note for template in templates for note in template.notes(context)]
        if matched and not self.operator.negated and context.get(self.key):
            unresolved = [template for template in templates if template.resolve(context) is None]
            notes += [Note.UNRESOLVED_VARIABLE_BESIDE_OTHERS] if unresolved else []
        return tuple(dict.fromkeys(notes))

    def _reason(self, value: ContextValue | None, *, matched: bool, resolved: str | None) -> Reason:
        """Why the test holds or fails."""
        present = value is not None and value != ()
        if not self.values.templates and (present or self.constant is not None):
            return Reason.NO_VALUES
        if self.operator.base == "Null":
            if self.constant is not None:
                return Reason.NULL_WITH_SET_OPERATOR
            if matched:
                return Reason.MATCHED
            return Reason.KEY_ABSENT if is_null(value) else Reason.KEY_PRESENT
        if not present:
            return Reason.KEY_ABSENT_PASSES if matched else Reason.KEY_ABSENT
        if matched:
            return Reason.MATCHED
        if self._has_several_values(value):
            return Reason.SEVERAL_VALUES_WITHOUT_SET_OPERATOR
        if self.values.unreadable:
            return Reason.POLICY_VALUE_UNREADABLE
        if self._is_unreadable(value):
            return Reason.VALUE_UNREADABLE
        if resolved is not None and UNRESOLVED in resolved:
            return Reason.VARIABLE_UNRESOLVED
        return Reason.VALUE_MISMATCH

    def _notes(self, value: ContextValue | None) -> tuple[Note, ...]:
        """The uncertain rules that decided this test."""
        notes = list(self.values.notes)
        operator = self.operator
        if not self.values.templates and self.constant is not None and not operator.set_operator:
            notes.append(Note.EMPTY_VALUE_LIST)
        present = value is not None and value != ()
        if not operator.canonical:
            notes.append(Note.OPERATOR_LETTER_CASE)
        if operator.base == "Null":
            return (*notes, *self._null_notes(value))
        if operator.base == "Bool" and present and any(map(is_odd_boolean, _members(value))):
            notes.append(Note.BOOLEAN_LETTER_CASE)
        if present and operator.base.startswith("Date") and any(map(lacks_zone, _members(value))):
            notes.append(Note.DATE_WITHOUT_ZONE)
        if not present and operator.negated and operator.set_operator == FOR_ANY_VALUE:
            notes.append(Note.FOR_ANY_VALUE_NEGATED_MISSING_KEY)
        if present and self._has_several_values(value):
            notes.append(Note.SEVERAL_VALUES_WITHOUT_SET_OPERATOR)
        elif present and self.values.unreadable:
            notes.append(Note.UNREADABLE_POLICY_VALUE)
        elif present and self._is_unreadable(value):
            notes.append(Note.UNREADABLE_REQUEST_VALUE)
        if present and operator.set_operator == FOR_ALL_VALUES and not any(value or ()):
            notes.append(Note.EMPTY_STRING_IN_LIST)
        return tuple(notes)

    def _null_notes(self, value: ContextValue | None) -> Iterator[Note]:
        """What is uncertain about Null."""
        if self.constant is not None:
            return
        if isinstance(value, tuple) and value and is_null(value):
            yield Note.EMPTY_STRING_IN_LIST
        if value == "":
            yield Note.EMPTY_STRING_VALUE

    def _has_several_values(self, value: ContextValue | None) -> bool:
        """Whether a multivalued key met an operator that takes one value."""
        return isinstance(value, tuple) and len(value) > 1 and self.operator.set_operator is None

    def _is_unreadable(self, value: ContextValue | None) -> bool:
        """Whether some value of the request can't be read as what the operator compares."""
        readable = self.values.readable
        if readable is None or value is None:
            return False
        return not all(map(readable, _members(value)))


@dataclass(frozen=True, slots=True)
class OpenTest(ConditionTest):
    """What stands for the unknown part of a statement: the test of a key that nobody sends.

    Nothing settles it but a completion, which gives the key a value: with ``true`` the unknown part
    is such that the statement matches (see `iamsim.core.unknown.open_key`).
    """

    unknowns: tuple[Unknown, ...] = ()

    def explain(self, request: Request) -> ClauseExplanation:
        """Say that it is not known whether the statement matches, and why."""
        unknown = self.unknowns[0]
        return ClauseExplanation(
            Element(unknown.element) if unknown.element in ELEMENTS else Element.CONDITION,
            unknown.why,
            None,
            self.test(request.context),
            Reason.DEPENDS_ON_UNKNOWN,
            self.source,
            self.path,
        )


def open_test(key: str, unknowns: tuple[Unknown, ...], source: Source, path: Path) -> OpenTest:
    """Make the test that stands for unknown parts of a statement, with the key that names them."""
    test = compile_condition(
        Condition("StringEquals", key, (Value("true", path),), path), source, with_variables=False
    )
    return OpenTest(
        test.operator,
        test.written_operator,
        test.key,
        test.written_key,
        test.values,
        source,
        path,
        test.test,
        test.constant,
        unknowns,
    )


def is_null(value: ContextValue | None) -> bool:
    """What the Null operator takes for absent: no key, no values, or a list of empty strings.

    A single empty string is present.
    """
    return value is None or (isinstance(value, tuple) and not any(value))


def _members(value: ContextValue | None) -> tuple[str, ...]:
    """The values of a key, one or several."""
    return (value,) if isinstance(value, str) else value or ()


def _shown(value: ContextValue) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def compile_condition(
    condition: Condition, source: Source, *, with_variables: bool, denies: bool = False
) -> ConditionTest:
    """Compile one operator and key of a statement that `denies` or allows; raises `PolicyError` for
    an unknown operator."""
    operator = split_operator(condition.operator)
    if operator is None:
        raise PolicyError(
            "unknown-operator",
            f"unknown condition operator `{condition.operator}`",
            span=source.span(condition.path[:-1]),
        )
    texts = tuple([value.text for value in condition.values])
    meaning = _compile_meaning(operator, condition.key, texts, with_variables, denies)
    key, values, test, constant = meaning
    return ConditionTest(
        operator,
        condition.operator,
        key,
        condition.key,
        values,
        source,
        condition.path,
        test,
        constant,
    )


@lru_cache(maxsize=REMEMBERED)
def _compile_meaning(
    operator: OperatorName, key: str, texts: tuple[str, ...], with_variables: bool, denies: bool
) -> tuple[str, ValueTests, ContextTest, bool | None]:
    """What a condition means, wherever it stands: many statements ask the same."""
    key = key.lower()
    values = compile_values(operator.base, texts, with_variables=with_variables)
    constant = _constant(operator, has_values=bool(texts), denies=denies)
    test = _test(operator, key, values) if constant is None else _fixed(constant)
    return key, values, test, constant


def _constant(operator: OperatorName, *, has_values: bool, denies: bool) -> bool | None:
    """What a condition says that asks nothing of the request; `None` where it asks something.

    Without values a plain condition holds, and yet the statement gives no permissions: a Deny
    applies then, an Allow does not. Null with a set operator is decided by the set operator.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    """
    if operator.base == "Null" and operator.set_operator is not None:
        return operator.set_operator == FOR_ALL_VALUES
    if has_values or operator.if_exists or operator.set_operator == FOR_ALL_VALUES:
        return None
    return denies and operator.set_operator is None


def _fixed(answer: bool) -> ContextTest:
    """A test that the request has no part in."""
    return lambda _context: answer


def _test(operator: OperatorName, key: str, values: ValueTests) -> ContextTest:
    """The test of a condition that reads the request."""
    if operator.base == "Null":
        return _null_test(key, values)
    return _value_test(operator, key, values)


def _null_test(key: str, values: ValueTests) -> ContextTest:
    """Null: ``true`` asks that the key is absent, ``false`` that it is there."""
    texts = {template.text.lower() for template in values.templates}
    if_null, if_present = "true" in texts, "false" in texts
    return lambda context: if_null if is_null(context.get(key)) else if_present


def _value_test(operator: OperatorName, key: str, values: ValueTests) -> ContextTest:
    """Every other operator, for keys that are there and keys that are not."""
    passes_by_itself = operator.negated if operator.set_operator is None else False
    missing = operator.if_exists or operator.set_operator == FOR_ALL_VALUES or passes_by_itself
    accepts = _accepts(operator, values)
    if operator.set_operator is None:
        return _single_value_test(key, accepts, values, missing=missing, negated=operator.negated)
    for_all = operator.set_operator == FOR_ALL_VALUES

    def set_test(context: Context) -> bool:
        value = context.get(key)
        if not value and value != "":
            return missing
        members = (value,) if isinstance(value, str) else value
        if for_all:
            return not any(members) or all(accepts(member, context) for member in members)
        return any(accepts(member, context) for member in members)

    return set_test


def _accepts(operator: OperatorName, values: ValueTests) -> Callable[[str, Context], bool]:
    """Whether one value of the request satisfies the operator, negation included."""
    if (operator.negated and values.unreadable) or not values.templates:
        return lambda _value, _context: False
    negated = operator.negated
    test, context_test = values.test, values.context_test
    if context_test is not None:
        return lambda value, context: context_test(value, context) is not negated
    # Only Null has no test of values, and it is not asked here.
    return lambda value, _context: (test is not None and test(value)) is not negated


def _single_value_test(
    key: str,
    accepts: Callable[[str, Context], bool],
    values: ValueTests,
    *,
    missing: bool,
    negated: bool,
) -> ContextTest:
    """An operator without set operator: one value, or a list of exactly one."""
    test = values.test
    if test is None or values.unreadable or not values.templates:

        def slow_test(context: Context) -> bool:
            value = context.get(key)
            if isinstance(value, tuple):
                if len(value) > 1:
                    return False
                value = value[0] if value else None
            return missing if value is None else accepts(value, context)

        return slow_test

    def fast_test(context: Context) -> bool:
        value = context.get(key)
        if value is None:
            return missing
        if value.__class__ is tuple:
            if len(value) != 1:
                return missing if not value else False
            value = value[0]
        return test(value) is not negated  # type: ignore[arg-type]  # one string by now

    return fast_test
