"""What to fetch next, where an answer hangs on policies that nobody has given.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html: a request may be
denied by every type of policy, and AWS names one of them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog import resource_control_services
from iamsim.catalog.presence import keys_through_endpoints
from iamsim.catalog.resource_types import type_of_arn
from iamsim.core.arn import find_arn
from iamsim.core.decision import Layer, Verdict
from iamsim.query.difference import DifferenceKind
from iamsim.report.fetching import fetch_call, fetch_unknown
from iamsim.words.sentences import layer_name

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.query.denial import DenialReport

# What may still deny, in the order in which it is worth looking.
ORDER = (
    Layer.IDENTITY_BASED_POLICY,
    Layer.RESOURCE_BASED_POLICY,
    Layer.PERMISSIONS_BOUNDARY,
    Layer.SERVICE_CONTROL_POLICY,
    Layer.RESOURCE_CONTROL_POLICY,
    Layer.SESSION_POLICY,
    Layer.VPC_ENDPOINT_POLICY,
)
MASK = "*"  # of an account, in the ARN of a message
LIST_BUCKETS = "aws s3api list-buckets"
SESSIONS = ("assumed-role/", "federated-user/")


class NextStep(NamedTuple):
    """A call of the AWS CLI whose output is to be given next; none where nothing is missing."""

    why: str
    call: str | None = None
    layer: Layer | None = None

    @property
    def sentence(self) -> str:
        """The step in words."""
        return self.why if self.call is None else f"{self.why}: `{self.call}`"

    def to_dict(self) -> dict[str, object]:
        """The step as plain data."""
        layer = None if self.layer is None else self.layer.value
        return {"why": self.why, "call": self.call, "layer": layer}


def after_denial(
    report: DenialReport, given: Collection[Layer], *, in_world: bool
) -> NextStep | None:
    """What to fetch where a message is not explained; that nothing is, where it is."""
    if report.explained:
        return NextStep("nothing, what was given explains the denial")
    message = report.message
    if message.layer is not None and (in_world or message.layer not in given):
        return _step(message.layer, report.answer, "AWS names it", message.policy_arn)
    answer = report.answer
    resource = find_arn(answer.request.resource)
    if resource is not None and MASK in resource.account:
        return NextStep("give the ARN of the resource with -r: AWS hides a part of its account")
    if any(difference.kind is DifferenceKind.OTHER_OWNER for difference in report.differences):
        return NextStep("look whether the bucket is among those of the account", LIST_BUCKETS)
    if report.open_keys:
        key = report.open_keys[0].written or report.open_keys[0].key
        return NextStep(f"say what `{key}` was with -c, or with --unset that the call had none")
    if message.layer is None or answer.unknowns:
        return after_answer(answer, given, in_world=in_world)
    why = "AWS names it, and what was given does not say so"
    return _step(message.layer, answer, why, message.policy_arn)


def after_answer(answer: Answer, given: Collection[Layer], *, in_world: bool) -> NextStep | None:
    """What to fetch where layers were not given that could decide otherwise."""
    for part in answer.unknowns:
        if part.fact is not None:
            request = answer.request
            call = fetch_unknown(part, request.resource, request.principal)
            return NextStep(f"fetch {part.what}, since it is not known", call)
        return _step(Layer(part.layer), answer, "it is not known")
    if in_world:
        return None
    decision = answer.decision
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return NextStep("nothing, an explicit deny stands whatever else there is")
    for layer in ORDER:
        if layer not in given and _may_count(layer, answer):
            return _step(layer, answer, "it was not given")
    return NextStep("nothing, every kind of policy that can count was given")


def _may_count(layer: Layer, answer: Answer) -> bool:
    """Whether a layer can bear on a request of this caller on this resource."""
    request = answer.request
    caller = find_arn(request.principal)
    if layer is Layer.RESOURCE_BASED_POLICY:
        return _has_policy(request.resource)
    if caller is None:
        resource = find_arn(request.resource)
        controlled = resource is not None and resource.service in resource_control_services()[1]
        return controlled and layer is Layer.RESOURCE_CONTROL_POLICY
    if layer is Layer.SESSION_POLICY:
        return caller.resource.startswith(SESSIONS)
    if layer is Layer.VPC_ENDPOINT_POLICY:
        return not keys_through_endpoints().isdisjoint(map(str.lower, request.context))
    return True


def _has_policy(resource: str) -> bool:
    """Whether a resource, or what it lies in, can have a resource-based policy."""
    arn = find_arn(resource)
    text = resource
    while arn is not None and text.startswith(arn.text[: -len(arn.resource)]):
        if type_of_arn(text) is not None:
            return True
        shorter = text.rpartition("/")[0]
        if len(shorter) <= len(arn.text) - len(arn.resource):
            break
        text = shorter
    return arn is not None and arn.service == "iam" and arn.resource.startswith("role/")


def _step(layer: Layer, answer: Answer, why: str, policy_arn: str | None = None) -> NextStep:
    """The call that prints the policies of a layer for a request."""
    request = answer.request
    name = layer_name(layer, request.action)
    call = fetch_call(layer, request.resource, request.principal, policy_arn)
    return NextStep(f"fetch the {name}, since {why}", call, layer)
