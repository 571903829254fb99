"""A mend changes no decision, and hints change none (see ``tests/README.md``)."""

from __future__ import annotations

import copy
import json
from functools import cache
from random import Random
from typing import Any

from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from iamsim.checks.mending import mend
from iamsim.checks.probes import effects, probes, requests
from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.query.hints import find_hints
from iamsim.symbolic.partial import answer
from iamsim.syntax.read import parse_policy
from iamsim.syntax.splicing import apply_changes
from tests.property.test_against_oracle import question_of
from tests.property.test_laws import documents_of, verdict
from tests.property.worlds import cases, standalone_cases

Data = dict[str, Any]
TYPES = {
    "resource_policy": PolicyType.RESOURCE,
    "trust": PolicyType.TRUST,
    "boundary": PolicyType.PERMISSIONS_BOUNDARY,
    "session_policies": PolicyType.SESSION,
    "scps": PolicyType.SERVICE_CONTROL,
    "rcps": PolicyType.RESOURCE_CONTROL,
    "vpce_policies": PolicyType.VPC_ENDPOINT,
}


@cache
def validator() -> Validator:
    """The checks, with the service reference remembered."""
    return Validator()


def mended(text: str, policy_type: PolicyType) -> str:
    """Mend a policy until nothing is left to mend."""
    for _ in range(20):
        examined = validator().examine_text(text, "policy", policy_type)
        assert examined.view is not None
        after = apply_changes(text, mend(examined.view, examined.findings, (), "json").changes)
        if after == text:
            return text
        text = after
    raise AssertionError(text)


def clutter(document: Data, random: Random) -> None:
    """Add to a policy what can be mended: entries that others cover, a statement twice, a condition
    that always holds, operators in another letter case, no version."""
    statements = document["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    for statement in statements:
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            if statement.get(name) and random.random() < 0.5:
                given = statement[name]
                listed = list(given) if isinstance(given, list) else [given]
                more = random.choice([listed[0], f"{listed[0]}*", listed[0].replace(":*", ":?")])
                listed.insert(random.randrange(len(listed) + 1), more)
                statement[name] = listed
        if random.random() < 0.3:
            more = random.choice([{}, {"StringLikeIfExists": {"aws:PrincipalTag/x": "*"}}])
            statement.setdefault("Condition", more)
        for operator in list(statement.get("Condition", {})):
            if random.random() < 0.3 and operator.lower() not in statement["Condition"]:
                statement["Condition"][operator.lower()] = statement["Condition"].pop(operator)
    if random.random() < 0.5:
        statements = [*statements, copy.deepcopy(random.choice(statements))]
        document["Statement"] = statements
    if random.random() < 0.3:
        document.pop("Version", None)


@given(standalone_cases(), st.sampled_from([None, 2, "\t"]), st.integers(0, 1_000))
def test_mending_changes_no_decision(request: Data, indent: int | str | None, seed: int) -> None:
    """A request gets the same verdict when all policies that it brings are mended."""
    random = Random(seed)  # noqa: S311 - clutter, no secret
    request = copy.deepcopy(request)
    for _, document in documents_of(request):
        clutter(document, random)
    after = copy.deepcopy(request)
    for name, document in documents_of(after):
        kind = TYPES.get(name, PolicyType.IDENTITY)
        text = mended(json.dumps(document, indent=indent), kind)
        document.clear()
        document.update(json.loads(text))
    assert verdict(after) is verdict(request)


def spoil(document: Data, random: Random) -> bool:
    """Change a policy in one place, as a wrong mend might; false where nothing was changed."""
    statements = document["Statement"]
    statement = random.choice(statements if isinstance(statements, list) else [statements])
    name = random.choice([name for name in statement if name != "Sid"])
    value = statement[name]
    if name == "Effect":
        statement[name] = "Deny" if value == "Allow" else "Allow"
    elif isinstance(value, list) and len(value) > 1:
        del value[random.randrange(len(value))]
    elif name == "Condition" and value:
        operator = random.choice(list(value))
        key = random.choice(list(value[operator]))
        values = value[operator][key]
        if isinstance(values, list) and len(values) > 1 and random.random() < 0.7:
            del values[0]
        else:
            del value[operator][key]
    else:
        return False
    return True


@settings(max_examples=60)  # a sample in every profile: what a policy suggests is no proof
@given(standalone_cases(), st.integers(0, 1_000_000))
def test_what_the_judge_of_mends_lets_pass_decides_as_before(request: Data, seed: int) -> None:
    """Whatever is changed in a policy: where the requests that both versions suggest meet the same
    statements, a request that they know nothing of gets the same verdict."""
    random = Random(seed)  # noqa: S311 - a change, no secret
    after = copy.deepcopy(request)
    documents = documents_of(after)
    assume(documents)
    name, document = random.choice(documents)
    before = copy.deepcopy(document)
    assume(spoil(document, random))
    kind = TYPES.get(name, PolicyType.IDENTITY)
    if name == "resource_policy" and ":role/" in request.get("resource", ""):
        kind = PolicyType.TRUST
    try:
        old, new = (parse_policy(entry, policy_type=kind) for entry in (before, document))
    except PolicyError:  # such as an RCP that allows, which AWS refuses
        reject()
    asked = requests(probes(old, new))
    if effects(old, kind, asked) == effects(new, kind, asked):
        assert verdict(after) is verdict(request)


@given(cases())
def test_hints_change_nothing(case: tuple[Data, Data]) -> None:
    """Whatever the service reference says, the decision is the one that was made without it; and
    it always says the same, with its day."""
    world, request = case
    question, compiled = question_of(world, request)
    answered = answer(question, compiled)
    before = answered.decision
    hints = find_hints(answered)
    assert answered.decision == before
    assert answer(question, compiled).decision == before
    assert [(hint.kind, hint.subject) for hint in hints] == [
        (hint.kind, hint.subject) for hint in find_hints(answer(question, compiled))
    ]
    assert all(hint.snapshot for hint in hints)
