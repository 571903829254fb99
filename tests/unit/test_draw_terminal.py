"""Line drawings: the gates in rows and columns, and the organization as a tree."""

from __future__ import annotations

import iamsim
from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.reason import Reason
from iamsim.draw.organization import tree_of
from iamsim.draw.terminal import gate_lines, tree_lines
from iamsim.words.gates import gates_of
from tests.unit import report_samples as samples

HARBOR = "corpus/examples/harbor"
DEPLOY = "arn:aws:iam::111122223333:role/deploy"
FILE = "arn:aws:s3:::harbor-reports/finance/2026.csv"


def harbor(action: str, resource: str = "*", **more: object):
    """An answer about the example company, and its world."""
    world = iamsim.load(HARBOR)
    answer = world.explain(principal=DEPLOY, action=action, resource=resource, **more)
    return world.model, answer._inner


def test_ways_are_rows_and_layers_are_columns():
    """The line goes on where gates are open and is broken behind the first that is closed."""
    _, answer = harbor("s3:DeleteObject", FILE)
    heads = [
        "    resource control  service control     resource-based  identity-based  permissions",
        "    policy            policy              policy          policy          boundary",
    ]
    rows = [
        "  ──[open]────────────[open]───────────┬──[closed]╌╌╌╌╌╌╌╌(bypassed)╌╌╌╌╌╌(bypassed)╌╌╌",
        f"{' ' * 39}├──[closed]╌╌╌╌╌╌╌╌(bypassed)╌╌╌╌╌╌[closed]╌╌╌╌╌",
        f"{' ' * 39}└──(bypassed)──────[open]──────────[closed]╌╌╌╌╌",
    ]
    expected = [*heads, *(f"{row}✕ blocked" for row in rows)]
    assert gate_lines(gates_of(answer), 100) == expected


def test_plain_ascii_has_the_same_shape():
    """Character by character."""
    _, answer = harbor("s3:PutObject", FILE)
    lines = gate_lines(gates_of(answer), 100)
    plain = gate_lines(gates_of(answer), 100, ascii_only=True)
    assert list(map(len, lines)) == list(map(len, plain))
    assert all(line.isascii() for line in plain)
    assert lines[-1].endswith("▶ open")
    assert plain[-1].endswith("> open")


def test_without_room_there_is_no_drawing():
    """A broken line would say nothing."""
    _, answer = harbor("s3:DeleteObject", FILE)
    gates = gates_of(answer)
    width = max(map(len, gate_lines(gates, 400)))
    assert gate_lines(gates, width)
    assert gate_lines(gates, width - 1) == []


def test_without_a_way_in_there_is_no_drawing():
    """The sentence says it."""
    _, answer = harbor("sts:GetCallerIdentity")
    assert gate_lines(gates_of(answer), 100) == []


def test_a_closed_guardrail_breaks_the_line_of_every_way():
    """And an explicit deny has a word of its own."""
    _, answer = harbor("cloudtrail:StopLogging")
    lines = gate_lines(gates_of(answer), 120, ascii_only=True)
    assert "[denies]......" in lines[2]
    assert all("-" not in line for line in lines[3:])
    assert lines[3].lstrip().startswith("+..")


def test_paint_does_not_move_anything():
    """Only words are painted."""
    _, answer = harbor("s3:DeleteObject", FILE)
    painted = gate_lines(gates_of(answer), 100, paint=lambda text, state: f"<{text}>")
    plain = gate_lines(gates_of(answer), 100)
    assert [line.replace("<", "").replace(">", "") for line in painted] == plain


def test_one_way_needs_no_fork():
    """And what is not known is said so."""
    layers = (
        samples.layer(Layer.IDENTITY_BASED_POLICY, Outcome.UNKNOWN, Reason.DEPENDS_ON_UNKNOWN),
    )
    ways = samples.near_miss_answer().explanation.ways[1:]
    answer = samples.answer(Verdict.CONDITIONAL, layers=layers, ways=ways)
    lines = gate_lines(gates_of(answer), 100, ascii_only=True)
    assert lines[-1] == "  -----[depends]-------> depends"


def test_the_organization_is_a_tree_with_its_policies():
    """The level that blocks says why."""
    model, answer = harbor("cloudtrail:StopLogging")
    lines = tree_lines(tree_of(model, answer), 120)
    assert lines[0] == "organization o-harbor00001"
    assert lines[1] == f"cloudtrail:StopLogging by {DEPLOY} on *"
    why = "statement 2 “KeepTheTrail” of StayInEurope, stay-in-europe.json:11"
    assert lines[2:] == [
        "root Root (r-hb01)",
        "│  SCP open FullAWSAccess",
        "│  RCP RCPFullAWSAccess",
        "├─ management account 999999999999",
        "│     SCP FullAWSAccess",
        "│     RCP RCPFullAWSAccess",
        "└─ unit Workloads (ou-hb01-workload)",
        f"   │  SCP closed FullAWSAccess, StayInEurope: {why}",
        "   │  RCP RCPFullAWSAccess",
        "   ├─ account production (111122223333)",
        "   │     SCP open FullAWSAccess",
        "   │     RCP RCPFullAWSAccess",
        "   └─ account analytics (444455556666)",
        "         SCP FullAWSAccess",
        "         RCP RCPFullAWSAccess",
    ]
    narrow = tree_lines(tree_of(model, answer), 60, ascii_only=True)
    assert all(len(line) <= 60 for line in narrow)
    plain = tree_lines(tree_of(model), 60, ascii_only=True)
    assert all(line.isascii() for line in plain)
