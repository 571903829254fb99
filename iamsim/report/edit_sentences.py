"""What an edit is, in words: what is done where, who can do it, what it guards, what it opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iamsim.core.answer import RequestRecord
from iamsim.core.arn import find_arn
from iamsim.core.decision import Layer
from iamsim.query.edits.model import Actor, Blocker, Edit, EditKind, EditReport, Obstacle, Reach
from iamsim.words.sentences import layer_name, level_text
from iamsim.words.wording import joined, place_text, shortened, statement_text

_LISTED = 3
_LONGEST = 120
# What the policies of a layer limit.
_LIMITED = {
    Layer.SERVICE_CONTROL_POLICY: "what the principals of its accounts can do",
    Layer.RESOURCE_CONTROL_POLICY: "what anybody can do with the resources of its accounts",
    Layer.PERMISSIONS_BOUNDARY: "what its user or role can do, whatever else is granted",
    Layer.SESSION_POLICY: "what this session can do, whatever its role or user may",
    Layer.VPC_ENDPOINT_POLICY: "what passes through its endpoint",
    Layer.S3_BLOCK_PUBLIC_ACCESS: "who gets in by a public bucket policy",
}


def edit_sentence(edit: Edit, request: RequestRecord) -> str:
    """Say what is done, and where."""
    match edit.kind:
        case EditKind.CONTEXT:
            return f"send the request {_context(edit)}"
        case EditKind.SETTING:
            return "turn RestrictPublicBuckets of S3 Block Public Access off"
        case EditKind.ADD_POLICY:
            return _new_policy(edit, request)
        case EditKind.COPY_POLICY:
            statement = _last_statement(edit)
            return (
                f"put an own copy in the place of {_policy(edit, request)}, with a statement that"
                f" {_effect(statement)}"
            )
        case EditKind.ADD_STATEMENT:
            document = edit.document or {}
            where = _policy(edit, request)
            return f"add a statement to {where} that {_effect(document)}"
        case EditKind.REMOVE_STATEMENT:
            return f"remove {_statement(edit)} from {_policy(edit, request)}"
    return f"{_verb(edit)} in {_statement(edit)} of {_policy(edit, request)}"


def _verb(edit: Edit) -> str:
    """What happens to a statement that stays."""
    added, removed = _codes(edit.added), _codes(edit.removed)
    element = edit.element or ""
    if edit.removed and edit.added:
        return f"write {element} {added} instead of {element.removeprefix('Not')} {removed}"
    if edit.removed:
        return f"take {removed} out of {element}"
    if edit.kind is EditKind.EXCEPT:
        if element == "Condition":
            more = any(step.name for step in edit.steps)
            return f"add the condition {added}" if more else f"let the condition spare {added}"
        return f"add {added} to what {element} spares"
    if element == "Condition":
        return f"let the condition accept {added}"
    return f"add {added} to {element}"


def _context(edit: Edit) -> str:
    """Which keys have which values."""
    given = []
    absent = []
    for key, value in edit.context.items():
        if value is None:
            absent.append(key)
        else:
            text = value if isinstance(value, str) else ", ".join(value)
            given.append(f"`{key} = {shortened(text, 80)}`")
    parts = [f"with {joined(given)}"] if given else []
    if absent:
        parts.append(f"without {joined([f'`{key}`' for key in absent], 'or')}")
    return " and ".join(parts)


def _new_policy(edit: Edit, request: RequestRecord) -> str:
    """Where a new policy goes, and what it says."""
    layer = edit.layer or Layer.IDENTITY_BASED_POLICY
    name = layer_name(layer, request.action)
    effect = _effect(_last_statement(edit))
    if layer is Layer.SESSION_POLICY:
        return f"pass a session policy that {effect}"
    holder = request.principal
    if layer is Layer.RESOURCE_BASED_POLICY:
        holder = request.resource
        if holder.startswith("arn:") and ":s3:::" in holder:
            holder = holder.partition("/")[0]  # buckets have policies, objects have none
    return f"give `{shortened(holder, _LONGEST)}` a new {name} that {effect}"


def _last_statement(edit: Edit) -> Mapping[str, object]:
    statements = (edit.document or {}).get("Statement")
    last = statements[-1] if isinstance(statements, list) else statements
    return last if isinstance(last, dict) else {}


def _effect(statement: Mapping[str, object]) -> str:
    """`allows s3:GetObject on arn:...`."""
    verb = "denies" if statement.get("Effect") == "Deny" else "allows"
    text = f"{verb} `{statement.get('Action')}`"
    resource = statement.get("Resource")
    if isinstance(resource, str) and resource != "*":
        text += f" on `{shortened(resource, _LONGEST)}`"
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        named = joined([f"`{shortened(str(entry), _LONGEST)}`" for entry in principal.values()])
        return f"{text} for {named}"
    if principal is not None and statement.get("Condition") is None:
        return f"{text} for everyone, signed in or not"
    return text


def _policy(edit: Edit, request: RequestRecord) -> str:
    """Name the policy of an edit with its layer and its place."""
    place = edit.place
    if place is None or place.policy is None:
        return "the policy"
    layer = place.slot.layer
    text = f"the {layer_name(layer, request.action, place.level)}"
    name, span = place.policy.name, edit.span
    if span is not None and span.source.name.endswith(name):
        text += f" `{shortened(place_text(span), _LONGEST)}`"
    else:
        text += f" `{shortened(name, _LONGEST)}`"
        text += "" if span is None else f" ({place_text(span)})"
    return text + level_text(place.level)


def _statement(edit: Edit) -> str:
    return statement_text(edit.statement or 0, edit.sid)


def _codes(values: Sequence[str]) -> str:
    return joined([f"`{shortened(value, _LONGEST)}`" for value in values])


def guard_sentence(edit: Edit, request: RequestRecord) -> str | None:
    """Say what a guardrail guards; `None` where an edit touches none."""
    if not edit.guardrail:
        return None
    layer = edit.layer
    name = "policy" if layer is None else layer_name(layer, request.action)
    if edit.effect == "Deny" and edit.place is not None and edit.place.policy is not None:
        statement = edit.place.policy.statements[edit.statement or 0]
        actions = _listed([pattern.pattern for pattern in statement.actions.patterns])
        text = f"{statement_text(statement.index, statement.sid)} of this {name} denies"
        text += f" everything but {actions}" if statement.actions.negated else f" {actions}"
        if statement.conditions:
            keys = joined([f"`{key}`" for key in _keys(edit)])
            text += f", depending on {keys}"
        return f"a guardrail: {text}"
    if edit.bypassed:
        keys = _codes(edit.bypassed)
        return (
            f"a guardrail: others here allow this under conditions on {keys}, which the new"
            " statement does not ask for"
        )
    if edit.element == "Condition":
        keys = _codes(_keys(edit))
        return f"a guardrail: conditions on {keys} limit when this statement allows"
    limited = "what others grant" if layer is None else _LIMITED.get(layer, "what others grant")
    return f"a guardrail: this {name} limits {limited}"


def _keys(edit: Edit) -> list[str]:
    if edit.place is None or edit.place.policy is None:
        return []
    tests = edit.place.policy.statements[edit.statement or 0].conditions
    return list(dict.fromkeys(test.written_key for test in tests))


def who_sentence(edit: Edit, report: EditReport) -> str:
    """Say who can make an edit, and whether that is the caller's account."""
    account = edit.account or "an account that the world does not name"
    arn = find_arn(report.answer.request.principal)
    here = arn.account if arn is not None and arn.account else None
    elsewhere = f", not from the account {here}" if here else ""
    match edit.actor:
        case Actor.CALLER:
            return "by the caller"
        case Actor.SESSION_MAKER:
            return "by whoever makes the session"
        case Actor.MANAGEMENT_ACCOUNT:
            known = f" {edit.account}" if edit.account else ""
            text = f"by the organization's management account{known}"
            return text if edit.own else text + elsewhere
        case Actor.RESOURCE_OWNER:
            text = f"in the account {account}, which owns the resource"
            return text if edit.own else text + elsewhere
        case Actor.ENDPOINT_OWNER:
            text = f"in the account {account}, which owns the endpoint"
            return text if edit.own else text + elsewhere
    return f"in the account {account}"


def reach_sentence(reach: Reach, goal: str, request: RequestRecord) -> str:
    """Say what edits open or close beyond the request."""
    verb = "opens" if goal == "allowed" else "closes"
    if not reach.size:
        return f"{verb} nothing beyond the request"
    parts = []
    if reach.actions:
        count = len(reach.actions)
        word = "action" if count == 1 else "actions"
        parts.append(f"{count} more {word} on this resource ({_listed(reach.actions)})")
    if reach.resources:
        parts.append(f"{request.action} on other resources ({_listed(reach.resources)})")
    if reach.principals:
        count = len(reach.principals)
        word = "principal" if count == 1 else "principals"
        parts.append(f"the request for {count} more {word} ({_listed(reach.principals)})")
    if reach.elsewhere:
        parts.append(f"other requests of the caller, such as {_listed(reach.elsewhere)}")
    return f"{verb} as well: {'; '.join(parts)}"


def _listed(texts: Sequence[str]) -> str:
    if len(texts) <= _LISTED + 1:
        return _codes(texts)
    return f"{_codes(texts[:_LISTED]).replace(' and ', ', ')} and {len(texts) - _LISTED} more"


def blocker_sentence(blocker: Blocker, report: EditReport) -> str:
    """Say what can't be changed, and why."""
    request = report.answer.request
    layer = "policy" if blocker.layer is None else layer_name(blocker.layer, request.action)
    name = f"`{shortened(blocker.policy, _LONGEST)}`" if blocker.policy else ""
    match blocker.reason:
        case Obstacle.AWS_MANAGED_POLICY:
            return (
                f"the {layer} {name} is an AWS managed policy, which nobody can edit: attach"
                " another one, or an own copy"
            )
        case Obstacle.SERVICE_LINKED_ROLE:
            return (
                "the caller is a service-linked role: only the AWS service that it is linked to"
                " defines its permissions"
            )
        case Obstacle.NO_RESOURCE_POLICIES:
            return (
                "no policy of the resource can grant this: assume a role in the account that owns"
                " it, or share the resource another way"
            )
        case Obstacle.OTHER_PARTITION:
            return (
                "caller and resource are in different partitions, between which nothing is shared"
            )
        case Obstacle.OWN_ACCOUNT_ONLY:
            return "the key is of another account: assume a role there to manage it"
        case Obstacle.CALLER_MAY_NOT_CALL:
            return "such callers may not make this call, whatever policies say"
        case Obstacle.ALWAYS_ALLOWED:
            return "this action needs no permission, and no policy can deny it"
        case Obstacle.UNKNOWN_KEYS:
            return "the answer depends on context keys that are not known: give them values first"
        case Obstacle.ROOT_USER:
            return (
                "the caller is a root user, whom no identity-based policy limits: only a service"
                " control policy of the organization can"
            )
        case Obstacle.NO_EXCEPTION:
            statement = statement_text(blocker.statement or 0, None)
            return (
                f"{statement} of the {layer} {name} denies the request, and no smaller change than"
                " removing it lets it spare this request"
            )
    return "no edit of one of these policies changes the answer"
