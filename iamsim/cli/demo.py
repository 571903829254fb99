"""`iamsim demo`: a walk through the example world, with the commands to repeat."""

from __future__ import annotations

import shlex
import sys
from typing import NamedTuple

from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options

WORLD = ("--world", "example:harbor")
OBJECT = "arn:aws:s3:::harbor-reports/finance/2026.csv"
MESSAGE = (
    "User: arn:aws:sts::111122223333:assumed-role/deploy/run7 is not authorized to perform: "
    f's3:DeleteObject on resource: "{OBJECT}" because no permissions boundary allows the '
    "s3:DeleteObject action"
)


class Step(NamedTuple):
    """A command, and what to see in its answer."""

    about: str
    command: tuple[str, ...]


STEPS = (
    Step(
        "One request: is it allowed, and which policy decides?",
        ("explain", *WORLD, "-p", "deploy", "-a", "s3:DeleteObject", "-r", OBJECT),
    ),
    Step(
        "AWS said no. Does the world say why?",
        ("why", MESSAGE, *WORLD, "-q"),
    ),
    Step(
        "Who can read that object?",
        ("who-can", "s3:GetObject", OBJECT, *WORLD),
    ),
    Step(
        "What would a Terraform plan change?",
        ("changes", *WORLD, "--overlay", "example:harbor-plan"),
    ),
)


def _run(options: Options, _arguments: Arguments) -> int:
    """Run the commands one after the other."""
    from iamsim.cli.main import main

    for number, step in enumerate(STEPS):
        line = f"$ iamsim {shlex.join(step.command)}"
        sys.stdout.write(f"{'' if number == 0 else chr(10)}# {step.about}\n{line}\n")
        sys.stdout.flush()
        if not options["list"]:
            code = main(list(step.command))
            if code > 1:
                return code
    sys.stdout.write(
        "\n# The world is a folder of files: `iamsim world show --world example:harbor`.\n"
        "# Your own: `iamsim import --recipe` prints the calls that collect it.\n"
        "# Pages to read: `iamsim docs`.\n"
    )
    return 0


COMMAND = Command(
    "demo",
    "Show what iamsim answers: a few commands about an example world, run one after the other.",
    (Option(("--list",), "Only write the commands.", "flag"),),
    _run,
    NO_ARGUMENTS,
)
