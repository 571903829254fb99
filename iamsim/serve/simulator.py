"""IAM: the policy simulator, and the context keys of policies.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.api.simulation import SimulationRequest, simulated
from iamsim.catalog.keys import spelled
from iamsim.compile.policy import compile_policy
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.errors import InputError, PolicyError
from iamsim.core.hint import HintKind
from iamsim.engine.world import CompiledWorld
from iamsim.query.simulation_entries import context_entry, organization_level, policy_identifier
from iamsim.questions.check import QuestionCheck
from iamsim.report.aws import aws_response
from iamsim.report.aws_sources import PolicySources
from iamsim.report.hints import hint_text
from iamsim.serve.errors import ServiceError, no_such_entity, validation_error
from iamsim.symbolic.partial import answer
from iamsim.syntax.read import parse_policy
from iamsim.world.model import AnyPolicy, Group, PolicyDocument, Role, User

if TYPE_CHECKING:
    from iamsim.serve.call import Call, Json
    from iamsim.suites.policies import PolicyReader
    from iamsim.syntax.ast import Policy

MOST_PAIRS = 20_000  # of actions and resources that one call asks for
MOST_HINTS = 5  # that one header holds


def _read(reader: PolicyReader, text: str, policy_type: PolicyType, name: str) -> Policy:
    """Read a policy: only as text, since names of files are not for a server to follow."""
    return reader.text(text, name, policy_type)


def _simulate(call: Call, *, of_principal: bool) -> Json:
    """Simulate, and give a page of the results.

    A custom simulation knows no account; that of a principal counts all that the world says.
    """
    actions = tuple(dict.fromkeys(call.texts("ActionNames")))
    resources = call.texts("ResourceArns")
    if len(actions) * max(len(resources), 1) > MOST_PAIRS:
        raise _invalid(f"iamsim: one call asks for {MOST_PAIRS} pairs at most")
    fault = validation_error("Invalid Marker.")
    shown, marker = call.page(actions, "Marker", "MaxItems", fault)
    world = call.estate.model if of_principal else None
    try:
        request = _request(call, tuple(shown), resources, of_principal=of_principal)
        simulation = simulated(request, world)
        compiled = None
        if simulation.world is not None:
            same = simulation.world is call.estate.model
            compiled = call.estate.compiled if same else CompiledWorld.checked(simulation.world)
        answers = [
            answer(replace(question, now=call.estate.now), compiled)
            for question in simulation.questions
        ]
    except InputError as error:
        raise _refused(error) from error
    response = aws_response(answers, PolicySources(simulation.world, simulation.source_arn))
    open_questions = sum(answer.decision.verdict.value == "conditional" for answer in answers)
    if open_questions:
        call.notes["x-iamsim-conditional"] = (
            f"{open_questions} results depend on what is not known; they are given as implicitDeny"
        )
    # AWS simulates without a resource what is asked with one.
    hints = [
        hint_text(hint)
        for hint in QuestionCheck(simulation.world).of_questions(simulation.questions)
        if hint.kind is not HintKind.RESOURCE_LEFT_OUT
    ]
    if hints:
        more = f"; and {len(hints) - MOST_HINTS} more" if hints[MOST_HINTS:] else ""
        call.notes["x-iamsim-hints"] = "; ".join(hints[:MOST_HINTS]) + more
    return response | {"IsTruncated": marker is not None, "Marker": marker}


def _request(
    call: Call, actions: tuple[str, ...], resources: tuple[str, ...], *, of_principal: bool
) -> SimulationRequest:
    """The parameters, as the simulation takes them."""
    context: dict[str, str | tuple[str, ...]] = {}
    for entry in call.items("ContextEntries"):
        name, values = context_entry(dict(entry) if isinstance(entry, dict) else {}, str(entry))
        context[name] = values
    return SimulationRequest(
        action_names=actions,
        read=_read,
        resource_arns=resources,
        of_principal=of_principal,
        policy_source_arn=call.text("PolicySourceArn"),
        caller_arn=call.text("CallerArn"),
        resource_owner=call.text("ResourceOwner"),
        resource_handling_option=call.text("ResourceHandlingOption"),
        context_entries=context,
        policy_input_list=call.texts("PolicyInputList"),
        permissions_boundary_policy_input_list=call.texts("PermissionsBoundaryPolicyInputList"),
        resource_policy=call.text("ResourcePolicy"),
        policy_exclusion_list=tuple(map(policy_identifier, call.items("PolicyExclusionList"))),
        organization_levels=tuple(
            map(organization_level, call.items("OrderedOrganizationPolicyInputList"))
        ),
    )


def _refused(error: InputError) -> ServiceError:
    """AWS's error for a simulation that can't be made."""
    if error.code == "unknown-policy-source":
        return no_such_entity(error.message[:1].upper() + error.message[1:])
    return _invalid(error.message)


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidInput", message)


def _keys_of_texts(texts: Iterable[str]) -> list[str]:
    """The context keys that policies read, each as it is written first."""
    keys: dict[str, str] = {}
    for number, text in enumerate(texts, 1):
        try:
            policy = parse_policy(text, name=f"policy {number}", policy_type=PolicyType.IDENTITY)
            compiled = compile_policy(policy, PolicyType.IDENTITY)
        except PolicyError as error:
            raise _invalid(error.message) from error
        for statement in policy.statements:
            for condition in statement.conditions:
                keys.setdefault(condition.key.lower(), condition.key)
        for other_statement in compiled.statements:
            for key in other_statement.keys:
                keys.setdefault(key, spelled(key))
    return list(keys.values())


def _custom_keys(call: Call) -> Json:
    return {"ContextKeyNames": _keys_of_texts(call.texts("PolicyInputList"))}


def _principal_keys(call: Call) -> Json:
    """The keys of the policies of a user (with groups), group or role, and of those given."""
    arn = call.required("PolicySourceArn")
    policies: list[AnyPolicy] = []
    for entity in _entities(call, arn):
        policies += entity.policies
        boundary = getattr(entity, "boundary", None)
        policies += [] if boundary is None else [boundary]
    texts = [_document(policy) for policy in policies]
    return {"ContextKeyNames": _keys_of_texts([*texts, *call.texts("PolicyInputList")])}


def _entities(call: Call, arn: str) -> list[User | Group | Role]:
    """The user with its groups, the group, or the role of an ARN."""
    principal = call.estate.model.find_principal(arn)
    if isinstance(principal, User):
        return [principal, *call.estate.model.accounts[principal.account].groups_of(principal)]
    if principal is not None:
        return [principal]
    parsed = find_arn(arn)
    account = call.estate.model.accounts.get(parsed.account) if parsed is not None else None
    groups = account.groups.values() if account is not None else ()
    named = [group for group in groups if group.arn == arn]
    if not named:
        raise no_such_entity(f"The entity {arn}")
    return list(named)


def _document(policy: AnyPolicy) -> str:
    """The text of an attached policy."""
    import json

    from iamsim.catalog.managed import find_managed_policy

    if isinstance(policy, PolicyDocument):
        return json.dumps(policy.document)
    managed = find_managed_policy(policy.arn)
    if managed is None:
        raise _invalid(f"iamsim: the document of {policy.arn} is not known")
    return managed.document_text


OPERATIONS: dict[str, Callable[[Call], Json]] = {
    "SimulatePrincipalPolicy": lambda call: _simulate(call, of_principal=True),
    "SimulateCustomPolicy": lambda call: _simulate(call, of_principal=False),
    "GetContextKeysForCustomPolicy": _custom_keys,
    "GetContextKeysForPrincipalPolicy": _principal_keys,
}
