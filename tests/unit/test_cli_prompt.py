"""What `iamsim explain` asks for in a terminal, and what it makes of the answers."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.application import create_app_session  # noqa: TID253 - tested here
from prompt_toolkit.completion import CompleteEvent  # noqa: TID253 - tested here
from prompt_toolkit.document import Document  # noqa: TID253 - tested here
from prompt_toolkit.input import create_pipe_input  # noqa: TID253 - tested here
from prompt_toolkit.output import DummyOutput  # noqa: TID253 - tested here
from prompt_toolkit.validation import ValidationError  # noqa: TID253 - tested here

from iamsim.cli import prompt
from iamsim.cli.explain_options import EXPLAIN_OPTIONS
from iamsim.cli.options import parse_options
from iamsim.core.errors import RequestError

HARBOR = str(Path(__file__).parents[2] / "corpus" / "examples" / "harbor")
NORA = "arn:aws:iam::111122223333:user/nora"
REPORT = "arn:aws:s3:::harbor-reports/finance/2026.csv"
CONTROL_C, CONTROL_D, CONTROL_U, ENTER = "\x03", "\x04", "\x15", "\r"


def options_of(*words):
    """The options that some words on the command line give."""
    return parse_options(EXPLAIN_OPTIONS, words)[0]


def answers(*keys, given=()):
    """Press keys, each text followed by Enter, and give what was asked for in the end.

    Ctrl-C stands behind them: an answer that was refused fails the test and waits for nobody.
    """
    with create_pipe_input() as pipe:
        pipe.send_text("".join((*keys, CONTROL_C)))
        with create_app_session(input=pipe, output=DummyOutput()):
            return prompt.asked(options_of(*given))


def test_everything_is_asked_for_that_is_missing():
    """World, principal, action and resource, in this order; empty for no resource."""
    asked = answers(*(f"{entry}{ENTER}" for entry in (HARBOR, NORA, "s3:GetObject", REPORT)))
    assert asked == options_of("--world", HARBOR, "-p", NORA, "-a", "s3:GetObject", "-r", REPORT)
    asked = answers(*(f"{entry}{ENTER}" for entry in ("", NORA, "s3:GetObject", "")))
    assert asked == options_of("-p", NORA, "-a", "s3:GetObject")


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (("--world", HARBOR, "-p", NORA, "-r", REPORT), ["s3:GetObject"]),
        (("--world", HARBOR, "-a", "s3:GetObject", "-r", REPORT), [NORA]),
        (("--identity-policy", "p.json", "-p", NORA), ["s3:GetObject", REPORT]),
        # No resource is asked for where there is none, and one where nobody knows.
        (("--scp", "p.json", "-p", NORA), ["s3:ListAllMyBuckets"]),
        (("--scp", "p.json", "-p", NORA), ["unheard:Of", "*"]),
        (("-a", "s3:ListAllMyBuckets"), [HARBOR, NORA]),
    ],
)
def test_what_was_given_is_not_asked_for(given, keys):
    """One question for each missing part, and none more."""
    asked = answers(*(f"{key}{ENTER}" for key in keys), given=given)
    before = options_of(*given)
    assert all(asked[field] == value for field, value in before.items() if value)
    new = [value for field, value in asked.items() if value and not before[field]]
    assert sorted(entry if isinstance(entry, str) else entry[0] for entry in new) == sorted(keys)


def test_what_cannot_be_right_is_refused_at_once():
    """The line stays for another try; then the right answer counts."""
    asked = answers(
        f"{HARBOR}/nowhere{ENTER}{CONTROL_U}{HARBOR}{ENTER}",
        f"nora{ENTER}{CONTROL_U}{NORA}{ENTER}",
        f"GetObject{ENTER}{CONTROL_U}s3:*{ENTER}{CONTROL_U}s3:GetObject{ENTER}",
        f"{REPORT}{ENTER}",
    )
    assert asked == options_of("--world", HARBOR, "-p", NORA, "-a", "s3:GetObject", "-r", REPORT)


def refusal(field, text, *given):
    """The words in which one question refuses a text."""
    for question in prompt._missing(options_of(*given)):
        if question.field == field:
            with pytest.raises(ValidationError) as caught:
                prompt._Check(question.checks).validate(Document(text))
            return caught.value.message
    return None


def test_refusals_are_the_errors_that_they_would_be(tmp_path):
    """One line, with place and hint; somebody of the world may have been meant."""
    assert "did you mean" in refusal("principal", "nora", "--world", HARBOR)
    assert refusal("actions", "s3:*").startswith("`s3:*` is no single action (write")
    assert refusal("worlds", "nowhere").startswith("can't read `nowhere`")
    broken = tmp_path / "world.yaml"
    broken.write_text("accounts: {'111122223333': {user: {}}}\n", "utf-8")
    message = refusal("worlds", str(broken))
    assert message.startswith(f"{broken}:1:")
    assert "\n" not in message


def proposals(field, text, *given):
    """What one question proposes for a text."""
    for question in prompt._missing(options_of(*given)):
        if question.field == field:
            found = question.completer.get_completions(Document(text), CompleteEvent())
            return [(text[: len(text) + entry.start_position], entry.text) for entry in found]
    return None


def test_proposals_are_those_of_the_shell():
    """Users, roles and resources of the world, wherever the text stands in them; actions."""
    world = ("--world", HARBOR)
    assert proposals("principal", "nor", *world) == [("", NORA)]
    assert proposals("principal", "arn:aws:iam::111122223333:user/n", *world) == [("", NORA)]
    assert proposals("principal", "nor") == []
    assert proposals("resources", "report", *world, "-p", NORA) == [
        ("", "arn:aws:s3:::harbor-reports")
    ]
    assert ("", "s3:GetObjectAcl") in proposals("actions", "s3:getobjecta", "-p", NORA)


def test_paths_are_completed_to_worlds(tmp_path):
    """Folders, YAML and JSON are proposed, nothing else."""
    for name in ("world.yaml", "world.txt"):
        (tmp_path / name).write_text("{}", "utf-8")
    (tmp_path / "worlds").mkdir()
    found = proposals("worlds", f"{tmp_path}/wor")
    assert [end for _, end in found] == ["ld.yaml", "lds"]


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    """The path goes on as the shell would have given it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "world.json").write_text('{"accounts": {}}', "utf-8")
    asked = answers(f"~/world.json{ENTER}", given=("-p", NORA, "-a", "s3:ListAllMyBuckets"))
    assert asked["worlds"] == (str(tmp_path / "world.json"),)


def test_the_end_of_the_input_is_an_error_and_an_interrupt_goes_on():
    """Ctrl-D says what lacks; Ctrl-C is left to whoever runs the command."""
    with pytest.raises(RequestError) as caught:
        answers(f"{HARBOR}{ENTER}{CONTROL_D}")
    assert caught.value.code == "request-not-finished"
    with pytest.raises(KeyboardInterrupt):
        answers(f"{HARBOR}{ENTER}{CONTROL_C}")


TEXTS = st.text("ab:/ '\"$*", min_size=1, max_size=8).filter(lambda text: text.strip())


@given(TEXTS, st.lists(TEXTS, max_size=2), st.lists(TEXTS, max_size=2), st.booleans())
def test_the_command_asks_the_same_again(principal, resources, keys, partial):
    """Whatever was answered, the line that is printed has the same options for a shell."""
    options = options_of("-p", principal, "-a", "s3:GetObject")
    options["resources"] = tuple(resources)
    options["context"] = tuple(f"{key}={key}" for key in keys)
    options["partial"] = partial
    words = shlex.split(prompt.command_line(options))
    assert words[:2] == ["iamsim", "explain"]
    assert parse_options(EXPLAIN_OPTIONS, words[2:]) == (options, ())
