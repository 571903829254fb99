"""Policies that were given before are read once, and no answer comes from an old one."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import pytest

import iamsim
from iamsim.api import inputs, kept
from iamsim.core.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USER = "arn:aws:iam::111122223333:user/maya"
RESOURCE = "arn:aws:s3:::reports/2026.csv"


def policy(effect: str = "Allow", **more: object) -> dict[str, Any]:
    """Make a policy about one action."""
    statement = {"Effect": effect, "Action": "s3:GetObject", "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def verdict(*policies: object) -> str:
    """Ask under identity-based policies."""
    decision = iamsim.decide(
        principal=USER,
        action="s3:GetObject",
        resource=RESOURCE,
        identity_policies=policies,  # type: ignore[arg-type]  # among them what is none
    )
    return decision.verdict.value


def test_a_document_that_was_changed_is_read_anew() -> None:
    """Documents are known by what they hold, at any depth."""
    given = policy()
    for _ in range(3):
        given["Statement"][0]["Effect"] = "Allow"
        assert verdict(given) == "allowed"
        given["Statement"][0]["Effect"] = "Deny"
        assert verdict(given) == "explicitDeny"
    given["Statement"].append(given["Statement"][0] | {"Action": "sqs:*"})
    given["Statement"][0]["Effect"] = "Allow"
    assert verdict(given) == "allowed"
    given["Statement"][0]["Resource"] = ["arn:aws:s3:::other/*"]
    assert verdict(given) == "implicitDeny"


@pytest.mark.parametrize(
    "form",
    [dict, json.dumps, lambda d: json.dumps(d).encode(), OrderedDict, iamsim.parse_policy],
    ids=["dict", "text", "bytes", "other mapping", "parsed"],
)
def test_equal_documents_give_the_same_answer_in_each_form(
    form: Callable[[dict[str, Any]], object],
) -> None:
    """The first answer and those from what is kept are the same."""
    for effect, wanted in (("Allow", "allowed"), ("Deny", "explicitDeny")) * 4:
        assert verdict(form(policy(effect))) == wanted
        assert verdict(form(policy(effect)), form(policy("Deny"))) == "explicitDeny"


def test_a_document_is_read_as_what_it_is_used_for() -> None:
    """The same text is a policy of each type, checked as such, under the name of its place."""
    given = policy(Principal={"AWS": USER})
    assert verdict(policy()) == "allowed"
    for _ in range(3):
        with pytest.raises(PolicyError, match="Principal"):
            verdict(given)
        with pytest.raises(PolicyError, match="Principal"):
            verdict(iamsim.parse_policy(given))
        decision = iamsim.decide(
            principal=USER, action="s3:GetObject", resource=RESOURCE, resource_policy=given
        )
        assert decision.statements[0].policy == "resource_policy"
    second = iamsim.decide(
        principal=USER,
        action="s3:GetObject",
        resource=RESOURCE,
        identity_policies=[policy("Allow", Resource="arn:aws:s3:::a"), policy()],
    )
    assert second.statements[0].policy == "identity_policies[1]"


def test_what_is_no_policy_is_refused_each_time() -> None:
    """Errors are not kept, nor is what only looks like a document."""
    text = json.dumps(policy()).encode()
    for _ in range(3):
        assert verdict(text) == "allowed"
    endless: list[object] = []
    endless.append(endless)
    circle = policy()
    circle["Statement"][0]["Condition"] = circle
    for wrong in (
        bytearray(text),
        5,
        {"Statement": {bytearray(b"Effect")[0]: 1}},
        circle,
        endless,
        "{",
    ):
        for _ in range(2):
            with pytest.raises(iamsim.IamsimError):
                verdict(wrong)


def test_little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables have a limit, and large documents are not kept."""
    monkeypatch.setattr(kept, "POLICIES", 3)
    monkeypatch.setattr(kept, "STACKS", 2)
    monkeypatch.setattr(kept, "LARGEST", 2_000)
    monkeypatch.setattr(kept, "_policies", {})
    monkeypatch.setattr(kept, "_stacks", {})
    monkeypatch.setattr(kept, "_seen", {})
    monkeypatch.setattr(kept, "SEEN", 4)
    for number in [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 0, 3, 3]:
        assert verdict(policy(Sid=f"s{number}")) == "allowed"
        assert len(kept._seen) <= 4
        assert len(kept._policies) <= 3
        assert len(kept._stacks) <= 2
    before = dict(kept._policies)
    assert before
    for _ in range(2):
        assert verdict(policy(Sid="s" * 3_000)) == "allowed"
    for number in range(6, 9):
        assert verdict(policy(Sid=f"s{number}")) == "allowed"
    assert kept._policies == before  # what is given once is not kept


def test_stacks_of_other_settings_are_other_stacks() -> None:
    """Block Public Access counts as what it holds."""
    settings = {"restrict_public_buckets": True}
    stack = inputs.attached_policies({"public_access_block": settings}, is_trust=False)
    settings["restrict_public_buckets"] = False
    other = inputs.attached_policies({"public_access_block": settings}, is_trust=False)
    assert stack.public_access_block != other.public_access_block
    given = {"public_access_block": copy.copy(settings)}
    third = inputs.attached_policies(given, is_trust=False)
    assert inputs.attached_policies(given, is_trust=False) is third


def test_a_misspelt_argument_is_refused() -> None:
    """It would be a policy that does not count."""
    with pytest.raises(iamsim.RequestError, match="identity_polices"):
        iamsim.decide(principal=USER, action="s3:GetObject", identity_polices=[policy()])  # type: ignore[call-arg]  # on purpose


def test_nothing_is_read_from_disk_at_a_call(tmp_path: Path) -> None:
    """What a first call has loaded serves questions about other actions and resources, too."""
    world = {
        "accounts": {
            "111122223333": {
                "users": {"maya": {"policies": [policy()]}},
                "resources": {"arn:aws:s3:::reports": {"policy": policy(Principal="*")}},
            }
        }
    }
    file = tmp_path / "world.json"
    file.write_text(json.dumps(world), encoding="utf-8")
    script = (
        "import sys, iamsim\n"
        "world, principal = iamsim.load(sys.argv[1]), sys.argv[2]\n"
        "document = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': '*',"
        " 'Resource': '*'}]}\n"
        "policies = {'identity_policies': [document]}\n"
        "parsed = {'identity_policies': [iamsim.parse_policy(document)]}\n"
        "stack = iamsim.compile_policies(principal=principal, **policies)\n"
        "def ask(action, resource):\n"
        "    what = {'action': action, 'resource': resource}\n"
        "    return [str(decision.verdict.value) for decision in (\n"
        "        iamsim.decide(principal=principal, **what, **policies),\n"
        "        iamsim.decide(principal=principal, **what, **parsed),\n"
        "        stack.decide(stack.request(**what)),\n"
        "        world.decide(principal=principal, **what),\n"
        "    )]\n"
        "ask('s3:GetObject', 'arn:aws:s3:::reports/2026.csv')\n"
        "events = []\n"
        "sys.addaudithook(lambda event, _: events.append(event) if event == 'open' else None)\n"
        "told = ask('sqs:SendMessage', 'arn:aws:sqs:eu-west-1:111122223333:orders')\n"
        "told += ask('s3:PutObject', 'arn:aws:s3:::reports/2027.csv')\n"
        "print(len(events), *told)\n"
    )
    command = [sys.executable, "-c", script, str(file), USER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    allowed, denied = ["allowed"] * 3, "implicitDeny"
    assert done.stdout.split() == ["0", *allowed, denied, *allowed, denied]
