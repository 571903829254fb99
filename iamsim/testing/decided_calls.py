"""The calls of code under test: in whose name each is made, what it asks, and the decision."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamsim.api import Answer
from iamsim.api.inputs import context_values, now, session_of
from iamsim.calls.lines import read_call
from iamsim.calls.model import ALWAYS, Reading, Requested
from iamsim.core.arn import find_arn
from iamsim.core.decision import Layer, Verdict
from iamsim.engine import authorize
from iamsim.engine.question import PLAIN_SESSION, Question
from iamsim.query.policies_in_play import policies_in_play
from iamsim.questions.called import in_world, question_of
from iamsim.report.summary import summary
from iamsim.symbolic import partial as partial_answers

if TYPE_CHECKING:
    from iamsim.api import World

last_denied: list[MadeCall] = []  # by any block, since the pytest plugin last forgot
_SESSION_NAME = "iamsim"  # of sessions of a role that have no name given


@dataclass(slots=True)
class MadeCall:
    """A call that code made: who made it, what it asked, and whether it was let through.

    `undecided` are requests that are allowed or denied by what the call does not tell: a key of
    KMS that only the ciphertext names, say. They were let through. `denial` is the answer to the
    first request that was denied.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    principal: str
    reading: Reading
    denial: Answer | None = None
    undecided: list[dict[str, Any]] = field(default_factory=list)

    @property
    def allowed(self) -> bool:
        """Whether it was let through."""
        return self.denial is None

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What it asked of IAM."""
        return self.reading.requests

    @property
    def explanation(self) -> str | None:
        """Why it was denied, in the words of `iamsim explain`; None where it was let through."""
        return None if self.denial is None else summary(self.denial._inner)  # noqa: SLF001 - as reports

    def __str__(self) -> str:
        """The call and what became of it."""
        return f"{self.service}:{self.operation} {'allowed' if self.allowed else 'denied'}"


class Enforcement:
    """What `enforce` gives: the calls that were made, and what nobody needed."""

    def __init__(
        self,
        world: World,
        principal: str,
        context: Mapping[str, object] | None,
        session: Mapping[str, Any] | None,
    ) -> None:
        """Take the world and the principal in whose name code calls."""
        self.world = world
        self.principal = principal
        self._world = world._compiled  # noqa: SLF001 - the engine's form of the same world
        self._context = context_values(context)
        self._session = session_of(session)
        self._caller = _session_arn(principal, self._session.name)
        self.calls: list[MadeCall] = []
        self._assumed: dict[str, str] = {}
        self._lock = threading.Lock()

    def decide(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        region: str | None,
        key: str | None = None,
    ) -> MadeCall:
        """Decide a call; `denial` says whether it may leave."""
        principal = self._assumed.get(key, self._caller) if key is not None else self._caller
        account = _account_of(principal)
        reading = read_call(service, operation, parameters, region=region, account=account)
        made = MadeCall(service, operation, parameters, principal, reading)
        for requested in reading.asked:
            if requested.needed == ALWAYS:
                self._decide(in_world(requested, self._world.model), made)
                if not made.allowed:
                    break
        return made

    def count(self, made: MadeCall) -> None:
        """Remember a call that would leave."""
        with self._lock:
            self.calls.append(made)
            if not made.allowed:
                last_denied.append(made)

    def _decide(self, requested: Requested, made: MadeCall) -> None:
        question = self._question(requested, made.principal)
        if not question.unknown and authorize.decide(question, self._world).allowed:
            return
        answer = Answer(partial_answers.answer(question, self._world))
        if answer.verdict is Verdict.CONDITIONAL:
            made.undecided.append(requested.to_dict())
        elif not answer.allowed:
            made.denial = answer

    def _question(self, requested: Requested, principal: str) -> Question:
        session = self._session if principal == self._caller else PLAIN_SESSION
        base = Question(
            principal, requested.action, context=self._context, session=session, now=now()
        )
        return question_of(requested, base)

    def assumed(self, answer: object) -> None:
        """Remember whose credentials a call of STS gave out."""
        if not isinstance(answer, dict):
            return
        credentials = answer.get("Credentials")
        who = answer.get("AssumedRoleUser")
        if isinstance(credentials, dict) and isinstance(who, dict) and who.get("Arn"):
            with self._lock:
                self._assumed[str(credentials.get("AccessKeyId"))] = str(who["Arn"])

    @property
    def follows_credentials(self) -> bool:
        """Whether credentials can be of somebody else than the principal."""
        return bool(self._assumed)

    def needed(self) -> list[str]:
        """Name the permissions that calls needed, sorted: ``s3:GetObject``."""
        return sorted(
            {
                requested.action
                for made in self.calls
                if made.allowed
                for requested in made.reading.asked
            }
        )

    def unused(self) -> list[str]:
        """Name the permissions of the principal's identity-based policies that no call needed.

        A pattern stands for all actions of the catalog that it matches. Statements with NotAction
        name none.
        """
        from iamsim import catalog

        used = {action.lower() for action in self.needed()}
        granted: dict[str, None] = {}
        for pattern in self._granted_patterns():
            granted |= dict.fromkeys(catalog.expand(pattern) or (pattern,))
        return sorted(action for action in granted if action.lower() not in used)

    def _granted_patterns(self) -> list[str]:
        question = Question(self.principal, "sts:GetCallerIdentity")
        granted_patterns: dict[str, None] = {}
        for policy in policies_in_play(question, self._world):
            if policy.layer is not Layer.IDENTITY_BASED_POLICY:
                continue
            for statement in policy.policy.statements:
                if not statement.denies and not statement.actions.negated:
                    granted_patterns |= dict.fromkeys(
                        leaf.pattern for leaf in statement.actions.patterns
                    )
        return list(granted_patterns)


def _session_arn(principal: str, name: str | None) -> str:
    """The ARN of a session of a role, which AWS's messages name; of others, as it is."""
    arn = find_arn(principal)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        return principal
    role = arn.resource.rpartition("/")[2]
    session = f"assumed-role/{role}/{name or _SESSION_NAME}"
    return f"arn:{arn.partition}:sts::{arn.account}:{session}"


def _account_of(principal: str) -> str | None:
    pieces = principal.split(":")
    return pieces[4] if len(pieces) > 5 and len(pieces[4]) == 12 else None  # noqa: PLR2004
