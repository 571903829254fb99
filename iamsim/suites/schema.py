"""The JSON Schema of scenario files, made from the models that read them.

Editors complete and check a suite with it: https://json-schema.org/draft/2020-12.
"""

from __future__ import annotations

from typing import Any

from iamsim.suites.models import ScenarioModel
from iamsim.world.records import PUBLIC_ACCESS_BLOCK

_POLICY = {
    "description": "A policy: written out, or its name, its file or its ARN.",
    "anyOf": [{"type": "string"}, {"type": "object"}],
}
_POLICIES = {"type": "array", "items": _POLICY}
_LEVELS = {
    "description": "Levels, root first, each a list of policies.",
    "type": "array",
    "items": _POLICIES,
}
# Readers of YAML differ in whether `true` is a flag or a text.
_FLAG = {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]}
# Fields that the models do not describe: other rooms read them, or they are read from texts too.
_PLAIN: dict[str, dict[str, Any]] = {
    "identity_policies": _POLICIES,
    "resource_policy": _POLICY,
    "boundary": _POLICY,
    "session_policies": _POLICIES,
    "policies": _POLICIES,
    "scps": _LEVELS,
    "rcps": _LEVELS,
    "vpce_policies": _POLICIES,
    "partial": _FLAG,
    "public_access_block": {
        "type": "object",
        "properties": dict.fromkeys(PUBLIC_ACCESS_BLOCK.by_name, _FLAG),
        "additionalProperties": False,
    },
    "world": {
        "description": "A path, several paths, or a world written inline.",
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object"},
        ],
    },
}
_ABOUT = {
    "title": "What the scenario shows.",
    "about": "More about it, in Markdown.",
    "tags": "Words by which `iamsim test --tag` picks requests.",
    "see": "Pages of AWS that state the rule.",
    "defaults": "Fields that every request has unless it says otherwise.",
    "requests": "The questions.",
    "name": "What the request shows.",
    "principal": "An ARN, a service principal, or `anonymous`.",
    "action": "One action or several; every pair with a resource is asked.",
    "resource": "One ARN or several; left out for actions without a resource type.",
    "call": "A command of the AWS CLI or a line of boto3, instead of action and resource.",
    "region": "Region of the call, where its line names none.",
    "principals": "A table: each of these principals.",
    "actions": "A table: each of these actions or patterns, with one `expect` for all.",
    "resources": "A table: each of these resources.",
    "contexts": "A table: each of these contexts by its name, on top of `context`.",
    "allowed": "A table: actions or patterns that must be allowed.",
    "denied": "A table: actions or patterns that must be denied.",
    "matrix": "A table: principals, each with lists `allowed` and `denied`.",
    "context": "Context keys with their values.",
    "session": "How the caller's session was made.",
    "via": "The way of the request: a VPC endpoint, or services on the caller's behalf.",
    "unknown": "Context keys, layers and things that are not known.",
    "partial": "Whether every key that is neither given nor derivable is unknown.",
    "expect": "The decision that the request must get.",
    "expect_error": "The code of the error that the question must raise.",
    "because": "The layer that must decide.",
    "completions": "Values for unknown keys, and the decision that each gives.",
    "resource_account": "The owner's account, where neither ARN nor world tells.",
    "lesson": "What `iamsim learn` teaches with the scenario; the first request is its question.",
    "number": "The place of the lesson in the course.",
    "topic": "What the lesson is about, in a few words.",
    "text": "The sentences that come before the question.",
    "question": "What one is asked.",
    "hints": "Hints, one after the other, for those who ask.",
    "learned": "What the answer shows.",
    "variations": "Small changes, each a request of this file.",
    "request": "The name of the request that shows the change.",
    "change": "What is different.",
}


def scenario_schema() -> dict[str, Any]:
    """Give the schema of a scenario file as plain data, ready for `json.dumps`."""
    made = ScenarioModel.model_json_schema()
    definitions = {name: _described(value) for name, value in made.pop("$defs", {}).items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_described(made),
        "title": "A scenario: questions, what they are asked of, and the answers expected",
        "$defs": definitions,
    }


def _described(model: dict[str, Any]) -> dict[str, Any]:
    """Say of each field what it holds; null stands for a key left out."""
    properties = {}
    for name, field in model.get("properties", {}).items():
        shape = {key: value for key, value in field.items() if key not in ("title", "default")}
        if name in _PLAIN:
            shape = {"anyOf": [_PLAIN[name], {"type": "null"}]}
        if name in _ABOUT:
            shape = {"description": _ABOUT[name], **shape}
        properties[name] = shape
    rest = {key: value for key, value in model.items() if key != "title"}
    return {**rest, "properties": properties}
