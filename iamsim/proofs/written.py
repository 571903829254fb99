"""Whether a policy that is written to say all that somebody can do says all, and only that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.proofs.claims import Claim, read_who, statement_about
from iamsim.proofs.prove import Prover
from iamsim.proofs.result import CheckResult, Verdict

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.engine.world import CompiledWorld

UNLISTED = "the world does not list who is asked about"
MOST = 10_000  # ways in which the principal meets resources: some ten seconds


def leaves_nothing_out(policy: CompiledPolicy, principal: str, world: CompiledWorld) -> CheckResult:
    """Prove that a principal of a world is allowed nothing that an identity-based policy does not
    allow: nothing beside its Allow statements, and nothing that one of its Deny statements takes
    away."""
    name = f"what {principal} can do"
    who = read_who(principal, name)
    allows = tuple(statement for statement in policy.statements if not statement.denies)
    prover = Prover(world)
    everything = statement_about("*", "*", None, name, any_names=True)
    claim = Claim(name, who, everything, allows, listed_only=True)
    if not prover.is_listed(claim):
        return CheckResult(Verdict.UNKNOWN, UNLISTED, why_unknown=UNLISTED, name=name)
    result = prover.prove(claim, most=MOST)
    for statement in policy.statements:
        if statement.denies and result.verdict is Verdict.PASS:
            claim = Claim(name, who, statement, listed_only=True)
            result = prover.settle(claim, most=MOST)
    return result


def allows_nothing_more(
    policy: CompiledPolicy, principal: str, world: CompiledWorld
) -> CheckResult:
    """Prove that an identity-based policy allows nothing that a principal of a world is not
    allowed: no request is denied that an Allow statement matches and no Deny statement does. It is
    about what the principal's account has, and calls through none of the world's VPC endpoints."""
    name = f"what {principal} can do"
    who = read_who(principal, name)
    denies = tuple(statement for statement in policy.statements if statement.denies)
    prover = Prover(world)
    result = CheckResult(Verdict.PASS, "The policy allows nothing.", name=name)
    for statement in policy.statements:
        if statement.denies or result.verdict is Verdict.FAIL:
            continue
        claim = Claim(name, who, statement, denies, listed_only=True, always=True)
        if not prover.is_listed(claim):
            return CheckResult(Verdict.UNKNOWN, UNLISTED, why_unknown=UNLISTED, name=name)
        found = prover.settle(claim, most=MOST)
        result = result if found.verdict is Verdict.PASS else found
    return result
