"""`iamsim simulate`: the arguments of `aws iam simulate-...-policy`, answered offline.

https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-principal-policy.html
"""

from __future__ import annotations

from iamsim.cli import completion
from iamsim.cli.grammar import Arguments, Command, Group, Option, Options, in_panel
from iamsim.cli.output import write_output
from iamsim.cli.simulate_input import output_file, with_input
from iamsim.cli.worlds import overlay_option
from iamsim.query.simulation_entries import RESOURCE_HANDLING


def _principal_policy(options: Options, _arguments: Arguments) -> int:
    return _run(with_input(options, _OF_PRINCIPALS))


def _custom_policy(options: Options, _arguments: Arguments) -> int:
    return _run(with_input(options, _OF_POLICIES))


def _run(options: Options) -> int:
    """Simulate, and write the response."""
    from iamsim.api.simulation import simulated
    from iamsim.cli.simulate_answer import aws_text
    from iamsim.cli.simulate_paging import page_of
    from iamsim.cli.simulate_request import load_world, simulation_request
    from iamsim.cli.world_options import say_hints
    from iamsim.core.hint import HintKind
    from iamsim.engine.world import CompiledWorld
    from iamsim.questions.check import QuestionCheck
    from iamsim.symbolic.partial import answer

    simulation = simulated(simulation_request(options), load_world(options))
    world = simulation.world
    page = page_of(options, len({question.action for question in simulation.questions}))
    compiled = None if world is None else CompiledWorld(world)
    answers = [answer(question, compiled) for question in simulation.questions]
    write_output(aws_text(answers, world, simulation.source_arn, page), output_file(options))
    hints = QuestionCheck(world).of_questions(simulation.questions)
    # AWS simulates without a resource what is asked with one.
    say_hints([hint for hint in hints if hint.kind is not HintKind.RESOURCE_LEFT_OUT])
    return 0


def _policies(name: str, field: str, text: str) -> Option:
    return Option((name,), text, "values", "POLICY", panel=_SOURCES, kept_as=field)


_REQUEST, _SOURCES, _OUTPUT = "Request", "Policies", "Output"
_PAGING = in_panel(
    _OUTPUT,
    Option(
        ("--max-items",),
        "Most results to give, 1 to 1000; left out: all.",
        metavar="NUMBER",
    ),
    Option(
        ("--starting-token",),
        "Where to go on: the `Marker` of a response that was truncated.",
        metavar="MARKER",
    ),
    Option(("--marker",), "The same, as the API calls it.", "text", "MARKER"),
    Option(
        ("--page-size",),
        "Results of one call of the AWS CLI, 1 to 1000; changes nothing here.",
        metavar="NUMBER",
    ),
    Option(
        ("--no-paginate",),
        "Give the first 100 results, as one call of the API does.",
        "flag",
    ),
)
_SHARED = (
    *in_panel(
        _REQUEST,
        Option(
            ("--action-names",),
            "Actions, such as s3:GetObject.",
            "values",
            "ACTION",
            completes=completion.actions,
            kept_as="actions",
        ),
        Option(
            ("--resource-arns",),
            "ARNs of the resources; left out: `*`.",
            "values",
            "ARN",
            completes=completion.resources,
            kept_as="resources",
        ),
        Option(
            ("--caller-arn",),
            "ARN of the user, role or group that calls.",
            metavar="ARN",
            completes=completion.principals,
            kept_as="caller",
        ),
        Option(
            ("--resource-owner",),
            "Account of the resources, where their ARNs name none: its id, or its root's ARN.",
            metavar="ACCOUNT",
        ),
        Option(
            ("--resource-handling-option",),
            "A scenario of EC2; give all of its resources.",
            metavar="SCENARIO",
            choices=tuple(RESOURCE_HANDLING),
            kept_as="handling",
        ),
        Option(
            ("--context-entries",),
            "Context keys in the AWS CLI's shorthand, or as JSON.",
            "values",
            "ENTRY",
            kept_as="context",
        ),
    ),
    *in_panel(
        _SOURCES,
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
            "Resource-based policy of all resources.",
            metavar="POLICY",
        ),
        Option(
            ("--world",),
            "World file or folder with what is attached where; several are merged.",
            "list",
            "PATH",
            kept_as="worlds",
        ),
        overlay_option(),
    ),
    Option(
        ("--cli-input-json",),
        "The whole request as JSON, or `file://PATH`; other arguments override it.",
        metavar="JSON",
        panel=_REQUEST,
        kept_as="input_json",
    ),
    *_PAGING,
    Option(
        ("-o", "--output"),
        "Write to a file instead of standard output; `json` is the AWS CLI's format.",
        metavar="FILE",
        panel=_OUTPUT,
    ),
)
_SOURCE = Option(
    ("--policy-source-arn",),
    "ARN of the user, group or role of the world whose policies are simulated.",
    metavar="ARN",
    panel=_REQUEST,
    completes=completion.policy_holders,
    kept_as="source",
)
_EXCLUDED = Option(
    ("--policy-exclusion-list",),
    "Policies to leave out: by type, ARN, or name of an inline policy; shorthand or JSON.",
    "values",
    "IDENTIFIER",
    panel=_SOURCES,
    kept_as="excluded",
)
_LEVELS = Option(
    ("--ordered-organization-policy-input-list",),
    "Service control policies of each level, from the root to the account; shorthand or JSON.",
    "values",
    "LEVEL",
    panel=_SOURCES,
    kept_as="levels",
)
_OF_PRINCIPALS = (_SOURCE, *_SHARED, _EXCLUDED)
_OF_POLICIES = (*_SHARED, _LEVELS)


def _meant(arguments: Arguments) -> str:
    """The command that is meant where none is named: a principal has a source."""
    named = {argument.partition("=")[0] for argument in arguments}
    return "principal-policy" if "--policy-source-arn" in named else "custom-policy"


COMMAND = Group(
    "simulate",
    "Answer as AWS's policy simulator answers the AWS CLI, in the same JSON.\n\n"
    "The name of the command may be left out: with `--policy-source-arn` it is `principal-policy`,"
    " else `custom-policy`.",
    (
        Command(
            "principal-policy",
            "Simulate the policies of a user, group or role, as `aws iam simulate-principal-policy`"
            " does.\n\nUnlike AWS's simulator, it counts everything in the world:"
            " resource-based policies and RCPs as well.",
            _OF_PRINCIPALS,
            _principal_policy,
        ),
        Command(
            "custom-policy",
            "Simulate policies that are given, as `aws iam simulate-custom-policy` does.",
            _OF_POLICIES,
            _custom_policy,
        ),
    ),
    _meant,
)
