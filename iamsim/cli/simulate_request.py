"""From the AWS CLI's arguments for simulations to the parameters of the API.

https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-principal-policy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.api.simulation import SimulationRequest
from iamsim.cli.shorthand import context_entries, file_text, texts
from iamsim.cli.simulate_structures import organization_levels, policy_identifiers
from iamsim.cli.worlds import load_any

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.core.decision import PolicyType
    from iamsim.suites.policies import PolicyReader
    from iamsim.syntax.ast import Policy
    from iamsim.world.model import World


def load_world(options: Options) -> World | None:
    """Load and merge the worlds that the options name."""
    return load_any(
        _texts(options, "worlds"),
        overlays=_texts(options, "overlays"),
        quiet=bool(options.get("quiet")),
        on_demand=True,
    )


def simulation_request(options: Options) -> SimulationRequest:
    """Read the options; raises `RequestError` for a structure that is none."""
    return SimulationRequest(
        action_names=tuple(texts(_texts(options, "actions"))),
        read=_read,
        resource_arns=tuple(texts(_texts(options, "resources"))),
        of_principal="source" in options,
        policy_source_arn=_text(options, "source"),
        caller_arn=_text(options, "caller"),
        resource_owner=_text(options, "resource_owner"),
        resource_handling_option=_text(options, "handling"),
        context_entries=context_entries(_texts(options, "context")),
        policy_input_list=tuple(texts(_texts(options, "policies"))),
        permissions_boundary_policy_input_list=tuple(texts(_texts(options, "boundaries"))),
        resource_policy=_text(options, "resource_policy"),
        policy_exclusion_list=policy_identifiers(_texts(options, "excluded")),
        organization_levels=organization_levels(_texts(options, "levels")),
    )


def _read(reader: PolicyReader, text: str, policy_type: PolicyType, name: str) -> Policy:
    """Read a policy: `file://`, JSON, a file, or the ARN of a managed policy."""
    return reader.named(file_text(text), policy_type, name=name)


def _text(options: Options, field: str) -> str | None:
    value = options.get(field)
    return value if isinstance(value, str) and value else None


def _texts(options: Options, field: str) -> tuple[str, ...]:
    value = options.get(field)
    return value if isinstance(value, tuple) else ()
