"""Completion: what shells are told, word by word, and that it stays out of normal runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim import catalog
from iamsim.cli.completion_bash import joined_words
from iamsim.cli.completion_values import spread_typed_words
from iamsim.cli.main import main

HARBOR = str(Path(__file__).parents[2] / "corpus" / "examples" / "harbor")
USERS = "arn:aws:iam::111122223333:user/"


@pytest.fixture
def complete(capsys, monkeypatch):
    """Complete the last of some words as bash asks for it, cut at colons and equals signs."""

    def call(*words):
        cut = [piece for word in words for piece in pieces(word)]
        monkeypatch.setenv("_IAMSIM_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(["iamsim", *cut]))
        monkeypatch.setenv("COMP_CWORD", str(len(cut)))
        assert main([]) == 0
        return capsys.readouterr().out.split()

    return call


def pieces(word):
    """Cut a word as bash does: runs of colons and equals signs are words of their own."""
    found = [""]
    for character in word:
        if found[-1] and (character in ":=") is not (found[-1][-1] in ":="):
            found.append("")
        found[-1] += character
    return found


def test_commands_are_proposed(complete):
    """Commands and commands of groups are completed."""
    assert complete("cat") == ["catalog"]
    assert set(complete("managed", "")) == {"list", "show", "version"}


def test_actions_are_proposed_by_service(complete):
    """Up to the colon prefixes are proposed, then names, without the part that bash keeps."""
    assert "s3:" in complete("explain", "-a", "s3")
    assert complete("explain", "-a", "s3:GetObjectAc") == ["GetObjectAcl"]
    assert tuple(complete("explain", "-a", "sqs:")) == catalog.action_names("sqs")


def test_numbers_of_processes_are_proposed(complete):
    """Few, and `auto`."""
    assert complete("who-can", "-n", "") == ["auto", "2", "4"]
    assert complete("paths", "--processes", "a") == ["auto"]


def test_principals_and_resources_come_from_the_world(complete):
    """With `--world` its users, roles and resources are proposed; without one nothing is."""
    found = complete("explain", "--world", HARBOR, "-p", USERS)
    assert found == ["user/nora", "user/otto"]
    assert complete("explain", "--world", HARBOR, "-r", "arn:aws:s3:") == ["::harbor-reports"]
    assert complete("explain", "-p", "arn") == []
    assert complete("explain", "--world", "nowhere", "-p", "arn") == []


def test_keys_choices_and_names_are_proposed(complete):
    """Condition keys, closed lists of values, and the names of managed policies are completed."""
    assert "SourceIp" in complete("explain", "-c", "aws:Source")
    assert complete("explain", "--format", "js") == ["json"]
    assert "ViewOnlyAccess" in complete("managed", "show", "ViewOnly")
    assert "GetObjectAcl" in complete("catalog", "show", "s3:GetObjectA")


@given(st.lists(st.text("ab:=", min_size=1, max_size=6).filter(lambda t: t[0] in "ab"), min_size=1))
def test_words_that_bash_cut_are_whole_again(words):
    """Joining what bash cut gives back the word at the cursor, and what bash keeps of it."""
    word = words[-1]
    cut = ["iamsim", *pieces(word)]
    joined = joined_words(cut, len(cut) - 1)
    assert joined.words == ["iamsim", word]
    assert word.startswith(joined.kept)
    assert not set(word.removeprefix(joined.kept)) & set(":=")


@pytest.mark.parametrize(
    ("name", "value"), [("COMP_CWORD", "x"), ("COMP_WORDS", "iamsim explain 'open")]
)
def test_what_can_not_be_read_proposes_nothing(monkeypatch, capsys, name, value):
    """Half a quotation, or no number of a word, ends without an error."""
    monkeypatch.setenv("_IAMSIM_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "iamsim explain")
    monkeypatch.setenv("COMP_CWORD", "1")
    monkeypatch.setenv(name, value)
    assert main([]) == 0
    assert capsys.readouterr().out == ""


def test_every_value_of_a_list_is_completed(complete):
    """`--action-names` takes several words, as the AWS CLI writes lists."""
    words = ("simulate", "custom-policy", "--action-names", "s3:GetObject")
    assert complete(*words, "sqs:SendMes") == ["SendMessage"]
    assert "PutObject" in complete(*words, "sqs:SendMessage", "s3:")
    assert complete(*words, "--resource-handling-option", "EC2-VPC-EBS-") == ["EC2-VPC-EBS-Subnet"]


@pytest.mark.parametrize(
    ("typed", "spread"),
    [
        (
            "iamsim simulate custom-policy --action-names a b ",
            "--action-names a --action-names b --action-names ",
        ),
        (
            "iamsim simulate custom-policy --action-names a 'b c'",
            "--action-names a --action-names 'b c'",
        ),
        (
            "iamsim simulate custom-policy --action-names a --caller-arn b c",
            "--action-names a --caller-arn b c",
        ),
        ("iamsim explain -a a b", "-a a b"),
        ("iamsim unheard --of it", "--of it"),
        ("iamsim simulate 'open", "'open"),
        ("iamsim", ""),
        ("", ""),
    ],
)
def test_words_that_zsh_and_fish_typed_are_spread(monkeypatch, typed, spread):
    """The name of the option stands before each value; everything else is as it was."""
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", typed)
    spread_typed_words()
    assert os.environ["_TYPER_COMPLETE_ARGS"].endswith(spread)
    assert os.environ["_TYPER_COMPLETE_ARGS"].split()[:2] == typed.split()[:2]


def test_keys_of_actions_and_tags_of_worlds_are_proposed(complete):
    """Keys of a service are proposed where one of its actions is asked about."""
    assert "prefix" in complete("explain", "-a", "s3:ListBucket", "-c", "s3:pre")
    assert complete("explain", "-a", "sqs:SendMessage", "-c", "s3:pre") == []
    assert complete("explain", "--world", HARBOR, "-c", "aws:PrincipalTag/") == [
        "PrincipalTag/team"
    ]
    assert complete("explain", "--world", HARBOR, "--unset", "aws:ResourceTag/d") == [
        "ResourceTag/data"
    ]


def test_whose_policies_are_simulated_may_be_a_group(complete):
    """Users, roles and groups are proposed as the source of policies."""
    words = ("simulate", "principal-policy", "--world", HARBOR, "--policy-source-arn")
    assert complete(*words, "arn:aws:iam::111122223333:g") == ["group/analysts"]
