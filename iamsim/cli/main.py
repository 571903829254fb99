"""The entry point of the command `iamsim`.

`iamsim explain` is run from here directly, since importing typer alone would take longer than an
answer. Help, completion and every other command go through `iamsim.cli.app`. All errors end here:
on standard error, with exit code 2, and never as a traceback.
"""

from __future__ import annotations

import gc
import os
import sys

from iamsim import __version__
from iamsim.cli.consent import somebody_there
from iamsim.cli.output import forget_colors
from iamsim.cli.panels import ALIASES, COMMANDS
from iamsim.core.errors import IamsimError, InternalError, RequestError
from iamsim.files.reading import forget_inputs

_HELP_NAMES = frozenset({"--help", "-h"})
_APP_OPTIONS = frozenset({"--install-completion", "--show-completion"})
_USAGE_ERROR = 2
_BROKEN_PIPE = 141  # 128 + SIGPIPE, as a shell reports it
_INTERRUPTED = 130
_TRACEBACK = "IAMSIM_TRACEBACK"
_GARBAGE = 100_000  # objects made until Python looks for cycles: modules and worlds are none


def run() -> int:
    """Be a process of its own: run the command line of it and give the exit code."""
    gc.set_threshold(_GARBAGE)
    code = main()
    gc.freeze()  # Python would look through everything once more as it ends
    return code


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and give the exit code: 0 answered, 1 an expectation failed, 2 wrong
    input or usage."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    forget_inputs()
    forget_colors()
    try:
        return _dispatch(arguments)
    except InternalError as error:
        return _report_bug(error)
    except IamsimError as error:
        _print_error(error)
        return _USAGE_ERROR
    except BrokenPipeError:
        # What is still buffered can't be written; keep the interpreter from trying at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (RecursionError, MemoryError):
        sys.stderr.write("error: the input is nested too deep or too large to be read\n")
        return _USAGE_ERROR
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, never a traceback
        return _report_bug(error)


def _dispatch(arguments: list[str]) -> int:
    if "_IAMSIM_COMPLETE" in os.environ:
        return _complete(arguments)
    if not arguments:
        return _write_help([])
    command, *rest = [*ALIASES.get(arguments[0], (arguments[0],)), *arguments[1:]]
    if command == "help":
        return _help(rest)
    if command == "--version":
        sys.stdout.write(f"iamsim {__version__}\n")
        return 0
    if command in _HELP_NAMES:
        return _write_help([])
    if command in _APP_OPTIONS:
        return _run_app(arguments)
    if command.startswith("-"):
        raise RequestError(
            "unknown-option", f"there is no option `{command}`", hint="try `iamsim --help`"
        )
    if command not in COMMANDS:
        raise _unknown_command(command)
    if os.environ.get("IAMSIM_CATALOG"):
        from iamsim.cli.catalog import use_file

        use_file(os.environ["IAMSIM_CATALOG"])
    return _run(command, rest)


def _run(command: str, rest: list[str]) -> int:
    """Run a command, or write its help."""
    if command == "explain" and not _asks_for_help(rest):
        return _explain(rest)
    if command != "explain":
        from iamsim.cli.commands import run_command

        code = run_command(command, rest)
        if code is not None:
            return code
        return _write_help([command, *(word for word in rest[:1] if not word.startswith("-"))])
    return _write_help([command])


def _write_help(words: list[str]) -> int:
    """Write the help of a command, or of all."""
    from iamsim.cli.help import help_of, overview

    sys.stdout.write(help_of(words) if words else overview())
    return 0


def _complete(arguments: list[str]) -> int:
    """Propose what may be typed next."""
    if os.environ["_IAMSIM_COMPLETE"] == "complete_bash":
        from iamsim.cli.completion_bash import complete_for_bash

        return complete_for_bash(_run_app)
    from iamsim.cli.completion_values import spread_typed_words

    spread_typed_words()
    return _run_app(arguments)


def _help(words: list[str]) -> int:
    """Run `iamsim help X`: what `X --help` says of a command, the page of anything else."""
    if not words:
        return _write_help([])
    words = [ALIASES.get(words[0], (words[0],))[0], *words[1:]]
    if words[0] in COMMANDS:
        return _write_help([word for word in words if word not in _HELP_NAMES])
    from iamsim.core.errors import RequestError
    from iamsim.core.suggest import did_you_mean

    try:
        return _dispatch(["docs", *words])
    except RequestError as error:
        if error.code == "no-such-page":
            error.hint = did_you_mean(words[0], list(COMMANDS)) or error.hint
        raise


def _explain(arguments: list[str]) -> int:
    """Run `iamsim explain`; where parts of the request are missing, somebody is asked for them."""
    from iamsim.cli.explain import run_explain
    from iamsim.cli.explain_options import EXPLAIN_OPTIONS
    from iamsim.cli.options import parse_options

    options, files = parse_options(EXPLAIN_OPTIONS, arguments)
    complete = files or any(options[literal] is not None for literal in ("denied", "call", "event"))
    if complete or (options["principal"] and options["actions"]) or not somebody_there():
        return run_explain(options, files)
    from iamsim.cli.prompt import explain_asked

    return explain_asked(options)


def _asks_for_help(arguments: list[str]) -> bool:
    """`--help` counts up to `--`; without arguments help is given where nobody can be asked."""
    if not arguments:
        return not somebody_there()
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return any(argument in _HELP_NAMES for argument in arguments[:end])


def _run_app(arguments: list[str]) -> int:
    from iamsim.cli.app import run_app

    return run_app(arguments)


def _unknown_command(command: str) -> RequestError:
    from iamsim.core.suggest import did_you_mean

    hint = did_you_mean(command, COMMANDS) or f"commands are: {', '.join(COMMANDS)}"
    if command.endswith((".yaml", ".yml", ".json")):
        hint = f"did you mean `iamsim explain {command}`?"
    return RequestError("unknown-command", f"there is no command `{command}`", hint=hint)


def _report_bug(error: Exception) -> int:
    """Say that the fault is ours; the traceback is for those who ask for it."""
    sys.stdout.flush()
    message = error.message if isinstance(error, InternalError) else str(error)
    from iamsim.cli.standard_error import say

    say(
        f"error: iamsim has a bug: {message}",
        f"hint: please report it with policies and request; {_TRACEBACK}=1 shows where it is",
    )
    if os.environ.get(_TRACEBACK):
        import traceback

        traceback.print_exception(error)
    return _USAGE_ERROR


def _print_error(error: IamsimError) -> None:
    from iamsim.core.caret import render_error
    from iamsim.world.examples import hint_for_examples

    error.hint = hint_for_examples(error.message) or error.hint
    sys.stdout.flush()
    sys.stderr.write(f"{render_error(error)}\n")
