"""The oracle against the specification's own vectors, and its independence of iamsim."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import InvalidPolicy, decide
from tests.oracle.conditions import condition_holds
from tests.oracle.context import tidy
from tests.oracle.text import resource_matches
from tests.oracle.traps import TRAPS
from tests.oracle.vectors import (
    ACTIONS,
    CONDITIONS,
    LAYERS,
    OBJECT,
    RESOURCES,
    SESSION,
    USER,
    allow,
    case,
    policy,
    statement,
)

HERE = Path(__file__).parent


@pytest.mark.parametrize(("element", "patterns", "action", "applies"), ACTIONS)
def test_action_vectors(element: str, patterns: Any, action: str, applies: bool) -> None:
    """A statement applies to the actions that table 18.1 says it applies to."""
    only = policy(statement("Allow", None, "*", **{element: patterns}))
    answer = decide(case(USER, identity=only, action=action, resource="*"))
    assert (answer["decision"] == "allowed") is applies


@pytest.mark.parametrize(("pattern", "resource", "matches"), RESOURCES)
def test_resource_vectors(pattern: str, resource: str, matches: bool) -> None:
    """A Resource entry matches the ARNs that table 18.2 says it matches."""
    assert resource_matches(pattern, resource, {}, substitute=True) is matches


@pytest.mark.parametrize(("operator", "values", "given", "holds"), CONDITIONS)
def test_condition_vectors(operator: str, values: Any, given: Any, holds: bool) -> None:
    """A condition holds where table 18.3 says it does, absent keys included."""
    context = tidy({"test:Key": given})
    assert condition_holds({operator: {"TEST:key": values}}, context, substitute=True) is holds


@pytest.mark.parametrize(
    ("request_", "decision", "layer"), [pytest.param(*row[1:], id=row[0]) for row in LAYERS]
)
def test_layer_vectors(request_: dict[str, Any], decision: str, layer: str | None) -> None:
    """Each row of table 18.4 gives its decision, and the layer where the table names one."""
    answer = decide(request_)
    assert answer["decision"] == decision
    assert layer in (None, answer["layer"])


@pytest.mark.parametrize(
    ("request_", "world", "decision", "layer"), [pytest.param(*row[1:], id=row[0]) for row in TRAPS]
)
def test_traps(
    request_: dict[str, Any], world: dict[str, Any] | None, decision: str, layer: str | None
) -> None:
    """None of the thirty known mistakes of hand-written evaluators is made here."""
    answer = decide(request_, world)
    assert answer["decision"] == decision
    assert layer in (None, answer["layer"])


INVALID = {
    "an effect in lower case": statement("allow", "*", "*"),
    "an unknown operator": allow(when={"StringMatches": {"aws:username": "u"}}),
    "Null with IfExists": allow(when={"NullIfExists": {"aws:username": "true"}}),
    "Action and NotAction": allow(NotAction="s3:*"),
    "a principal in an identity policy": allow(who="*"),
}


@pytest.mark.parametrize("bad", INVALID.values(), ids=INVALID)
def test_invalid_documents_are_refused(bad: dict[str, Any]) -> None:
    """A document that AWS would not store is refused rather than read somehow."""
    with pytest.raises(InvalidPolicy):
        decide(case(USER, identity=policy(bad)))


def test_incomplete_arn_in_a_session_policy_is_refused() -> None:
    """What an identity policy completes with stars, a session policy may not say."""
    short = policy(allow(resource="arn:aws:s3"))
    assert decide(case(SESSION, identity=short))["decision"] == "allowed"
    with pytest.raises(InvalidPolicy):
        decide(case(SESSION, identity=short, session_policies=[short]))


def test_duplicate_keys_in_text_are_refused() -> None:
    """JSON text with the same key twice is refused, where a plain reader would keep the last."""
    text = json.dumps(policy(allow())).replace('"Effect"', '"Effect": "Deny", "Effect"')
    with pytest.raises(InvalidPolicy):
        decide(case(USER, identity=text))


def test_the_callers_identity_is_always_told() -> None:
    """sts:GetCallerIdentity works whatever any policy says."""
    request = case(USER, action="sts:GetCallerIdentity", resource="*", scps=[[]])
    assert decide(request) == {"decision": "allowed", "layer": None, "notes": []}


def test_bpa_leaves_the_owner_alone() -> None:
    """RestrictPublicBuckets cuts outsiders off a public bucket, not its own account."""
    block = {"restrict_public_buckets": True}
    public = policy(allow(who="*"))
    request = case(USER, resource_policy=public, public_access_block=block, resource=OBJECT)
    assert decide(request)["decision"] == "allowed"


def test_the_oracle_imports_nothing_of_iamsim() -> None:
    """The oracle is a second opinion only as long as it shares no code with the package."""
    for file in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "iamsim"], file.name
