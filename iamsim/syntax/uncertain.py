"""Statements of which a part is not known, as two that are: what holds for certain, and what may.

Every reading of the part that is not known lies between the two. The certain one is the statement
with only its known entries; it is not there where nothing is certain. The possible one has every
entry that the unknown part could hold, and names what is not known; compiled, it has an open test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Never

from iamsim.core.data_class import NamedTuple
from iamsim.core.span import Path
from iamsim.core.unknown import SOURCE, Unknown, find_marker, find_unknowns
from iamsim.syntax.ast import Condition, Entries, PrincipalEntry, Principals, Statement, Value
from iamsim.syntax.elements import EFFECTS, check_statement_elements
from iamsim.syntax.operators import OperatorName, split_operator
from iamsim.syntax.problem import Problem

EVERYTHING = "*"


class Elements(NamedTuple):
    """The readers of single elements, which raise `Problem`; see `iamsim.syntax.build`."""

    entries: Callable[[str, object, Path], Entries]
    principals: Callable[[str, object, Path], Principals]
    values: Callable[[OperatorName, str, object, Path], tuple[Value, ...]]


class _Bounds(NamedTuple):
    """An element as it certainly is (`None`: it certainly never holds), and as it may be."""

    low: tuple[object, ...] | None
    high: tuple[object, ...]


def unknown_statements(
    unknown: Unknown, index: int, path: Path, effect: object = None, sid: str | None = None
) -> tuple[Statement, ...]:
    """Statements about everything and everybody, each of which may hold.

    Without an `effect` there are two: what is not known may allow, and may deny.
    """
    anything = Entries("Action", (Value(EVERYTHING, path),), path)
    resources = Entries("Resource", (Value(EVERYTHING, path),), path)
    effects = (str(effect),) if effect in EFFECTS else EFFECTS
    return tuple(
        Statement(index, sid, effect, None, anything, resources, (), path, (unknown,))
        for effect in effects
    )


def unknown_policy(unknown: Unknown, path: Path = ()) -> tuple[Statement, ...]:
    """What stands for a whole policy that is not known."""
    return unknown_statements(Unknown(unknown.why, unknown.source, whole=True), 0, path)


def read_uncertain(
    raw: object, index: int, path: Path, elements: Elements, problem: Problem, *, lenient: bool
) -> tuple[Statement, ...]:
    """Read a statement that could not be read as a whole because of `problem`.

    What holds a marker is unknown; with `lenient` so is what can't be read. Raises `Problem`.
    """
    marker = find_marker(raw)
    if marker is not None:
        return unknown_statements(marker, index, path)
    if not lenient and next(find_unknowns(raw), None) is None:
        raise problem
    if not isinstance(raw, Mapping):
        return unknown_statements(Unknown.unreadable(problem.message), index, path)
    return _Reader(raw, index, path, elements, lenient=lenient).read()


class _Reader:
    """Reads the elements of one statement, each by itself."""

    def __init__(
        self,
        raw: Mapping[str, object],
        index: int,
        path: Path,
        elements: Elements,
        *,
        lenient: bool,
    ) -> None:
        """Keep the statement; nothing is read yet."""
        self.raw = raw
        self.index = index
        self.path = path
        self.elements = elements
        self.lenient = lenient
        self.unknowns: dict[Unknown, None] = {}

    def read(self) -> tuple[Statement, ...]:
        """The certain statement, if there is one, and those that may hold."""
        raw, path = self.raw, self.path
        sid = raw.get("Sid")
        sid = sid if isinstance(sid, str) else None
        effect = raw.get("Effect")
        try:
            check_statement_elements(raw, path)
        except Problem as problem:
            if not self.lenient:
                raise
            return unknown_statements(
                Unknown.unreadable(problem.message), self.index, path, effect, sid
            )
        if effect not in EFFECTS:
            self._take("Effect", effect, lambda: _refuse_effect(effect, (*path, "Effect")))
        name = "Action" if "Action" in raw else "NotAction"
        actions = self._entries(name)
        name = "Resource" if "Resource" in raw else "NotResource"
        resources = self._entries(name) if name in raw else _Bounds((None,), (None,))
        principals = self._principals()
        conditions = self._conditions()
        bounds = (principals, actions, resources)
        unknowns = tuple(self.unknowns)
        made = []
        if effect in EFFECTS and conditions.low is not None:
            lows = [bound.low for bound in bounds if bound.low is not None]
            if len(lows) == len(bounds):
                made.append(self._make(str(effect), sid, [low[0] for low in lows], conditions.low))
        highs = [bound.high[0] for bound in bounds]
        if unknowns:
            effects = (str(effect),) if effect in EFFECTS else EFFECTS
            made += [
                self._make(effect, sid, highs, conditions.high, unknowns) for effect in effects
            ]
        return tuple(made)

    def _make(
        self,
        effect: str,
        sid: str | None,
        parts: list[object],
        conditions: tuple[object, ...],
        unknowns: tuple[Unknown, ...] = (),
    ) -> Statement:
        principals, actions, resources = parts
        return Statement(
            self.index,
            sid,
            effect,
            principals,  # type: ignore[arg-type]  # in the order in which `read` lists them
            actions,  # type: ignore[arg-type]
            resources,  # type: ignore[arg-type]
            conditions,  # type: ignore[arg-type]
            self.path,
            unknowns,
        )

    def _take(self, element: str, raw: object, read: Callable[[], object]) -> object:
        """Read a part; what is a marker, or can't be read, is noted as unknown and gives `None`."""
        marker = find_marker(raw)
        if marker is None:
            try:
                return read()
            except Problem as problem:
                if not self.lenient:
                    raise
                marker = Unknown.unreadable(problem.message)
        self.unknowns[Unknown(marker.why, marker.source, element)] = None
        return None

    def _entries(self, name: str) -> _Bounds:
        """Bound Action, NotAction, Resource or NotResource."""
        raw, place = self.raw[name], (*self.path, name)
        everything = Entries(name.removeprefix("Not"), (Value(EVERYTHING, place),), place)
        if not isinstance(raw, list | tuple) or not raw:
            whole = self._take(name, raw, lambda: self.elements.entries(name, raw, place))
            return (
                _Bounds((whole,), (whole,)) if whole is not None else _Bounds(None, (everything,))
            )
        known: list[Value] = []
        for number, item in enumerate(raw):
            read: Callable[[], object] = partial(self.elements.entries, name, item, place)
            if isinstance(item, list | tuple):
                read = partial(_refuse_list, item, (*place, number))
            found = self._take(name, item, read)
            if isinstance(found, Entries):
                known += [Value(value.text, (*place, number)) for value in found.values]
        entries = Entries(name, tuple(known), place)
        if len(known) == len(raw):
            return _Bounds((entries,), (entries,))
        if entries.negated:
            return _Bounds(None, (entries if known else everything,))
        return _Bounds((entries,) if known else None, (everything,))

    def _principals(self) -> _Bounds:
        """Bound Principal or NotPrincipal; where anybody may be named, there is no such element."""
        name = "Principal" if "Principal" in self.raw else "NotPrincipal"
        if name not in self.raw:
            return _Bounds((None,), (None,))
        raw, place = self.raw[name], (*self.path, name)
        if not isinstance(raw, Mapping) or not raw or find_marker(raw) is not None:
            whole = self._take(name, raw, lambda: self.elements.principals(name, raw, place))
            return _Bounds((whole,), (whole,)) if whole is not None else _Bounds(None, (None,))
        known: list[PrincipalEntry] = []
        complete = True
        for kind, values in raw.items():
            several = isinstance(values, list | tuple) and len(values) > 0
            for number, item in enumerate(values if several else [values]):
                read: Callable[[], object]
                read = partial(self.elements.principals, name, {kind: item}, place)
                if several and isinstance(item, list | tuple):
                    read = partial(_refuse_list, item, (*place, str(kind), number))
                found = self._take(name, item, read)
                if not isinstance(found, Principals):
                    complete = False
                    continue
                at = (*place, str(kind), number) if several else (*place, str(kind))
                known += [
                    PrincipalEntry(entry.kind, Value(entry.value.text, at))
                    for entry in found.entries
                ]
        principals = Principals(name, tuple(known), place)
        if complete:
            return _Bounds((principals,), (principals,))
        if principals.negated:
            return _Bounds(None, (principals if known else None,))
        return _Bounds((principals,) if known else None, (None,))

    def _conditions(self) -> _Bounds:
        """Bound the Condition element: all tests must hold."""
        raw, place = self.raw.get("Condition"), (*self.path, "Condition")
        if "Condition" not in self.raw:
            return _Bounds((), ())
        marker = find_marker(raw)
        if marker is not None or not isinstance(raw, Mapping):
            self._take("Condition", raw, lambda: _refuse(raw, place))
            return _Bounds(None, ())
        low: list[object] | None = []
        high: list[object] = []
        for operator, keys in raw.items():
            bounds = self._operator(str(operator), keys, (*place, str(operator)))
            low = None if low is None or bounds.low is None else [*low, *bounds.low]
            high += bounds.high
        return _Bounds(None if low is None else tuple(low), tuple(high))

    def _operator(self, operator: str, keys: object, place: Path) -> _Bounds:
        name = split_operator(operator)
        if name is None or not isinstance(keys, Mapping) or _is_full_marker(keys):
            self._take("Condition", keys, lambda: _refuse(operator, place))
            return _Bounds(None, ())
        low: list[object] | None = []
        high: list[object] = []
        for key, values in keys.items():
            bounds = self._test(name, operator, str(key), values, (*place, str(key)))
            low = None if low is None or bounds.low is None else [*low, *bounds.low]
            high += bounds.high
        return _Bounds(None if low is None else tuple(low), tuple(high))

    def _test(
        self, name: OperatorName, operator: str, key: str, raw: object, place: Path
    ) -> _Bounds:
        """Bound one test: what its known values accept, and what unknown ones could."""
        several = isinstance(raw, list | tuple) and len(raw) > 0
        items = list(raw) if isinstance(raw, list | tuple) and several else [raw]
        known: list[Value] = []
        complete = True
        for number, item in enumerate(items):
            read: Callable[[], object] = partial(self.elements.values, name, key, item, place)
            if several and isinstance(item, list | tuple):
                read = partial(_refuse_list, item, (*place, number))
            found = self._take("Condition", item, read)
            if not isinstance(found, tuple):
                complete = False
            elif several:
                known += [Value(value.text, (*place, number)) for value in found]
            else:
                known += found
        test = Condition(operator, key, tuple(known), place)
        if complete:
            return _Bounds((test,), (test,))
        if ":" not in key:  # no key of AWS's: what stood here is not known at all
            return _Bounds(None, ())
        if not several and name.set_operator is None and not name.if_exists:
            return _bound_listed(self.raw.get("Effect"), name, test)
        return _bound_test(name, test)


def _bound_listed(effect: object, name: OperatorName, test: Condition) -> _Bounds:
    """Bound a plain test of which no value is known: it may have none, and then an Allow gives
    nothing, and a Deny applies, whether the key is there or not.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    """
    bounds = _bound_test(name, test)
    return _Bounds(
        bounds.low if effect == "Deny" else None, bounds.high if effect == "Allow" else ()
    )


def _bound_test(name: OperatorName, test: Condition) -> _Bounds:
    """Bound a test by its known values: an unknown one may accept any value that is there.

    What an absent key does depends on the operator alone, so it stays as it is.
    """
    value = Value("true", test.path)
    absent = Condition("Null", test.key, (value,), test.path)
    present = Condition("Null", test.key, (Value("false", test.path),), test.path)
    known = (test,) if test.values else ()
    if name.base == "Null":
        return _Bounds(None, ())
    if name.set_operator == "ForAnyValue" and not name.if_exists:
        if name.negated:
            return _Bounds(None, known or (present,))
        return _Bounds(known or None, (present,))
    passes = name.if_exists or name.negated or name.set_operator is not None
    if name.negated:
        return _Bounds((absent,), known)
    if passes:
        return _Bounds(known or (absent,), ())
    return _Bounds(known or None, (present,))


def _is_full_marker(keys: Mapping[str, object]) -> bool:
    """Whether the keys of an operator are a marker; one member alone could be a key's name."""
    return SOURCE in keys and find_marker(keys) is not None


def _refuse(raw: object, place: Path) -> None:
    raise Problem("wrong-type", f"`{str(raw)[:80]}` is no test of a condition", place)


def _refuse_list(raw: object, place: Path) -> Never:
    """Refuse a list inside of a list."""
    raise Problem("wrong-type", f"a list stands in a list: `{str(raw)[:80]}`", place)


def _refuse_effect(raw: object, place: Path) -> None:
    raise Problem("invalid-effect", f"there is no effect `{str(raw)[:80]}`", place)
