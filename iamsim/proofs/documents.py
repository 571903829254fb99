"""AWS's custom policy checks on documents, and whether two documents mean the same.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html.
Where AWS says FAIL, there is a request to show for it here; where nothing was proved, the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.collector import CollectLater
from iamsim.core.request import ContextValue, Request
from iamsim.core.unknown import is_open_key
from iamsim.proofs.budget import Budget
from iamsim.proofs.callers import WAYS, DocumentCaller, document_callers
from iamsim.proofs.calls import broken_rule_of_calls
from iamsim.proofs.formula import Formula, ResourceIn, all_of, any_of, negate
from iamsim.proofs.keys import fixed_domain, key_domain
from iamsim.proofs.result import KEYS_OF_SERVICES, CheckResult, Reason, Verdict
from iamsim.proofs.search import Model, Place
from iamsim.proofs.settle import Case, Settled, Supposed, settle
from iamsim.proofs.space import ActionSpace
from iamsim.proofs.statements import Reader, open_keys
from iamsim.proofs.subsumed import Written, all_denied, unlisted_action
from iamsim.proofs.witnesses import written_key

if TYPE_CHECKING:
    from typing import Any

    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.proofs.conditions import Domain

    Values = Mapping[str, ContextValue | None]

ASSUMED = (
    "a resource has a format that the reference gives for the action, if it lists the action",
    "one action in each service stands for those that the reference does not list",
    "context keys are there as AWS sends them, and fit each other",
    KEYS_OF_SERVICES,
)
NEW_ACCESS = {
    Verdict.PASS: "The modified permissions do not grant new access compared to your existing"
    " policy.",
    Verdict.FAIL: "The modified permissions grant new access compared to your existing policy.",
    Verdict.UNKNOWN: "It was not proved that the modified permissions grant no new access compared"
    " to your existing policy.",
}
GRANTED = {
    Verdict.PASS: "The policy document does not grant access to perform the listed actions or"
    " resources.",
    Verdict.FAIL: "The policy document grants access to perform one or more of the listed actions"
    " or resources.",
    Verdict.UNKNOWN: "It was not proved that the policy document grants no access to perform the"
    " listed actions or resources.",
}
SAME = {
    Verdict.PASS: "The two policies allow the same requests.",
    Verdict.FAIL: "Some request is allowed by {} and not by {}.",
    Verdict.UNKNOWN: "It was not proved that the two policies allow the same requests.",
}


UNLISTED = "the service reference lists no action `{}`"


class Asked(NamedTuple):
    """A question on documents: what `grants` allows by one of its statements, within `limit` and
    not by `existing`."""

    grants: CompiledPolicy
    existing: CompiledPolicy | None
    limit: CompiledStatement | None = None
    trust: bool = False
    callers: tuple[DocumentCaller, ...] | None = None
    beside: tuple[Formula, ...] = ()


class Opened(NamedTuple):
    """A statement that grants what was asked, with how that was settled."""

    statement: CompiledStatement
    settled: Settled


class Statements(NamedTuple):
    """A statement, and those of both documents that are about some of its actions."""

    asked: CompiledStatement
    grants: list[CompiledStatement]
    existing: list[CompiledStatement]


def check_no_new_access(
    existing: CompiledPolicy, new: CompiledPolicy, *, trust: bool = False
) -> CheckResult:
    """Prove that a policy allows nothing that another one does not (AWS: CheckNoNewAccess).

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html
    """
    opened = ask(Asked(new, existing, trust=trust))
    return to_result(opened, NEW_ACCESS, "New access in the statement with {}.")


def check_access_not_granted(
    policy: CompiledPolicy, limit: CompiledStatement, *, trust: bool = False
) -> CheckResult:
    """Prove that a policy allows none of some actions on any of some resources; `limit` is a
    statement of both (AWS: CheckAccessNotGranted).

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckAccessNotGranted.html
    """
    opened = ask(Asked(policy, None, limit, trust=trust))
    return to_result(
        opened, GRANTED, "One or more of the listed actions or resources in the statement with {}."
    )


def check_equivalent(
    first: CompiledPolicy, second: CompiledPolicy, *, trust: bool = False
) -> CheckResult:
    """Prove that two policies allow the same requests."""
    results = []
    for grants, other in ((first, second), (second, first)):
        opened = ask(Asked(grants, other, trust=trust))
        result = to_result(opened, SAME, f"{grants.name} alone allows by the statement with {{}}.")
        if result.verdict is Verdict.FAIL:
            details = {"allowedBy": grants.name, "notAllowedBy": other.name}
            message = result.message.format(grants.name, other.name)
            return CheckResult(
                Verdict.FAIL,
                message,
                result.reasons,
                result.witness,
                assumptions=ASSUMED,
                details=details,
            )
        results.append(result)
    return max(results, key=lambda result: result.verdict is Verdict.UNKNOWN)


def to_result(opened: list[Opened], messages: Mapping[Verdict, str], sentence: str) -> CheckResult:
    """The answer in AWS's members and ours."""
    failed = [found for found in opened if found.settled.witness is not None]
    left = [found for found in opened if found.settled.why is not None]
    verdict = Verdict.FAIL if failed else Verdict.UNKNOWN if left else Verdict.PASS
    return CheckResult(
        verdict,
        messages[verdict],
        tuple(_reason(found.statement, sentence) for found in failed),
        failed[0].settled.witness if failed else None,
        left[0].settled.why if left and not failed else None,
        ASSUMED,
    )


def _reason(statement: CompiledStatement, sentence: str) -> Reason:
    name = f"index: {statement.index}"
    if statement.sid:
        name = f"sid: {statement.sid}"
    return Reason(sentence.format(name), statement.index, statement.sid)


def ask(asked: Asked) -> list[Opened]:
    """The statements that grant what was asked, or may."""
    with CollectLater():
        return _asked(asked)


def _asked(asked: Asked) -> list[Opened]:
    policies = [policy for policy in (asked.grants, asked.existing) if policy is not None]
    statements = [statement for policy in policies for statement in policy.statements]
    callers = asked.callers
    if callers is None:
        callers = document_callers(statements, trust=asked.trust)
    space = ActionSpace()
    mask = space.universe.mask
    grants = [(mask(statement.actions), statement) for statement in asked.grants.statements]
    existing = [] if asked.existing is None else asked.existing.statements
    before = [(mask(statement.actions), statement) for statement in existing]
    limit = space.universe.everything if asked.limit is None else mask(asked.limit.actions)
    included = _included(asked, space)
    found = []
    for actions, statement in grants:
        if statement.denies or statement.index in included or not actions & limit:
            continue
        concerned = (
            [other for others, other in among if others & actions & limit]
            for among in (grants, before)
        )
        about = Statements(statement, *concerned)
        opened = _of_statement(about, actions & limit, asked, callers, space)
        if opened is not None:
            found.append(opened)
    return found or _unlisted(asked, space)


def _unlisted(asked: Asked, space: ActionSpace) -> list[Opened]:
    """The statements that allow an action that the reference does not list, which nothing else
    stands for: nothing tells whether there is one."""
    found: list[Opened] = []
    if asked.existing is None:
        return found
    for statement in asked.grants.statements:
        if not statement.denies:
            name = unlisted_action(statement, asked.existing.statements, space.universe)
            if name is not None:
                found.append(Opened(statement, Settled(why=UNLISTED.format(name))))
    return found


def _included(asked: Asked, space: ActionSpace) -> frozenset[int]:
    """The statements that the existing policy has too, as they are written."""
    if asked.existing is None:
        return frozenset()
    policies = (asked.grants.statements, asked.existing.statements)
    if any(statement.unknowns for statements in policies for statement in statements):
        return frozenset()
    new, existing = (
        [Written.of(statement, space.universe) for statement in statements]
        for statements in policies
    )
    if not all_denied(existing, new):
        return frozenset()
    return frozenset(
        statement.index
        for statement, written in zip(asked.grants.statements, new, strict=True)
        if not written.denies
        and any(not other.denies and other.covers(written) for other in existing)
    )


def _of_statement(
    about: Statements,
    actions: int,
    asked: Asked,
    callers: tuple[DocumentCaller, ...],
    space: ActionSpace,
) -> Opened | None:
    """Whether one statement grants some of its actions, as far as asked, to any caller."""
    unsettled = None
    principals = about.asked.principals
    for caller in callers:
        if principals is None or caller.caller is None or principals.concerns(caller.caller):
            settled = settle(_case(about, actions, asked, caller, space), Budget())
            if settled.witness is not None and caller.unnamed is None:
                return Opened(about.asked, settled)
            if settled.witness is not None:
                unsettled = Settled(why=caller.unnamed)
            elif settled.why is not None:
                unsettled = settled
    return None if unsettled is None else Opened(about.asked, unsettled)


def _case(
    about: Statements, mask: int, asked: Asked, caller: DocumentCaller, space: ActionSpace
) -> Case:
    """The question about some actions of one statement and one caller."""
    universe = space.universe
    _, grants, existing = about
    limits = () if asked.limit is None else (asked.limit,)

    def formula(known: Values) -> Formula:
        reader = Reader(universe, mask, caller.caller, known)
        parts = [reader.statement(limit) for limit in (about.asked, *limits)]
        parts += [negate(reader.statement(other), mask) for other in grants if other.denies]
        kept = [reader.statement(other) for other in existing if other.denies]
        allows = [negate(reader.statement(other), mask) for other in existing if not other.denies]
        if asked.existing is not None:
            parts.append(any_of([all_of(allows), *kept]))
        if caller.resources:
            parts.append(ResourceIn(caller.resources, inside=True))
        return all_of([*parts, *asked.beside])

    def confirm(model: Model, known: Values) -> Mapping[str, Any] | None:
        values = {**known, **model.values}
        context = {
            key: value
            for key, value in values.items()
            if value is not None and not is_open_key(key)
        }
        principal, made = caller.named(values)
        request = Request(made, model.action, model.resource, context)
        if not _allows(grants, request) or _allows(existing, request):
            return None
        return to_witness(principal, universe.written[space.number(model.action)], model, context)

    def domain(key: str) -> Domain:
        if key in caller.known:
            return fixed_domain(caller.known[key])
        return caller.domains.get(key) or key_domain(key, caller.columns, WAYS)

    return Case(
        space,
        Place(mask),
        caller.known,
        domain,
        lambda values, tests: broken_rule_of_calls(values, tests, caller.columns, caller.known),
        formula,
        open_keys((*grants, *existing), caller.known),
        confirm,
        Supposed.of(grants, existing),
    )


def _allows(statements: Iterable[CompiledStatement], request: Request) -> bool:
    """Whether a document allows a request, by the statements' own reading."""
    matching = [statement for statement in statements if statement.matches(request)]
    return bool(matching) and not any(statement.denies for statement in matching)


def to_witness(
    principal: str, action: str, model: Model, context: Mapping[str, ContextValue]
) -> dict[str, Any]:
    """A request as `explain` takes it."""
    given = {
        written_key(key): list(value) if isinstance(value, tuple) else value
        for key, value in sorted(context.items())
        if key not in DERIVED
    }
    asked = {"principal": principal, "action": action, "resource": model.resource}
    return {**asked, "context": given} if given else asked


DERIVED = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:username",
        "kms:calleraccount",
    }
)
"""Keys that `explain` derives from the principal."""
