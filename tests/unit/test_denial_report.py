"""What is written about a denial, and the command that writes it."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest

from iamsim.cli.main import main
from iamsim.core.decision import Layer
from iamsim.engine.authorize import explain
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.query.denial import Agreement, DenialReport
from iamsim.query.difference import Difference, DifferenceKind
from iamsim.query.differences import Search
from iamsim.query.edits.search import suggest_edits
from iamsim.report.denial import denials_document, denials_to_dict
from iamsim.report.paint import Paint
from iamsim.report.writers.markdown import to_markdown
from iamsim.report.writers.text import to_text
from iamsim.syntax.denial import DenialForm, DenialMessage
from tests.unit.denial_world import ACCOUNT, KIM, QUEUE, WORLD, world_of


def in_text(*reports: DenialReport, more: bool = False) -> str:
    """Reports as a terminal shows them."""
    return to_text(denials_document(reports, more=more), Paint(), 100)


def in_markdown(*reports: DenialReport, more: bool = False) -> str:
    """Reports as Markdown."""
    return to_markdown(denials_document(reports, more=more))


SAID = "User: kim is not authorized to perform: `sqs:PurgeQueue`"
MESSAGE = DenialMessage(
    DenialForm.FULL,
    KIM,
    "sqs:PurgeQueue",
    QUEUE,
    Layer.SERVICE_CONTROL_POLICY,
    explicit=True,
    policy_arn="arn:aws:organizations::1:policy/p-1",
    setting="BlockPublicAcls",
    text=SAID,
)


def report(agreement: Agreement, *differences: Difference, message: DenialMessage = MESSAGE):
    """Make a report of a denial in the sample world."""
    world = CompiledWorld(world_of(WORLD))
    answer = explain(Question(KIM, "sqs:PurgeQueue", QUEUE), world)
    return DenialReport(message, answer, agreement, Search(differences, 7))


def difference(kind: DifferenceKind) -> Difference:
    """Make a difference of a kind."""
    return Difference(
        kind,
        Question(KIM, "sqs:PurgeQueue", QUEUE),
        1,
        key="aws:SourceVpc",
        values=("vpc-1",),
        name="vpce-0a",
        layer=Layer.IDENTITY_BASED_POLICY,
    )


@pytest.mark.parametrize("agreement", Agreement)
def test_every_agreement_has_a_sentence_of_its_own(agreement):
    """Text, Markdown and JSON say whether the denial is explained, each in the same sentence."""
    made = report(agreement)
    data = denials_to_dict([made])
    sentence = data["denials"][0]["summary"]
    word = "explained" if agreement.explains else "not explained"
    word = "explained only if" if agreement is Agreement.ONLY_IF else word
    assert sentence.startswith(f"{word}: ")
    assert sentence.removeprefix(f"{word}: ") in in_markdown(made)
    assert " ".join(in_text(made).split()).startswith(sentence)
    assert data["explained"] is agreement.explains
    others = {denials_to_dict([report(entry)])["denials"][0]["summary"] for entry in Agreement}
    assert len(others) == len(Agreement) - 1  # another layer and another kind read alike


@pytest.mark.parametrize("kind", DifferenceKind)
def test_every_kind_of_difference_is_told(kind):
    """Each difference is a sentence that names what differs, in text, Markdown and JSON."""
    made = report(Agreement.ALLOWED, difference(kind))
    text = denials_to_dict([made])["denials"][0]["would_explain"][0]["text"]
    assert f"1. {text}" in " ".join(in_text(made).split())
    assert f"1. {text}" in in_markdown(made)
    words = {"aws:SourceVpc", "VPC endpoint", "account `vpce-0a`", "identity-based policy"}
    words.add("RestrictPublicBuckets")
    assert any(word in text for word in words)


@pytest.mark.parametrize(
    ("layer", "explicit", "words"),
    [
        (None, True, "AWS says an explicit deny,"),
        (None, False, "AWS says that nothing allows it,"),
        (None, None, "AWS says no reason,"),
        (Layer.RESOURCE_BASED_POLICY, None, "that it is for the resource-based policy to allow"),
        (Layer.IDENTITY_BASED_POLICY, True, "an explicit deny in an identity-based policy"),
        (Layer.SESSION_POLICY, False, "that no session policy allows it"),
    ],
)
def test_the_reason_of_aws_is_told_in_words(layer, explicit, words):
    """Whatever a message says of layer and kind has words, and so has what it leaves out."""
    message = DenialMessage(DenialForm.FULL, KIM, "sqs:PurgeQueue", QUEUE, layer, explicit=explicit)
    sentence = denials_to_dict([report(Agreement.ALLOWED, message=message)])["denials"][0]
    assert words in sentence["summary"]


def test_where_nothing_would_explain_it_the_number_of_tries_is_told():
    """Without a difference, the report says how much was tried, and where to look."""
    made = report(Agreement.OTHER_LAYER)
    assert "none of the 7 changes that were tried" in " ".join(in_text(made).split())
    assert "none of the 7 changes that were tried" in in_markdown(made)


def test_several_messages_are_told_apart():
    """Each message has its number, and messages that were left out are mentioned."""
    text = in_text(report(Agreement.SAME), report(Agreement.SAME), more=True)
    assert "\nmessage 1 of 2\n" in text
    assert "\nmessage 2 of 2\n" in text
    assert text.rstrip().endswith("the text holds more messages before these")
    assert in_markdown(report(Agreement.SAME), more=True).count("more messages") == 1


def test_edits_stand_with_the_message_that_they_are_about():
    """Also where a message before it had nothing given that could explain it."""
    reports = [report(Agreement.NOT_GIVEN), report(Agreement.SAME)]
    world = CompiledWorld(world_of(WORLD))
    edits = [
        suggest_edits(Question(KIM, f"sqs:{action}", QUEUE), world)
        for action in ("DeleteQueue", "PurgeQueue")
    ]
    text = to_text(denials_document(reports, edits=edits), Paint(), 300)
    first, second = text.split("\nmessage 2 of 2\n")
    assert "`sqs:DeleteQueue`" in first
    assert "`sqs:DeleteQueue`" not in second
    assert "what would allow it" in second


def test_backticks_of_a_message_do_not_break_markdown():
    """The message stands in a block of code that it can't end."""
    text = in_markdown(report(Agreement.SAME))
    assert f"```text\n{SAID}\n```" in text


@pytest.fixture
def world_file(tmp_path):
    """The sample world as a file."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(WORLD), encoding="utf-8")
    return str(path)


def test_standard_input_may_hold_a_log(world_file, monkeypatch, capsys):
    """With `-` the text comes from standard input; the last word is the exit code."""
    log = f"start\nUser: {KIM} is not authorized to perform: sqs:PurgeQueue on resource: {QUEUE}\n"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(log.encode())))
    assert main(["explain", "--denied", "-", "--world", world_file, "-q"]) == 0
    assert capsys.readouterr().out == "explained\n"


def test_what_a_message_leaves_out_is_given_by_options(world_file, capsys):
    """A plain message is asked about the caller and resource of the options."""
    arguments = ["explain", "--world", world_file, "-q", "--denied", "Access Denied"]
    more = ["-p", KIM, "-a", "sqs:PurgeQueue", "-r", QUEUE]
    assert main([*arguments, *more]) == 0
    assert capsys.readouterr().out == "explained\n"
    assert main([*arguments, *more[:4]]) == 2
    assert "on which resource" in capsys.readouterr().err


def test_a_decoded_message_brings_context_and_options_win(world_file, capsys):
    """Keys of a decoded message are the request's, unless an option says otherwise."""
    decoded = {
        "explicitDeny": True,
        "context": {
            "principal": {"arn": KIM},
            "action": "sqs:ReceiveMessage",
            "resource": QUEUE,
            "conditions": {
                "items": [
                    {
                        "key": "aws:MultiFactorAuthPresent",
                        "values": {"items": [{"value": "false"}]},
                    }
                ]
            },
        },
    }
    arguments = ["explain", "--world", world_file, "-q", "--denied", json.dumps(decoded)]
    assert main(arguments) == 0
    assert main([*arguments, "-c", "aws:MultiFactorAuthPresent=true"]) == 1
    assert capsys.readouterr().out == "explained\nnot explained\n"


@pytest.mark.parametrize(
    "more", [["--expect", "denied"], ["--partial"], ["--unknown", "a:b"], ["--format", "aws"]]
)
def test_options_without_a_meaning_here_are_refused(world_file, more, capsys):
    """What could not have an effect is an error, not silence."""
    assert main(["explain", "--world", world_file, "--denied", "Access Denied", *more]) == 2
    assert f"`{more[0]}" in capsys.readouterr().err


def test_the_time_is_asked_for_where_a_policy_reads_it(world_file, capsys):
    """A policy with a date is decided at the time of asking, or at the one given."""
    said = f"User: {KIM} is not authorized to perform: sqs:SetQueueAttributes on resource: {QUEUE}"
    arguments = ["explain", "--world", world_file, "--denied", said, "-q"]
    assert main([*arguments, "--at", "2027-06-01T00:00:00Z"]) == 0
    assert main([*arguments, "--at", "2026-06-01T00:00:00Z"]) == 1
    assert main(arguments) in {0, 1}
    assert capsys.readouterr().out.startswith("explained\nnot explained\n")


def test_json_has_one_entry_for_each_message(world_file, capsys):
    """The JSON form says for each message whether it is explained, and by what answer."""
    head = f"User: {KIM} is not authorized to perform:"
    text = (
        f"{head} sqs:PurgeQueue on resource: {QUEUE}\n{head} sqs:SendMessage on resource: {QUEUE}"
    )
    assert main(["explain", "--world", world_file, "--denied", text, "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert [denial["explained"] for denial in data["denials"]] == [True, False]
    assert [entry["answer"]["decision"] for entry in data["denials"]] == ["explicitDeny", "allowed"]
    assert data["denials"][1]["would_explain"]
    assert ACCOUNT in data["denials"][0]["message"]["principal"]


def test_a_message_that_can_not_be_asked_loses_no_other(world_file, capsys):
    """A message without a caller is told on standard error, and the others are answered."""
    plain = "Error: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    text = (
        f"{plain}\n\nUser: {KIM} is not authorized to perform: sqs:PurgeQueue on resource: {QUEUE}"
    )
    assert main(["explain", "--world", world_file, "--denied", text, "--format", "json"]) == 2
    told = capsys.readouterr()
    assert [denial["explained"] for denial in json.loads(told.out)["denials"]] == [True]
    assert "Not authorized to perform sts:AssumeRoleWithWebIdentity\nerror: " in told.err
    assert "does not say who called" in told.err
