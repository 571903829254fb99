"""`iamsim simulate`: the arguments of `aws iam simulate-...-policy`, answered offline.

https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-principal-policy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli import completion
from iamsim.cli.commands import Command, Group
from iamsim.cli.options import Option
from iamsim.cli.output import write_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options

__all__ = ["COMMAND"]


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Simulate, and write the response."""
    from iamsim.cli.simulate_answer import aws_text  # noqa: PLC0415 - `--help` needs no engine
    from iamsim.cli.simulate_questions import load_world, simulated  # noqa: PLC0415
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415
    from iamsim.symbolic.partial import answer  # noqa: PLC0415

    world = load_world(options)
    simulation = simulated(options, world)
    compiled = None if world is None else CompiledWorld.checked(world)
    answers = [answer(question, compiled) for question in simulation.questions]
    output = options["output"]
    text = aws_text(answers, world, simulation.source_arn)
    write_output(text, output if isinstance(output, str) else None)
    return 0


def _policies(name: str, field: str, text: str) -> Option:
    return Option((name,), field, text, "values", "POLICY", panel=_SOURCES)


_REQUEST, _SOURCES = "Request", "Policies"
_SHARED = (
    Option(
        ("--action-names",),
        "actions",
        "Actions, such as s3:GetObject.",
        "values",
        "ACTION",
        panel=_REQUEST,
        completes=completion.actions,
    ),
    Option(
        ("--resource-arns",),
        "resources",
        "ARNs of the resources; left out: `*`.",
        "values",
        "ARN",
        panel=_REQUEST,
        completes=completion.resources,
    ),
    Option(
        ("--caller-arn",),
        "caller",
        "ARN of the user or role that calls.",
        metavar="ARN",
        panel=_REQUEST,
        completes=completion.principals,
    ),
    Option(
        ("--resource-owner",),
        "resource_owner",
        "Account of the resources, where their ARNs name none.",
        metavar="ACCOUNT",
        panel=_REQUEST,
    ),
    Option(
        ("--context-entries",),
        "context",
        "Context keys in the AWS CLI's shorthand, or as JSON.",
        "values",
        "ENTRY",
        panel=_REQUEST,
    ),
    _policies(
        "--policy-input-list",
        "policies",
        "Identity-based policies: JSON, `file://PATH`, a file, or the ARN of a managed policy.",
    ),
    _policies(
        "--permissions-boundary-policy-input-list", "boundaries", "The permissions boundary."
    ),
    Option(
        ("--resource-policy",),
        "resource_policy",
        "Resource-based policy of all resources.",
        metavar="POLICY",
        panel=_SOURCES,
    ),
    Option(
        ("--world",),
        "worlds",
        "World file or folder with what is attached where; several are merged.",
        "list",
        "PATH",
        panel=_SOURCES,
    ),
    Option(
        ("-o", "--output"),
        "output",
        "Write to a file instead of standard output.",
        metavar="FILE",
        panel="Output",
    ),
)
_SOURCE = Option(
    ("--policy-source-arn",),
    "source",
    "ARN of the user, group or role of the world whose policies are simulated.",
    metavar="ARN",
    panel=_REQUEST,
    completes=completion.principals,
)

COMMAND = Group(
    "simulate",
    "Answer what the AWS CLI asks AWS's policy simulator, in its words and in its shape (JSON).",
    (
        Command(
            "principal-policy",
            "Simulate the policies of a user, group or role, as `aws iam simulate-principal-policy`"
            " does.\n\nUnlike AWS's simulator, everything that the world says counts:"
            " resource-based policies and RCPs as well.",
            (_SOURCE, *_SHARED),
            _run,
        ),
        Command(
            "custom-policy",
            "Simulate policies that are given, as `aws iam simulate-custom-policy` does.",
            _SHARED,
            _run,
        ),
    ),
)
