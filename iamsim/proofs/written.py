"""Whether a policy that is written to say all that somebody can do leaves something out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.errors import RequestError
from iamsim.proofs.claims import Claim, Who, statement_about
from iamsim.proofs.prove import Prover
from iamsim.proofs.result import Verdict

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.result import CheckResult

__all__ = ["leaves_nothing_out"]

MOST = 1_000  # ways in which the principal meets resources


def leaves_nothing_out(policy: CompiledPolicy, principal: str, world: CompiledWorld) -> CheckResult:
    """Prove that a principal of a world is allowed nothing that an identity-based policy does not
    allow: nothing beside its Allow statements, and nothing that one of its Deny statements takes
    away. Raises `RequestError` for who is no caller."""
    who = Who("pattern", principal)
    name = f"what {principal} can do"
    allows = tuple(statement for statement in policy.statements if not statement.denies)
    prover = Prover(world)
    everything = statement_about("*", "*", None, name, any_names=True)
    result = prover.prove(Claim(name, who, everything, allows, listed_only=True), most=MOST)
    for statement in policy.statements:
        if statement.denies and result.verdict is Verdict.PASS:
            claim = Claim(name, who, statement, listed_only=True)
            try:
                result = prover.prove(claim, most=MOST)
            except RequestError as error:
                if error.code != "claim-about-nothing":  # no request is taken away
                    raise
    return result
