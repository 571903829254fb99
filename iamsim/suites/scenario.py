"""Scenarios: requests with their policies, and what is expected of each.

The format is described in ``docs/reference``; a conformance case, a lesson and a user's own test
are all scenarios. Policies are parsed as what they are used for, with places in the scenario file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.core.data_class import replace
from iamsim.core.decision import Layer, PolicyType
from iamsim.core.errors import WorldError
from iamsim.engine.question import (
    DIRECT_CALL,
    NOTHING_ATTACHED,
    PLAIN_SESSION,
    AttachedPolicies,
    ContextValue,
    Question,
    Session,
    Via,
)
from iamsim.questions.called import in_world, question_of
from iamsim.suites.called import CalledLine, called_line
from iamsim.suites.models import PublicAccessBlockModel
from iamsim.suites.policies import PolicyReader, resource_policy_type
from iamsim.suites.reading import read_scenario_model
from iamsim.suites.tables import Row, rows_of

if TYPE_CHECKING:
    import os

    from iamsim.core.span import Path, Span
    from iamsim.suites.models import RequestModel, ScenarioModel, SessionModel, ViaModel
    from iamsim.syntax.ast import Policy
    from iamsim.world.documents import Document
    from iamsim.world.model import World

# The keys under which policies and settings are attached without a world.
_POLICY_KEYS = tuple(
    field.name for field in fields(AttachedPolicies) if field.name != "canonical_user"
)


@dataclass(frozen=True, slots=True)
class Completion:
    """Values for the unknown keys of a request, and the decision that they must give."""

    context: Mapping[str, ContextValue]
    expect: str


class Place(NamedTuple):
    """Where an entry stands; turned into a line when somebody asks."""

    document: Document
    path: Path


@dataclass(frozen=True, slots=True)
class ScenarioRequest:
    """One entry of `requests`, or one row of a table: its questions (a pair of action and resource
    each), and what is expected of them as a whole.

    `expect` is an EvalDecision, `denied`, or `None`; `expect_error` the code of the error that the
    question must raise. `label` tells the rows of a table apart, `together` are the actions of
    all of them. `shared_keys` are context keys of
    `defaults`, which need not fit every request, `known` names that AWS has though the service
    reference lacks them; both in lower case. `call` is the line whose questions these are.
    """

    name: str
    questions: tuple[Question, ...]
    expect: str | None
    because: Layer | None
    completions: tuple[Completion, ...]
    place: Place
    label: str = ""
    tags: tuple[str, ...] = ()
    expect_error: str | None = None
    together: tuple[str, ...] = ()
    shared_keys: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    call: CalledLine | None = None

    @property
    def span(self) -> Span:
        """Where the entry stands in its file."""
        return self.place.document.span(self.place.path)

    @property
    def title(self) -> str:
        """The name, with the label of a table's row."""
        return f"{self.name} [{self.label}]" if self.label else self.name


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file as read; `evidence` and `rules` are those of the conformance corpus."""

    title: str
    about: str | None
    see: tuple[str, ...]
    evidence: str | None
    rules: tuple[str, ...]
    world: World | None = field(repr=False)
    requests: tuple[ScenarioRequest, ...] = field(repr=False)
    source_name: str = ""


def load_scenario(
    path: str | os.PathLike[str], load: Callable[..., World] | None = None
) -> Scenario:
    """Read a scenario file, JSON or YAML; `load` takes the paths of a world (and may remember it).

    Raises `WorldError` for what does not fit the format and `PolicyError` for a broken policy,
    both with the place in the file.
    """
    from iamsim.world.documents import read_document

    return scenario_from_data(read_document(path), load)


def scenario_from_data(document: Document, load: Callable[..., World] | None = None) -> Scenario:
    """Make a scenario of a document that was read; relative paths start at its folder."""
    return _Builder(document, read_scenario_model(document), load).scenario()


class _Builder:
    """Turns one checked file into questions; policies that several requests share are read once."""

    def __init__(
        self, document: Document, model: ScenarioModel, load: Callable[..., World] | None
    ) -> None:
        self._document = document
        self._model = model
        self._load = load
        self._world = self._load_world()
        self._reader = PolicyReader(document.folder, self._world)
        self._parsed: dict[tuple[Path, PolicyType], Policy] = {}

    def scenario(self) -> Scenario:
        """Read all requests."""
        model = self._model
        return Scenario(
            title=model.title,
            about=model.about,
            see=model.see,
            evidence=model.evidence,
            rules=model.rules,
            world=self._world,
            requests=tuple(
                other_request
                for index, request in enumerate(model.requests)
                for other_request in self._requests(index, request)
            ),
            source_name=self._document.source.name,
        )

    def _load_world(self) -> World | None:
        """Load the world: a path, several, or one written inline."""
        from iamsim.importers.load import load_worlds
        from iamsim.world.load import load_world_data

        world = self._model.world
        if world is None:
            return None
        if isinstance(world, dict):
            return load_world_data(self._document.sub_document(("world",)))
        paths = [world] if isinstance(world, str) else world
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise WorldError(
                "wrong-type",
                "`world` must be a path, a list of paths, or a world written inline",
                span=self._document.span(("world",)),
            )
        return (self._load or load_worlds)(*(self._beside(path) for path in paths))

    def _beside(self, path: str) -> str:
        import os

        joined = os.path.join(self._document.folder, path)  # noqa: PTH118 - as worlds name files
        return os.path.normpath(joined)

    def _requests(self, index: int, request: RequestModel) -> Iterator[ScenarioRequest]:
        """Read one entry of `requests`: one request, or the rows of a table."""
        defaults = self._model.defaults
        path: Path = ("requests", index)
        partial = request.partial if request.partial is not None else defaults.partial
        unknown = request.unknown if request.unknown is not None else defaults.unknown
        session = self._session(path, request)
        via = _via(request.via or defaults.via)
        name = request.name or f"request {index + 1}"
        because = Layer(request.because) if request.because is not None else None
        completions = tuple(
            Completion(completion.context, completion.expect) for completion in request.completions
        )
        tags = tuple(dict.fromkeys((*self._model.tags, *request.tags)))
        place = Place(self._document, path)
        shared = frozenset(map(str.lower, defaults.context.keys() - request.context.keys()))
        known = frozenset(name.lower() for name in (*self._model.known, *request.known))
        call = called_line(request, defaults, self._document, path)
        rows = (
            rows_of(request, defaults, self._document, path)
            if call is None
            else (Row(call.principal, (), (), call.context, request.expect),)
        )
        for row in rows:
            arn = find_arn(row.principal)
            self._reader.account = arn.account if arn is not None else None
            base = Question(
                principal=row.principal,
                action="",
                context=row.context,
                session=session,
                via=via,
                unknown=frozenset(unknown or ()),
                partial=bool(partial),
                resource_account=request.resource_account or defaults.resource_account,
            )
            asked = (
                base.with_pairs(row.actions, row.resources)
                if call is None
                else tuple(
                    question_of(in_world(requested, self._world), base) for requested in call.asked
                )
            )
            questions = tuple(
                replace(
                    question,
                    attached=self._attached(path, request, question.action, question.resource),
                )
                for question in asked
            )
            yield ScenarioRequest(
                name=name,
                questions=questions,
                expect=row.expect,
                because=because,
                completions=completions,
                place=place,
                label=row.label,
                tags=tags,
                expect_error=request.expect_error,
                together=row.together,
                shared_keys=shared,
                known=known,
                call=call,
            )

    def _session(self, path: Path, request: RequestModel) -> Session:
        model: SessionModel | None = request.session
        place: Path = (*path, "session")
        if model is None:
            model, place = self._model.defaults.session, ("defaults", "session")
        if model is None:
            return PLAIN_SESSION
        policies = None
        if model.policies is not None:
            policies = self._policies(model.policies, (*place, "policies"), PolicyType.SESSION)
        return Session(
            name=model.name,
            policies=policies,
            tags=model.tags,
            transitive_tags=model.transitive_tags,
            source_identity=model.source_identity,
            source_user=model.source_user,
            credentials=model.credentials,
        )

    def _attached(
        self, path: Path, request: RequestModel, action: str, resource: str
    ) -> AttachedPolicies:
        """The policies of a request: its own where it names some, else the scenario's."""

        def find(key: str) -> tuple[object, Path]:
            if key in request.model_fields_set:
                return getattr(request, key), (*path, key)
            return getattr(self._model, key), (key,)

        def some(key: str, policy_type: PolicyType) -> tuple[Policy, ...] | None:
            value, place = find(key)
            return None if value is None else self._policies(value, place, policy_type)

        def one(key: str, policy_type: PolicyType) -> Policy | None:
            value, place = find(key)
            return None if value is None else self._policy(value, place, policy_type, key)

        def levels(key: str, policy_type: PolicyType) -> tuple[tuple[Policy, ...], ...] | None:
            value, place = find(key)
            return None if value is None else self._levels(value, place, policy_type)

        if all(find(key)[0] is None for key in _POLICY_KEYS):
            return NOTHING_ATTACHED
        block = find("public_access_block")[0]
        return AttachedPolicies(
            identity_policies=some("identity_policies", PolicyType.IDENTITY),
            resource_policy=one("resource_policy", resource_policy_type(action, resource)),
            boundary=one("boundary", PolicyType.PERMISSIONS_BOUNDARY),
            session_policies=some("session_policies", PolicyType.SESSION),
            scps=levels("scps", PolicyType.SERVICE_CONTROL),
            rcps=levels("rcps", PolicyType.RESOURCE_CONTROL),
            vpce_policies=some("vpce_policies", PolicyType.VPC_ENDPOINT),
            public_access_block=(
                block.model_dump(exclude_unset=True)
                if isinstance(block, PublicAccessBlockModel)
                else None
            ),
        )

    def _levels(
        self, value: object, place: Path, policy_type: PolicyType
    ) -> tuple[tuple[Policy, ...], ...]:
        if not isinstance(value, list) or not all(isinstance(level, list) for level in value):
            raise WorldError(
                "wrong-type",
                f"`{place[-1]}` must be a list of levels, root first, each a list of policies",
                span=self._document.span(place),
                hint="write [[policy, ...], ...]; [[]] is one level that allows nothing",
            )
        return tuple(
            self._policies(level, (*place, index), policy_type) for index, level in enumerate(value)
        )

    def _policies(self, value: object, place: Path, policy_type: PolicyType) -> tuple[Policy, ...]:
        names = [str(step) for step in place if not isinstance(step, int)]
        if not isinstance(value, list):
            message = f"`{names[-1]}` must be a list of policies"
            raise WorldError("wrong-type", message, span=self._document.span(place))
        levels = "".join(f"[{step}]" for step in place[-1:] if isinstance(step, int))
        return tuple(
            self._policy(entry, (*place, index), policy_type, f"{names[-1]}{levels}[{index}]")
            for index, entry in enumerate(value)
        )

    def _policy(self, value: object, place: Path, policy_type: PolicyType, name: str) -> Policy:
        key = (place, policy_type)
        policy = self._parsed.get(key)
        if policy is not None:
            return policy
        if isinstance(value, dict):
            source = self._document.sub_source(place)
            policy = self._reader.inline(value, name, source, policy_type)
        elif isinstance(value, str):
            span = self._document.span(place)
            policy = self._reader.named(value, policy_type, name=name, place=span)
            if not value.lstrip().startswith("{"):
                return policy  # what a name means depends on the caller's account
        else:
            raise WorldError(
                "wrong-type",
                "a policy is a document, a path, a name, or the ARN of an AWS managed policy",
                span=self._document.span(place),
            )
        self._parsed[key] = policy
        return policy


def _via(model: ViaModel | None) -> Via:
    return DIRECT_CALL if model is None else Via(model.vpc_endpoint, model.service)
