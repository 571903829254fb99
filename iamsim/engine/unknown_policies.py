"""What stands in decisions for settings, grants and shares that a world does not know: a policy
that may allow, or do anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.compile.condition import open_test
from iamsim.compile.policy import CompiledPolicy, PolicySet, compile_policy
from iamsim.core.data_class import replace
from iamsim.core.decision import PolicyType
from iamsim.core.span import Source
from iamsim.core.unknown import Unknown, fact_words, open_key
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.world.model import World


def may_do_anything(name: str, unknown: Unknown) -> PolicySet:
    """What may allow or deny whatever it is asked about."""
    return _compiled(name, dict(unknown.to_marker()))


def may_allow(name: str, unknown: Unknown, actions: Sequence[str] = ("*",)) -> PolicySet:
    """What may allow whatever it is asked about, of some actions, and denies nothing."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(actions),
        "Resource": "*",
        "Condition": {**unknown.to_marker(), "source": unknown.source},
    }
    return _compiled(name, {"Version": "2012-10-17", "Statement": [statement]})


def may_not_apply(policies: PolicySet, name: str, unknown: Unknown) -> PolicySet:
    """Policies that may deny what they deny, and may allow anything besides: nobody knows whether
    they apply."""

    def doubted(policy: CompiledPolicy, statement: CompiledStatement) -> CompiledStatement:
        if statement.unknowns or not statement.denies:
            return statement
        key = open_key(policy.name, unknown, statement.index, statement.effect)
        test = open_test(key, (unknown,), statement.source, statement.path)
        return replace(statement, conditions=(*statement.conditions, test), unknowns=(unknown,))

    return PolicySet(
        (
            *(
                replace(policy, statements=tuple(doubted(policy, one) for one in policy.statements))
                for policy in policies.policies
            ),
            *may_allow(name, unknown).policies,
        )
    )


def lost_level(account: str, model: World) -> tuple[tuple[str, PolicySet], ...]:
    """What may be attached above an account of which nobody knows in which node it stands."""
    lost = None if model.node_of(account) is not None else model.lost_place(account)
    if lost is None or model.organization is None:
        return ()
    name = fact_words("parent")
    return ((name, may_do_anything(f"{name} of {account}", lost)),)


def _compiled(name: str, document: dict[str, object]) -> PolicySet:
    policy = parse_policy(
        document,
        name=name,
        source=Source(name, ""),
        policy_type=PolicyType.RESOURCE,
        lenient=True,
    )
    return PolicySet((compile_policy(policy, PolicyType.RESOURCE, lenient=True),))
