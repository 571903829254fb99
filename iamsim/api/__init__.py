"""The Python interface: plain arguments in, answers out.

The clock is read here, and only here: the engine gets the time as part of the request.
"""

from iamsim.api.answer import Answer
from iamsim.api.policies import (
    CompiledPolicies,
    PreparedRequest,
    compile_policies,
    decide,
    explain,
)
from iamsim.api.world import World, load

__all__ = [
    "Answer",
    "CompiledPolicies",
    "PreparedRequest",
    "World",
    "compile_policies",
    "decide",
    "explain",
    "load",
]
