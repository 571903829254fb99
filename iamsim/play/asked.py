"""What stands on the page, read as a question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.api.inputs import now
from iamsim.api.kept import read_policy
from iamsim.api.question import question_of
from iamsim.core.decision import PolicyType
from iamsim.core.errors import IamsimError, RequestError
from iamsim.engine.services.sts import is_trust_request
from iamsim.questions.check import checked
from iamsim.symbolic import partial

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.engine.question import Question
    from iamsim.syntax.ast import Policy

Json = dict[str, Any]

# The layers as the page names them, and what arguments of questions they are.
LAYERS = {
    "identity": "identity_policies",
    "resource": "resource_policy",
    "boundary": "boundary",
    "session": "session_policies",
    "scp": "scps",
    "rcp": "rcps",
    "vpce": "vpce_policies",
}
SINGLE = frozenset({"resource", "boundary"})
LEVELS = frozenset({"scp", "rcp"})
NARROW, WIDE = 300, 900  # pixels of a picture
MOST_LEVELS = 6  # the root, and units five deep


class Sheet(NamedTuple):
    """A question with the names of its policies, as the page numbers them."""

    question: Question
    names: tuple[str, ...]

    def answer(self) -> Answer:
        """Ask it."""
        return checked(partial.answer(self.question), self.question, None)


def read_sheet(given: Mapping[str, object]) -> Sheet:
    """Read the question of a page, whatever stands there; raises `InputError`.

    `given` has the texts `principal`, `action`, `resource`, `account` and `context` (a key and its
    value in each line), the flag `partial`, and `policies`: each with a `layer`, its `text`, for
    control policies their `level`, and `off` where it does not count.
    """
    action, resource = text_of(given, "action"), text_of(given, "resource") or "*"
    policies = given.get("policies")
    if not isinstance(policies, list):
        raise RequestError("wrong-type", "the policies of a page must be a list")
    is_trust = is_trust_request(action, resource)
    arguments: Json = {}
    names = []
    for number, policy in enumerate(policies):
        if not isinstance(policy, dict):
            raise RequestError("wrong-type", "a policy of a page must be a map")
        layer = text_of(policy, "layer")
        names.append(policy_name(number, layer))
        if layer not in LAYERS:
            raise RequestError("unknown-value", f"`{layer}` is no layer of the page")
        if not policy.get("off"):
            kind = PolicyType.TRUST if layer == "resource" and is_trust else PolicyType(layer)
            read = read_policy(text_of(policy, "text"), names[-1], kind)
            _attach(arguments, layer, read, policy.get("level"))
    for layer in LEVELS & {layer for layer in LAYERS if LAYERS[layer] in arguments}:
        levels = arguments[LAYERS[layer]]
        arguments[LAYERS[layer]] = [levels[place] for place in sorted(levels)]
    question = question_of(
        principal=text_of(given, "principal"),
        action=action,
        resource=resource,
        context=_context(text_of(given, "context")),
        resource_account=text_of(given, "account") or None,
        partial=bool(given.get("partial")),
        policies=arguments,  # type: ignore[arg-type]  # the names are those of `LAYERS`
        at=now(),
    )
    return Sheet(question, tuple(names))


def policy_name(number: int, layer: str) -> str:
    """The name by which answers quote a policy of the page."""
    return f"{layer}-{number + 1}"


def text_of(given: Mapping[str, object], name: str) -> str:
    """A text of the page, the empty one where there is none; raises `RequestError` for others."""
    value = given.get(name, "")
    if not isinstance(value, str):
        raise RequestError("wrong-type", f"`{name}` of a page must be a text")
    return value.strip() if name != "text" else value


def width_of(given: Mapping[str, Any]) -> int:
    """The width of a picture, in pixels, that a page has room for."""
    width = given.get("width")
    return min(max(width, NARROW), WIDE) if isinstance(width, int) else WIDE


def _attach(arguments: Json, layer: str, policy: Policy, level: object) -> None:
    """Put a policy into its layer, of control policies on its level."""
    argument = LAYERS[layer]
    if layer in SINGLE:
        if argument in arguments:
            raise RequestError("two-policies", f"the layer `{layer}` takes one policy, not two")
        arguments[argument] = policy
        return
    if layer not in LEVELS:
        arguments.setdefault(argument, []).append(policy)
        return
    place = level if isinstance(level, int) and 1 <= level <= MOST_LEVELS else 1
    arguments.setdefault(argument, {}).setdefault(place, []).append(policy)


def _context(text: str) -> dict[str, object]:
    """Read context keys: ``key = value`` in each line; a key in several lines has several."""
    found: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip():
            raise RequestError(
                "missing-equals-sign",
                f"line {number} of the context is not of the form KEY = VALUE",
                hint="such as aws:SourceIp = 203.0.113.7",
            )
        name = spelled.setdefault(key.strip().lower(), key.strip())
        found.setdefault(name, []).append(value.strip())
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


def fault_of(error: IamsimError) -> Json:
    """An error as the page shows it: what, why, and in which policy where."""
    told: Json = {"code": error.code, "message": error.message, "hint": error.hint}
    if error.span is not None:
        told["policy"] = error.span.source.name
        told["line"], told["column"] = error.span.line, error.span.column
    return told
