"""Pictures as SVG and DOT: hostile names stay text, colors can be read, sizes are bounded."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

import iamsim
from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.errors import RequestError
from iamsim.core.reason import Reason
from iamsim.draw.decision import decision_svg
from iamsim.draw.decision_dot import decision_dot
from iamsim.draw.graph import FOLLOWED, draw_graph, grouped
from iamsim.draw.lettering import shortened, text_width, wrapped
from iamsim.draw.nodes import Edge, Headline, Node
from iamsim.draw.organization import tree_of
from iamsim.draw.organization_svg import organization_dot, organization_svg
from iamsim.draw.picture import draw_decision, draw_organization
from iamsim.draw.style import DARK, LIGHT, WEIGHTS, State, Theme, retheming, stylesheet
from iamsim.draw.terminal import tree_lines
from iamsim.words.gates import gates_of
from iamsim.words.steps import picture_of
from iamsim.world.model import World
from tests.unit import report_samples as samples

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script>&amp;\x00\u202e\ud800\\N\n"]; evil'


def parsed(svg: str) -> ET.Element:
    """Read SVG as a browser would that is strict."""
    return ET.fromstring(svg)  # noqa: S314 - we wrote it


def texts(svg: str) -> str:
    """All text of a picture."""
    return " ".join("".join(element.itertext()) for element in parsed(svg).iter(f"{SVG}text"))


def hostile_answer():
    """A denial in which every name is an attack."""
    statement = replace(samples.deny_all(), sid=HOSTILE)
    layers = (
        samples.layer(
            Layer.SERVICE_CONTROL_POLICY,
            Outcome.EXPLICIT_DENY,
            Reason.STATEMENT_DENIES,
            statement,
            level=HOSTILE,
        ),
        samples.layer(
            Layer.IDENTITY_BASED_POLICY, Outcome.EXPLICIT_DENY, Reason.STATEMENT_DENIES, statement
        ),
    )
    near = samples.near_miss_answer().explanation.ways
    return samples.answer(
        Verdict.EXPLICIT_DENY,
        layers=layers,
        ways=near[1:],
        principal=HOSTILE,
        action=HOSTILE,
        resource=f"arn:aws:s3:::{HOSTILE}",
    )


def test_hostile_names_stay_text():
    """What people called things neither becomes markup nor breaks the file."""
    svg = decision_svg(picture_of(hostile_answer()), href=lambda _: f"#{HOSTILE}")
    tree = parsed(svg)
    assert not list(tree.iter(f"{SVG}script"))
    assert "<script" not in svg
    assert "alert" in texts(svg)
    svg.encode()
    links = [element.get("href") for element in tree.iter(f"{SVG}a")]
    assert all(link.startswith("#<script>") for link in links)
    dot = decision_dot(picture_of(hostile_answer()))
    assert "<script" not in dot
    assert all(line.startswith(("\t", "digraph", "}")) for line in dot.splitlines())
    dot.encode()


def test_hostile_names_stay_text_in_graphs():
    """The same holds for what who-can and paths draw."""
    picture = draw_graph(
        [Node(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE), Node("b", "b")],
        [Edge(HOSTILE, "b", HOSTILE)],
        {HOSTILE: HOSTILE},
        headline=Headline(HOSTILE, HOSTILE, HOSTILE),
    )
    dot = picture.render("dot").decode()
    assert "<script" not in dot
    assert all(line.startswith(("\t", "digraph", "}")) for line in dot.splitlines())


def contrast(one: str, other: str) -> float:
    """The contrast of two colors: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_can_be_read(palette):
    """Text has a contrast of 4.5 to 1, outlines and lines of 3 to 1, in both themes."""
    for text in (palette.text, palette.quiet):
        assert contrast(text, palette.ground) >= 4.5
        assert contrast(text, palette.panel) >= 4.5
    assert contrast(palette.line, palette.ground) >= 3
    assert contrast(palette.dead, palette.ground) >= 3
    for colors in palette.states.values():
        assert contrast(colors.text, colors.fill) >= 4.5
        assert contrast(colors.badge_text, colors.badge) >= 4.5
        assert contrast(colors.stroke, palette.ground) >= 2.9


def test_no_state_is_told_by_color_alone():
    """Strokes differ, and so do the words."""
    assert len(set(WEIGHTS.values())) == len(State)
    assert len({state.value for state in State}) == len(State)


def test_colors_of_graphviz_can_be_turned_dark():
    """No light color stands for two things, so each has its dark one."""
    rules = retheming()
    flat = [color for colors in LIGHT.states.values() for color in colors]
    flat += [*LIGHT[:6]]
    assert len(set(flat)) == len(flat)
    assert all(f'[fill="{color}"]' in rules for color in flat)
    assert "prefers-color-scheme: dark" in stylesheet(Theme.AUTO)
    assert "prefers-color-scheme" not in stylesheet(Theme.LIGHT)
    assert DARK.ground in stylesheet(Theme.DARK)


def test_gates_lead_where_the_caller_wants():
    """A page that has the policies can make links of the gates."""
    picture = draw_decision(samples.near_miss_answer(), href=lambda layer: f"#{layer}")
    tree = parsed(picture.render("svg").decode())
    gates = gates_of(samples.near_miss_answer())
    shown = {
        f"#{gate.place.layer.value}"
        for lane in gates.lanes
        if not gates.is_folded(lane)
        for gate in lane.gates
        if gate.state is State.CLOSED
    }
    assert shown
    assert {link.get("href") for link in tree.iter(f"{SVG}a")} == shown
    assert (
        tree.find(f"{SVG}title").text == f"denied implicitly: s3:PutObject by {samples.PRINCIPAL}"
    )


def test_a_title_tells_all_of_a_gate():
    """What is cut in the box is there when one points at it."""
    svg = decision_svg(picture_of(samples.near_miss_answer()))
    titles = [element.text for element in parsed(svg).iter(f"{SVG}title")]
    assert any("closest: statement 1 “ReadOnly”" in (title or "") for title in titles)


def test_lines_are_broken_at_words_then_in_names_then_anywhere():
    """And a last line that is too long ends in an ellipsis."""
    assert wrapped("a statement allows it", 70, 12) == ["a statement", "allows it"]
    assert wrapped("arn:aws:iam::1:role/a-long-name", 100, 12, most=9) == [
        "arn:aws:iam::",
        "1:role/a-long-",
        "name",
    ]
    assert wrapped("w" * 30, 90, 12, most=2) == ["w" * 10, "w" * 9 + "…"]
    assert wrapped("", 90, 12) == []
    assert shortened("abcdefghij", 5) == "abc…j"
    assert text_width("日本", 10) == 20
    assert text_width("e\u0301", 10) == text_width("e", 10)


def big_world(tmp_path, *, accounts: int):
    """An organization with many accounts in one unit."""
    ids = [f"{number:012}" for number in range(1, accounts + 1)]
    listed = ", ".join(f'"{identifier}"' for identifier in ids)
    named = "\n".join(f'  "{identifier}": {{name: team-{identifier[-2:]}}}' for identifier in ids)
    file = tmp_path / "world.yaml"
    file.write_text(
        "policies:\n"
        '  NoTrails: {Version: "2012-10-17", Statement: {Sid: NoTrails, Effect: Deny,'
        ' Action: "cloudtrail:*", Resource: "*"}}\n'
        "organization:\n"
        "  id: o-big00000001\n"
        '  management_account: "999999999999"\n'
        "  root:\n"
        "    units:\n"
        f"      Teams: {{scps: [FullAWSAccess, NoTrails], accounts: [{listed}]}}\n"
        f'accounts:\n{named}\n  "999999999999": {{name: payer}}\n',
        encoding="utf-8",
    )
    return iamsim.load(file)


def test_an_organization_shows_the_accounts_that_matter(tmp_path):
    """Of many accounts those that can't differ are one branch with the names of a few; the one that
    asks stands alone. The verdict and the sentence come first, and a legend."""
    world = big_world(tmp_path, accounts=40)
    answer = world.explain(
        principal="arn:aws:iam::000000000033:root", action="cloudtrail:StopLogging"
    )
    tree = tree_of(world.model, answer._inner)
    teams = tree.root.branches[-1]
    assert [branch.name for branch in tree.root.branches] == ["payer", "Teams"]
    assert tree.root.branches[0].kind == "management account"
    assert [branch.kind for branch in teams.branches] == ["accounts", "account"]
    assert teams.branches[0].name == "39 accounts alike"
    assert teams.branches[0].alike[-1] == "and 27 more"
    assert [branch.name for branch in teams.branches if branch.state is not None] == ["team-33"]
    assert (tree.root.state, teams.state) == (State.OPEN, State.CLOSED)
    service, resource = teams.attached
    assert service.policies == ("FullAWSAccess", "NoTrails")
    assert service.lines[0] == "statement 1 “NoTrails”"
    assert resource.state is None
    for written in (texts(organization_svg(tree)), organization_dot(tree)):
        assert "39 accounts alike" in written
        assert "and 27 more" in written
        assert "closed" in written
        assert "denied explicitly" in written
    assert "does not let it pass" in texts(organization_svg(tree))
    assert "team-1" in "\n".join(tree_lines(tree, 100))


def test_an_organization_without_a_question_has_no_marks(tmp_path):
    """Then it is a plan of what hangs where."""
    picture = draw_organization(big_world(tmp_path, accounts=1).model)
    svg = picture.render("svg").decode()
    assert "RCPFullAWSAccess" in texts(svg)
    assert 'class="badge"' not in svg
    assert "alike" not in svg


def test_a_world_without_organization_has_no_tree():
    """There is nothing to draw, and the hint says where it would stand."""
    with pytest.raises(RequestError) as caught:
        tree_of(World())
    assert caught.value.code == "no-organization"


def test_nodes_that_can_not_differ_are_one():
    """Ten roles that read one bucket are one node with the names of a few; one that also writes
    stands alone. A graph without anybody says so."""
    roles = [Node(f"r{number}", f"role {number}", "role", cluster="1") for number in range(11)]
    nodes = [Node("bucket", "reports", "resource"), *roles]
    edges = [Edge(role.key, "bucket", "s3:GetObject") for role in roles]
    edges.append(Edge("r3", "bucket", "s3:PutObject"))
    found, kept = grouped(nodes, edges)
    assert [node.title for node in found] == ["reports", "10 roles", "role 3"]
    assert found[1].lines == ("role 0", "role 1", "role 2", "and 7 more alike")
    assert [edge.source for edge in kept] == ["r0", "r3", "r3"]
    assert grouped(nodes[:4], edges) == (nodes[:4], edges)
    assert "nobody, and nothing" in draw_graph([], []).render("dot").decode()


def test_graphs_are_bounded_and_framed():
    """The first nodes are shown, the rest is counted; accounts are frames, kinds are outlines."""
    nodes = [
        Node("bucket", "reports", "resource", cluster="1"),
        *(Node(f"r{number}", f"role {number}", "role", cluster="2") for number in range(9)),
        Node("me", "anonymous", "anyone", state=State.CLOSED),
    ]
    edges = [
        Edge("r0", "bucket", "s3:GetObject"),
        Edge("r0", "bucket", "s3:PutObject"),
        Edge("r1", "bucket", state=State.DEPENDS),
        Edge("r2", "bucket", state=State.CLOSED),
        Edge("r8", "bucket"),
    ]
    picture = draw_graph(nodes, edges, {"1": "shop", "2": "tools", "3": "empty"}, limit=5)
    dot = picture.render("dot").decode()
    assert dot == picture.render("dot").decode()
    assert dot.count("subgraph") == 2
    assert "6 more" in dot
    assert dot.count(" -> ") == 3
    assert "s3:GetObject<br/>s3:PutObject" in dot
    assert "shape=cylinder" in dot
    assert "empty" not in dot
    whole = (
        draw_graph(
            nodes, edges, {"1": "shop"}, headline=Headline("who can", "somebody can", "3 can")
        )
        .render("dot")
        .decode()
    )
    assert "more" not in whole
    assert "anyone, closed" in whole
    assert "somebody can: 3 can" in whole
    assert "arrow: allowed; dashed: under a condition; dotted: kept out" in whole


def test_what_no_eye_follows_is_a_list():
    """Past a number of nodes or arrows the picture is a list by account, with verdict and legend,
    and says why; it needs no Graphviz. Hostile names stay text."""
    most = FOLLOWED[0]
    nodes = [Node("b", "reports", "resource", cluster="1")]
    nodes += [Node(f"r{n}", f"role {n}", "role", (HOSTILE,), "2") for n in range(most)]
    edges = [Edge(f"r{n}", "b", f"s3:Get{n}", State.DEPENDS) for n in range(most)]
    headline = Headline("who can", "under conditions", "24 can", State.DEPENDS)
    frames = {"1": "shop", "2": "tools", "3": "empty"}
    svg = draw_graph(nodes, edges, frames, headline=headline).render("svg").decode()
    shown = texts(svg)
    assert f"{most + 1} nodes and {most} arrows are listed: a graph is drawn of {most}" in shown
    for words in ("under conditions", "24 can", "tools", "role 7", "reports, s3:Get7", "depends"):
        assert words in shown
    assert "empty" not in shown
    assert "<script" not in svg
    assert parsed(svg).find(f"{SVG}desc").text == "24 can"
    many = [Node(f"p{n}", f"principal {n}", "user") for n in range(405)]
    shown = texts(draw_graph(many, [], headline=headline).render("svg").decode())
    assert "elsewhere" in shown
    assert "5 more, not shown" in shown
    with pytest.raises(RequestError):  # a graph needs Graphviz
        lay_out_without(draw_graph(nodes[:most], edges[: most - 1]))


def lay_out_without(picture):
    """Draw where no Graphviz is."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("iamsim.draw.layout.shutil.which", lambda _: None)
        monkeypatch.setattr("iamsim.draw.layout.find_spec", lambda _: None)
        picture.render("svg")
