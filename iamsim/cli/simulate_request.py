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
        options.texts("worlds"),
        overlays=options.texts("overlays"),
        quiet=bool(options.get("quiet")),
        on_demand=True,
    )


def simulation_request(options: Options) -> SimulationRequest:
    """Read the options; raises `RequestError` for a structure that is none."""
    return SimulationRequest(
        action_names=tuple(texts(options.texts("actions"))),
        read=_read,
        resource_arns=tuple(texts(options.texts("resources"))),
        of_principal="source" in options,
        policy_source_arn=options.text("source") or None,
        caller_arn=options.text("caller") or None,
        resource_owner=options.text("resource_owner") or None,
        resource_handling_option=options.text("handling") or None,
        context_entries=context_entries(options.texts("context")),
        policy_input_list=tuple(texts(options.texts("policies"))),
        permissions_boundary_policy_input_list=tuple(texts(options.texts("boundaries"))),
        resource_policy=options.text("resource_policy") or None,
        policy_exclusion_list=policy_identifiers(options.texts("excluded")),
        organization_levels=organization_levels(options.texts("levels")),
    )


def _read(reader: PolicyReader, text: str, policy_type: PolicyType, name: str) -> Policy:
    """Read a policy: `file://`, JSON, a file, or the ARN of a managed policy."""
    return reader.named(file_text(text), policy_type, name=name)
