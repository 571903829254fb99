"""The decisions of a run, kept in a file: what was decided, and by which statements.

The file is JSON. Policies stand in it once each, with their texts, so that a later run can say what
changed and undo one change at a time (`iamsim.suites.comparison`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from iamsim.core.decision import Layer
from iamsim.core.errors import IamsimError, RequestError
from iamsim.engine.authorize import prepare
from iamsim.engine.inventory import policies_in_use
from iamsim.files.reading import read_bytes
from iamsim.syntax.printer import to_document
from iamsim.world.model import PolicyDocument

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy, PolicySet
    from iamsim.core.span import Source
    from iamsim.engine.question import AttachedPolicies, Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.world import CompiledWorld
    from iamsim.suites.cases import Case, Shelf
    from iamsim.syntax.ast import Policy

    Json = dict[str, Any]

T = TypeVar("T")

FORMAT = 1
# Types of what is read, by field; the others are text, and some of them may be missing.
_TYPES: dict[str, type] = {"number": int, "document": dict, "statements": tuple, "policies": tuple}
_MAY_BE_NONE = frozenset({"arn", "layer", "level", "policy", "sid"})


class Place(NamedTuple):
    """Where a policy counts: its layer, the level of a guardrail, and its name there."""

    layer: str
    level: str | None
    name: str


class PolicyText(NamedTuple):
    """A policy as it was: the document and the file that it stood in."""

    name: str
    arn: str | None
    file: str
    document: Mapping[str, object]


class RecordedStatement(NamedTuple):
    """A statement that decided; `policy` is the key of its text, `None` for a KMS grant."""

    layer: str
    policy: str | None
    name: str
    number: int
    sid: str | None
    effect: str


class RecordedDecision(NamedTuple):
    """What one question got; `decision` is an EvalDecision, or `error: CODE`. `asked` tells the
    rest of the question, so that a changed question is no surprise."""

    action: str
    resource: str
    asked: str
    decision: str
    layer: str | None
    statements: tuple[RecordedStatement, ...]
    policies: tuple[tuple[Place, str], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Decisions by the ids of their cases, and the texts of the policies that were in play."""

    cases: dict[str, tuple[RecordedDecision, ...]] = field(default_factory=dict)
    policies: dict[str, PolicyText] = field(default_factory=dict)


def in_play(situation: Situation) -> Iterator[tuple[Place, CompiledPolicy]]:
    """The policies that meet in a request, layer by layer. KMS grants are not among them."""
    levels = (
        ("resource-control-policy", situation.all_rcp_levels),
        ("service-control-policy", situation.scp_levels),
    )
    for layer, some in levels:
        for level, policies in some or ():
            yield from _of_set(layer, level, policies)
    yield from _of_set("vpc-endpoint-policy", None, situation.endpoint)
    for placed in situation.resource_policies:
        yield from _of_set("resource-based-policy", placed.level, placed.policies)
    yield from _of_set("identity-based-policy", None, situation.identity)
    yield from _of_set("permissions-boundary", None, situation.boundary)
    yield from _of_set("session-policy", None, situation.session)


def _of_set(
    layer: str, level: str | None, policies: PolicySet | None
) -> Iterator[tuple[Place, CompiledPolicy]]:
    for policy in policies.policies if policies is not None else ():
        yield Place(layer, level, policy.arn or policy.name), policy


class Recorder:
    """Decides cases, and keeps what there is to keep of each."""

    def __init__(self, shelf: Shelf) -> None:
        """Take the worlds of a run."""
        self.record = Record()
        self._shelf = shelf
        self._documents: dict[int, Mapping[str, object]] = {}
        self._worlds: set[int] = set()
        self._keys: dict[int, tuple[Source, str]] = {}
        self._played: dict[int, tuple[Situation, tuple[tuple[Place, str], ...]]] = {}

    def add(self, cases: Iterable[Case]) -> Record:
        """Decide cases and keep the decisions; gives the whole record. Raises what reading a world
        raises; what can't be asked is recorded as its error."""
        for case in cases:
            self.record.cases[case.id] = tuple(self.decisions(case))
        return self.record

    def decisions(self, case: Case) -> Iterator[RecordedDecision]:
        """Decide the questions of one case."""
        world = self._shelf.compiled(case.scenario)
        if world is not None and id(world) not in self._worlds:
            self._worlds.add(id(world))
            for used, _ in policies_in_use(world.model):
                if isinstance(used, PolicyDocument):
                    self._documents[id(used.source)] = used.document
        for question in case.request.questions:
            for policy in _attached(question.attached, question.session.policies):
                self._documents.setdefault(id(policy.source), to_document(policy))
            yield self._decided(question, world)

    def _decided(self, question: Question, world: CompiledWorld | None) -> RecordedDecision:
        asked = asked_text(question)
        try:
            prepared = prepare(question, world)
            decision = prepared.decide()
            if question.unknown or prepared.is_open:
                from iamsim.symbolic.partial import decide

                decision = decide(question, world)
        except IamsimError as error:
            text = f"error: {error.code}"
            return RecordedDecision(question.action, question.resource, asked, text, None, (), ())
        policies = self._policies(prepared.situation)
        return RecordedDecision(
            question.action,
            question.resource,
            asked,
            decision.verdict.value,
            None if decision.layer is None else decision.layer.value,
            tuple(
                RecordedStatement(
                    statement.layer.value,
                    self._keys.get(id(statement.source), (None, None))[1],
                    statement.policy,
                    statement.index,
                    statement.sid,
                    statement.effect,
                )
                for statement in decision.statements
            ),
            policies,
        )

    def _policies(self, situation: Situation) -> tuple[tuple[Place, str], ...]:
        """The policies in play with the keys of their texts."""
        known = self._played.get(id(situation))
        if known is None:
            policies = tuple((place, self._key(policy)) for place, policy in in_play(situation))
            # The situation is kept beside it, so that its id stays its own.
            known = self._played[id(situation)] = situation, policies
        return known[1]

    def _key(self, policy: CompiledPolicy) -> str:
        """The key of a policy's text, which is kept when it is first met."""
        known = self._keys.get(id(policy.source))
        if known is None:
            document = self._documents.get(id(policy.source))
            if document is None:  # one of AWS's own, or of which it may be one
                lost = next(
                    (part for statement in policy.statements for part in statement.unknowns), None
                )
                document = lost.to_marker() if lost else json.loads(policy.source.text)
            text = json.dumps(document, sort_keys=True, ensure_ascii=False)
            key = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            key = f"{policy.name} {key}"
            self.record.policies.setdefault(
                key, PolicyText(policy.name, policy.arn, policy.source.name, document)
            )
            known = self._keys[id(policy.source)] = policy.source, key
        return known[1]


def _attached(attached: AttachedPolicies, session: tuple[Policy, ...] | None) -> Iterator[Policy]:
    """The policies that a question brings."""
    yield from attached.identity_policies or ()
    yield from attached.session_policies or ()
    yield from attached.vpce_policies or ()
    yield from session or ()
    yield from (
        policy for policy in (attached.boundary, attached.resource_policy) if policy is not None
    )
    for levels in (attached.scps or (), attached.rcps or ()):
        for level in levels:
            yield from level


def asked_text(question: Question) -> str:
    """Everything that was asked besides policies, as one text."""
    session, via = question.session, question.via
    parts: Json = {
        "principal": question.principal,
        "action": question.action.lower(),
        "resource": question.resource,
        "context": dict(question.context),
        "unset": sorted(question.unset),
        "unknown": sorted(question.unknown),
        "partial": question.partial,
        "resource_account": question.resource_account,
        "session": [session.name, dict(session.tags), session.source_identity, session.source_user],
        "credentials": session.credentials,
        "via": [via.vpc_endpoint, via.services],
    }
    return json.dumps({key: value for key, value in parts.items() if value}, sort_keys=True)


def write_record(record: Record) -> str:
    """Write a record as JSON, a line for each case and each policy, so that it can be compared as
    text too."""
    return "".join(_lines(record))


def _lines(record: Record) -> Iterator[str]:
    yield f'{{"iamsimRecord": {FORMAT},\n "cases": {{\n'
    cases = (
        f"  {_json(name)}: {_json([_decision(decision) for decision in decisions])}"
        for name, decisions in sorted(record.cases.items())
    )
    yield ",\n".join(cases)
    yield '\n },\n "policies": {\n'
    texts = (
        f"  {_json(key)}: {_json(policy._asdict())}"
        for key, policy in sorted(record.policies.items())
    )
    yield ",\n".join(texts)
    yield "\n }}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)


def _decision(recorded: RecordedDecision) -> Json:
    return {
        **recorded._asdict(),
        "statements": [statement._asdict() for statement in recorded.statements],
        "policies": [[*place, key] for place, key in recorded.policies],
    }


def read_record(path: str) -> Record:
    """Read a record; raises `RequestError` for a file that can't be read or is none."""
    try:
        data = json.loads(read_bytes(path))
    except OSError as error:
        message = f"can't read `{path}`: {(error.strerror or str(error)).lower()}"
        raise RequestError("file-not-readable", message) from error
    except (ValueError, RecursionError) as error:
        raise _no_record(path) from error
    try:
        if data["iamsimRecord"] != FORMAT:
            raise _no_record(path)
        cases = {str(k): tuple(map(_read_decision, v)) for k, v in data["cases"].items()}
        texts = {str(key): _typed(PolicyText, value) for key, value in data["policies"].items()}
        keys = {key for some in cases.values() for recorded in some for _, key in recorded.policies}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _no_record(path) from error
    if not keys <= texts.keys():
        raise _no_record(path)
    return Record(cases, texts)


def _read_decision(data: Json) -> RecordedDecision:
    statements = tuple(_typed(RecordedStatement, entry) for entry in data["statements"])
    policies = tuple(
        (_typed(Place, {"layer": Layer(layer).value, "level": level, "name": name}), str(key))
        for layer, level, name, key in data["policies"]
    )
    return _typed(RecordedDecision, {**data, "statements": statements, "policies": policies})


def _typed(kind: type[T], values: Json) -> T:
    """Make a tuple of named values; raises `TypeError` where one is not of its type."""
    for name, value in values.items():
        if not isinstance(value, _TYPES.get(name, str)) and (
            value is not None or name not in _MAY_BE_NONE
        ):
            raise TypeError(name)
    return kind(**values)


def _no_record(path: str) -> RequestError:
    return RequestError(
        "not-a-record",
        f"`{path}` is no record of decisions that this version can read",
        hint="make one with `iamsim test --record FILE`",
    )
