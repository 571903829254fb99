"""`iamsim generate`: the least policy under which what a principal did would still pass."""

from __future__ import annotations

from iamsim.cli import completion
from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options
from iamsim.cli.logs import COUNTED_BY, counted_by
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import DOCUMENT_FORMATS, output, write_result
from iamsim.cli.worlds import load_any, world_option
from iamsim.core.errors import RequestError

MOST = 10
MOST_CHARACTERS = 6_144  # the quota of a managed policy


def _run(options: Options, arguments: Arguments) -> int:
    """Count what the principal did, and write the policy."""
    from iamsim.api import World
    from iamsim.api.trails import generate_policy

    principal = options.text("principal")
    if principal is None:
        raise RequestError(
            "missing-principal",
            "the policy is for nobody",
            hint="give the ARN of a user or a role with -p",
        )
    most = options.text("most_resources") or str(MOST)
    size = options.text("most_characters") or str(MOST_CHARACTERS)
    for number in (most, size):
        if not number.isdecimal():
            raise RequestError("invalid-number", f"`{number}` is no whole number")
    model = load_any(options.texts("worlds"), quiet=bool(options["quiet"]), on_demand=True)
    with ProgressBar("reading logs", quiet=bool(options["quiet"])) as bar:
        generated = generate_policy(
            principal,
            *arguments,
            world=None if model is None else World(model).compiled,
            most_resources=int(most[:6]),
            most_characters=int(size[:9]),
            conditions=bool(options["conditions"]),
            form=options.text("form") or "policy",
            **counted_by(options, bar),
        )
    write_result(options, generated)
    return int(not generated.is_sure)


COMMAND = Command(
    "generate",
    "Write the least policy for what a principal did, from CloudTrail logs.\n\n"
    "Every call that succeeded would still pass; denied calls do not count. With `--world` the"
    " policy stays within what the principal has today, which is proved: conditions come along, and"
    " calls that today's policies no longer allow are left out. The exit code is 1 where a log"
    " could not be read whole, or where that was not proved.",
    (
        Option(
            ("-p", "--principal"),
            "ARN of a user or role.",
            metavar="PRINCIPAL",
            completes=completion.principals,
        ),
        world_option(),
        Option(
            ("--most-resources",),
            "More resources than that, of one action and kind, become a pattern; 0 for never.",
            metavar="NUMBER",
            default=str(MOST),
        ),
        Option(
            ("--most-characters",),
            "How large the policy may be, white space apart: larger ones get patterns for fewer"
            " resources, unless all stay exact.",
            metavar="NUMBER",
            default=str(MOST_CHARACTERS),
        ),
        Option(
            ("--conditions",),
            "Also where calls came from: VPC endpoints or networks, where they are few.",
            "flag",
        ),
        Option(
            ("--as",),
            "What to write: the policy, or a snippet that attaches it.",
            metavar="FORM",
            choices=("policy", "terraform", "cloudformation"),
            default="policy",
            kept_as="form",
        ),
        *COUNTED_BY,
        *output(*DOCUMENT_FORMATS, quiet="Only the policy, or the snippet."),
    ),
    _run,
    Argument("LOGS", "Log files, or folders of them, as CloudTrail writes them.", least=1),
)
