"""`python -m iamsim.cli.pre_commit`: `iamsim validate` as the hooks of pre-commit start it.

pre-commit puts the names of files behind the arguments without anything between them
(https://pre-commit.com/#hooks-args), so that a file called `--fail-on=never` would be an option.
"""

from __future__ import annotations

import os
import sys

from iamsim.cli.main import main
from iamsim.cli.validate import COMMAND


def split_arguments(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Tell options from names of files: from the first word on that is no option, or that is the
    name of a file however it looks, all are files."""
    options = {name: option for option in COMMAND.options for name in option.all_names}
    place = 0
    while place < len(arguments):
        word = arguments[place]
        if word == "--":
            return arguments[:place], arguments[place + 1 :]
        if not word.startswith("-") or word == "-" or os.path.lexists(word):
            break
        option = options.get(word)
        place += 2 if option is not None and option.kind != "flag" else 1
    return arguments[:place], arguments[place:]


def run_hook(arguments: list[str]) -> int:
    """Check the files, and give the exit code of `iamsim validate`; a file named `-` is no standard
    input."""
    options, files = split_arguments(arguments)
    return main(["validate", *options, "--", *("./-" if file == "-" else file for file in files)])


if __name__ == "__main__":
    sys.exit(run_hook(sys.argv[1:]))
