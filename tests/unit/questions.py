"""Questions for the tests of `compile` and `engine`, in the words of scenario files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iamsim.compile.policy import compile_policy
from iamsim.core.decision import PolicyType
from iamsim.core.request import Request
from iamsim.engine import authorize
from iamsim.engine.callers import make_caller
from iamsim.engine.question import PLAIN_SESSION
from iamsim.engine.world import CompiledWorld
from iamsim.suites.scenario import scenario_from_data
from iamsim.syntax.read import parse_policy
from iamsim.world.documents import parse_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.answer import Answer
    from iamsim.core.request import Caller, ContextValue
    from iamsim.engine.question import Question

Data = dict[str, Any]

A, B = "111111111111", "222222222222"
USER = f"arn:aws:iam::{A}:user/maya"
ROLE = f"arn:aws:iam::{A}:role/app"
SESSION = f"arn:aws:sts::{A}:assumed-role/app/s1"
ROOT = f"arn:aws:iam::{A}:root"
BUCKET = "arn:aws:s3:::reports"
OBJECT = "arn:aws:s3:::reports/2026.csv"
QUEUE = f"arn:aws:sqs:eu-west-1:{A}:jobs"
KEY = f"arn:aws:kms:eu-west-1:{A}:key/1234"
VERSION = "2012-10-17"


def policy(*statements: Data, version: str | None = VERSION) -> Data:
    """Make a policy document of statements."""
    document: Data = {} if version is None else {"Version": version}
    return {**document, "Statement": list(statements)}


def allow(**elements: Any) -> Data:
    """Make an Allow statement; what is not given is ``*``, principals are left out."""
    return statement("Allow", **elements)


def deny(**elements: Any) -> Data:
    """Make a Deny statement; what is not given is ``*``, principals are left out."""
    return statement("Deny", **elements)


def statement(effect: str, **elements: Any) -> Data:
    """Make a statement; an element given as `None` is left out."""
    made: Data = {"Effect": effect, "Action": "*", "Resource": "*", **elements}
    for name in ("Action", "Resource"):
        if f"Not{name}" in elements:
            del made[name]
    return {name: value for name, value in made.items() if value is not None}


def question_of(request: Data, world: Data | None = None) -> tuple[Question, CompiledWorld]:
    """Read a request, and the world that it is asked of, as if both stood in a scenario file."""
    asked = {"principal": USER, "action": "s3:GetObject", "resource": OBJECT, **request}
    scenario: Data = {"title": "test", "requests": [asked]}
    if world is not None:
        scenario["world"] = world
    read = scenario_from_data(parse_document(json.dumps(scenario), name="test.json"))
    return read.requests[0].questions[0], CompiledWorld(read.world)


def ask(request: Data, world: Data | None = None) -> Answer:
    """Answer a request; by default it is of a user of account A for an object."""
    return authorize.explain(*question_of(request, world))


def verdict(request: Data, world: Data | None = None) -> str:
    """Decide a request by the fast reading and by the full one, which must agree."""
    question, compiled = question_of(request, world)
    decision = authorize.decide(question, compiled)
    assert authorize.explain(question, compiled).decision.verdict is decision.verdict
    return decision.verdict.value


def compiled(raw: Data, *, version: str | None = VERSION, resource: bool = False) -> Any:
    """Compile one statement of an identity-based (or resource-based) policy."""
    policy_type = PolicyType.RESOURCE if resource else PolicyType.IDENTITY
    parsed = parse_policy(policy(raw, version=version), policy_type=policy_type)
    found: CompiledStatement = compile_policy(parsed, policy_type).statements[0]
    return found


def caller(principal: str = USER, *, has_boundary: bool = False) -> Caller:
    """Make the caller that a principal stands for."""
    return make_caller(
        principal,
        "s3:getobject",
        PLAIN_SESSION,
        None,
        has_boundary=has_boundary,
        assumed_root=False,
    )


def request_of(
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    context: Mapping[str, ContextValue] | None = None,
    principal: str = USER,
) -> Request:
    """Make a request as matchers see it; names of context keys are put in lower case."""
    lower = {key.lower(): value for key, value in (context or {}).items()}
    return Request(caller(principal), action.lower(), resource, lower)
