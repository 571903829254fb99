"""Work is bounded by counting, and what was left undone is said."""

from __future__ import annotations

import json
from itertools import islice, product

import pytest

from iamsim.cli.main import main
from iamsim.core.work import Work
from iamsim.query.analyzer import external
from iamsim.query.edits import search

ACCOUNT = "111122223333"


def test_work_ends_when_there_has_been_enough():
    """What was refused is counted."""
    work = Work(2)
    assert [work.take() for _ in range(4)] == [True, True, False, False]
    assert (work.done, work.refused) == (2, 2)


def test_places_are_chosen_by_the_sum_of_their_ranks():
    """As sorting all of them would, without making all of them."""
    lengths = (3, 1, 2, 4)
    every = sorted(product(*map(range, lengths)), key=sum)
    assert list(search._by_rank(lengths)) == every
    assert len(list(islice(search._by_rank([2] * 200), 400))) == 400


def denying(count):
    """A policy that allows everything but what so many Denies are about."""
    tests = ({"StringNotEquals": {f"aws:PrincipalTag/t{n}": "x"}} for n in range(count))
    deny = {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            *({**deny, "Condition": one} for one in tests),
        ],
    }


@pytest.mark.parametrize("count", [3, 6, 9, 18])
def test_edits_are_polynomial_in_the_denies_that_apply(capsys, count):
    """It was every subset of them; now the changes tried stay below their square."""
    words = ["-p", f"arn:aws:iam::{ACCOUNT}:user/u", "-a", "s3:GetObject"]
    words += ["-r", "arn:aws:s3:::b/k"]
    policy = json.dumps(denying(count))
    assert (
        main(["explain", *words, "--identity-policy", policy, "--edits", "--format", "json"]) == 0
    )
    edits = json.loads(capsys.readouterr().out)["edits"]
    assert edits["sets"]
    assert edits["tried"] < 400 + 30 * count * count


def test_what_findings_leave_out_fails_a_gate(tmp_path, monkeypatch, capsys):
    """With fewer requests than the policy needs; and it passes where that is accepted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(external, "MOST_ASKED", 3)
    statements = [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::b/{number}/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": f"o-example{number:03}"}},
        }
        for number in range(4)
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    world = {"accounts": {ACCOUNT: {"resources": {"arn:aws:s3:::b": {"policy": policy}}}}}
    (tmp_path / "w.json").write_text(json.dumps(world), "utf-8")
    gate = ["findings", "--world", "w.json", "--fail-on", "public"]
    assert main(gate) == 1
    captured = capsys.readouterr()
    assert "callers that it tells apart were not asked for" in captured.err
    assert main([*gate, "--accept-unknown"]) == 0
    monkeypatch.setattr(external, "MOST_ASKED", 20_000)
    capsys.readouterr()
    assert main(gate) == 0
    assert "not asked for" not in capsys.readouterr().err
