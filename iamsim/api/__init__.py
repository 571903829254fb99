"""The Python interface: plain arguments in, answers out.

The clock is read here, and only here: the engine gets the time as part of the request. Names are
loaded when first asked for, so that a command takes what it needs and no more.
"""

import importlib as _importlib

TYPE_CHECKING = False  # as in `iamsim`

if TYPE_CHECKING:
    from iamsim.api.answer import Answer
    from iamsim.api.loading import load
    from iamsim.api.policies import (
        CompiledPolicies,
        PreparedRequest,
        compile_policies,
        decide,
        explain,
    )
    from iamsim.api.world import World

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

_HOMES = {"Answer": "answer", "World": "world", "load": "loading"}


def __getattr__(name: str) -> object:
    """Load a name from its module."""
    if name not in __all__:
        message = f"module `iamsim.api` has no attribute `{name}`"
        raise AttributeError(message)
    module = _importlib.import_module(f"iamsim.api.{_HOMES.get(name, 'policies')}")
    value: object = getattr(module, name)
    globals()[name] = value
    return value
