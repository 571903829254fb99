"""The page of an answer: what stands on it, and that nothing a policy says becomes markup."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from iamsim.core.overall import overall_verdict
from iamsim.engine.question import Question, Session, Via
from iamsim.engine.world import CompiledWorld
from iamsim.query.edits.search import suggest_edits
from iamsim.report.html.explain import AnswerReport, answers_document
from iamsim.report.html.page import anchor, prose
from iamsim.report.writers.html import to_html
from iamsim.suites.asked import scenario_of
from iamsim.suites.run import run_scenario
from iamsim.suites.scenario import load_scenario, scenario_from_data
from iamsim.symbolic.partial import answer
from iamsim.world.documents import parse_document
from iamsim.world.load import load_world, load_world_data
from tests.unit.pages import find_all, outline, read_page, text_of
from tests.unit.questions import BUCKET, KEY, OBJECT, ROLE, SESSION, USER, A, allow, deny, policy

ROOT = Path(__file__).parent.parent.parent
HARBOR = ROOT / "corpus" / "examples" / "harbor"
EVIL = "</script><script>alert('1')</script>"
QUOTES = """a"b'c<d>&amp;{{ 7 * 7 }}`e`"""


def asked(request, world=None):
    """Ask a question that is written as in a scenario; gives it with its answer."""
    document = {"title": "asked", "requests": [request], **({} if world is None else world)}
    scenario = scenario_from_data(parse_document(json.dumps(document), "asked.json"))
    question = scenario.requests[0].questions[0]
    compiled = None if scenario.world is None else CompiledWorld(scenario.world)
    return question, answer(question, compiled)


def page_text(reports, remarks=()):
    """The page of answers."""
    return to_html(answers_document(reports, remarks))


def page_of(request, world=None, **more):
    """The page of a question."""
    return read_page(page_text([AnswerReport(asked(request, world)[1], **more)]))


@pytest.fixture(scope="module")
def harbor():
    """The example world."""
    return CompiledWorld(load_world(str(HARBOR)))


DEPLOY = Question(
    "arn:aws:iam::111122223333:role/deploy", "s3:DeleteObject", "arn:aws:s3:::harbor-reports/a"
)
NORA = "arn:aws:iam::111122223333:user/nora"


def test_what_policies_say_stays_text():
    """Sids, patterns, keys, values and names that look like markup are text everywhere."""
    hostile = policy(
        allow(Sid="<script>alert(1)</script>", Action=[f"s3:{EVIL}", "s3:Get*"]),
        deny(Sid=QUOTES, Condition={"StringEquals": {f"aws:PrincipalTag/{EVIL}": EVIL}}),
        allow(Sid="`", Action="s3:List*", Resource='arn:aws:s3:::"><img src=x onerror=alert(1)>'),
    )
    request = {
        "principal": ROLE,
        "action": "s3:GetObject",
        "resource": f"{OBJECT}{EVIL}",
        "context": {"aws:SourceVpc": EVIL, f"aws:RequestTag/{QUOTES}": QUOTES},
        "identity_policies": [hostile],
    }
    question, found = asked(request)
    text = page_text(
        [AnswerReport(found, name=EVIL, preface=EVIL, scenario=scenario_of(question, found))]
    )
    page = read_page(text)
    assert text.count("<script>") == text.count("</script>") == 1
    assert len(list(page.iter("script"))) == 1
    assert not list(page.iter("img"))
    titles = " ".join(entry.get("title", "") for entry in page.iter("mark"))
    assert EVIL in titles
    assert "49" not in text_of(find_all(page, "ul", "statements")[0])
    shown = text_of(page)
    for said in (EVIL, QUOTES.replace("`", ""), "<script>alert(1)</script>", "statement 3"):
        assert said in shown or said in shown.replace("`", "")


def test_names_of_files_and_levels_stay_text():
    """A world brings names as well: of its files, and of levels of the organization."""
    world = {
        "organization": {
            "id": "o-1",
            "management_account": "999999999999",
            "root": {"id": "r-ab12", "units": {EVIL: {"id": "ou-ab12-11112222", "accounts": [A]}}},
        },
        "accounts": {A: {"users": {"maya": {"policies": [policy(allow(Action="sqs:*"))]}}}},
    }
    model = load_world_data(parse_document(json.dumps(world), f"{EVIL}.json"))
    found = answer(Question(USER, "s3:GetObject", OBJECT), CompiledWorld(model))
    page = read_page(page_text([AnswerReport(found)]))
    assert f"{EVIL}.json" in text_of(find_all(page, "details", "policy-of")[-1])
    assert any(f"at level {EVIL}" in text_of(entry) for entry in page.iter("h3"))


def test_a_page_forbids_every_request_and_every_other_script():
    """The content security policy allows the inline style and script by their hashes, nothing
    else, and the page names no other file."""
    text = page_text([AnswerReport(asked({"principal": ROLE, "action": "s3:GetObject"})[1])])
    page = read_page(text)
    (rule,) = [entry for entry in page.iter("meta") if entry.get("http-equiv")]
    content = rule.get("content")
    assert content.startswith("default-src 'none'; img-src data:; base-uri 'none'")
    for tag in ("style", "script"):
        (inline,) = page.iter(tag)
        digest = b64encode(sha256(inline.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in content
        assert "http" not in inline.text
        assert "url(" not in inline.text
        assert "@import" not in inline.text
    assert [entry.get("href") for entry in page.iter("link")] == ["data:,"]
    assert not [entry for entry in page.iter() if entry.get("style") is not None]


def test_prose_and_anchors():
    """Backticks make code, an odd number of them does not; ids hold letters, digits and dashes."""
    assert prose("the `a<b` of `c`") == "the <code>a&lt;b</code> of <code>c</code>"
    assert prose("5` wide") == "5` wide"
    assert anchor("a", 1, 'x"y') == "a-1-x-y"


def test_a_policy_is_shown_as_it_stands_in_its_file(harbor):
    """The text of each policy is that of its file, from the first character to the last."""
    page = read_page(page_text([AnswerReport(answer(DEPLOY, harbor))]))
    texts = {}
    for details in find_all(page, "details", "policy-of"):
        (name,) = find_all(details, "span", "name")
        lines = ["".join(entry.itertext()) for entry in find_all(details, "pre", "text")]
        numbers = "\n".join(
            "".join(entry.itertext()) for entry in find_all(details, "pre", "numbers")
        )
        texts[name.text] = "\n".join(lines)
        assert numbers.splitlines() == [str(n + 1) for n in range(texts[name.text].count("\n") + 1)]
    boundary = (HARBOR / "policies" / "deploy-boundary.json").read_text("utf-8")
    assert texts["DeployBoundary"] == boundary.rstrip("\n")
    assert texts["Deploy"] == (HARBOR / "policies" / "deploy.json").read_text("utf-8").rstrip("\n")


def test_clauses_are_marked_where_they_stand(harbor):
    """What fails is marked as failing, what holds as holding, with a sentence below the line; the
    statement that came closest is open, others are closed."""
    page = read_page(page_text([AnswerReport(answer(DEPLOY, harbor))]))
    by_name = {
        find_all(entry, "span", "name")[0].text: entry
        for entry in find_all(page, "details", "policy-of")
    }
    boundary = by_name["DeployBoundary"]
    assert boundary.get("open") is not None
    assert by_name["StayInEurope"].get("open") is None
    failing = [entry.text for entry in find_all(boundary, "mark", "no")]
    assert failing == ['"s3:Get*"', '"s3:List*"', '"s3:PutObject"', '"ec2:*"']
    assert (
        find_all(boundary, "mark", "no")[0].get("title") == "Action s3:Get* against s3:DeleteObject"
    )
    assert [entry.text for entry in find_all(boundary, "mark", "yes")] == ['"*"', '"*"']
    remarks = [text_of(entry) for entry in find_all(boundary, "p", "remark")]
    assert remarks == ["none of these 3 matches s3:DeleteObject", "does not match s3:DeleteObject"]
    statements = [text_of(entry) for entry in boundary.iter("li")]
    assert statements[0].startswith(
        "statement 1 ReadAndWriteReports, Allow: does not match closest"
    )


def test_policies_of_one_line_and_with_several_marks_at_one_place():
    """A minified policy is wrapped and marked all the same; clauses at one place share a mark."""
    document = policy(
        allow(
            Condition={"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"], "aws:username": "x"}}
        ),
        *(allow(Action=f"s3:Get{number}") for number in range(9)),
    )
    request = {"principal": ROLE, "action": "s3:GetObject", "identity_policies": [document]}
    page = page_of(request)
    (lines,) = find_all(page, "div", "lines")
    assert "long" in lines.get("class")
    assert len(list(lines.iter("i"))) == 10
    assert len(find_all(lines, "mark", "no")) >= 11


def test_gates_follow_the_formula(harbor):
    """Rows are the steps of the picture, then a row for each way in; each leads to its layer."""
    page = read_page(page_text([AnswerReport(answer(DEPLOY, harbor))]))
    (gates,) = find_all(page, "ol", "gates")
    rows = [text_of(find_all(entry, "p", "row")[0]) for entry in gates]
    assert rows == [
        "Explicit denies (none applies): passes",
        "Guardrails (each must allow): passes",
        "Way in by identity-based policy of the caller: blocked",
        "Way in by resource-based policy naming the caller or everyone: blocked",
        "Way in by resource-based policy naming the role: blocked",
    ]
    by_name = {
        row: [text_of(gate) for gate in entry.iter("li")][1:]
        for row, entry in zip(rows, gates, strict=True)
    }
    assert by_name["Guardrails (each must allow): passes"] == [
        "resource control policy open allowed by Root, Workloads, 111122223333",
        "service control policy open allowed by Root, Workloads, 111122223333",
    ]
    own = by_name["Way in by identity-based policy of the caller: blocked"]
    assert own[0].startswith("identity-based policy open statement 1 “WholeBucket” of Deploy")
    assert own[1].startswith("permissions boundary closed, decides none of 2 statements allows it")
    assert own[1].endswith("s3:PutObject, the request s3:DeleteObject")
    role = by_name["Way in by resource-based policy naming the role: blocked"]
    assert role[1].startswith("permissions boundary closed, not reached")
    notes = [text_of(entry) for entry in find_all(gates, "p", "note")]
    assert notes[0] == "not asked: resource-based policy"
    links = [entry.get("href") for entry in find_all(gates, "a", "gate")]
    assert links
    assert all(page.find(f".//*[@id='{link[1:]}']") is not None for link in links)


def test_gates_of_other_decisions(harbor):
    """An explicit deny stops the first row; a level that denies stands alone; a key has a gate for
    its grants; where nothing is asked there are no ways."""
    denied = Question(
        NORA,
        "s3:GetObject",
        "arn:aws:s3:::harbor-reports/finance/payroll/a",
        {"aws:SecureTransport": "false"},
    )
    page = read_page(page_text([AnswerReport(answer(denied, harbor))]))
    row = text_of(find_all(page, "ol", "gates")[0][0])
    assert row.startswith("Explicit denies (one is enough): stops here resource-based policy deny")
    scps = [[policy(allow())], [policy(allow()), policy(deny())], [policy(allow())]]
    page = page_of(
        {"principal": ROLE, "action": "s3:GetObject", "scps": scps, "identity_policies": []}
    )
    text = text_of(find_all(page, "ol", "gates")[0])
    assert "service control policy deny, decides level 2: closed" in text
    assert "allowed by level 1, level 3" in text
    world = {
        "accounts": {
            A: {
                "resources": {
                    KEY: {
                        "policy": policy(deny(Principal="*", Action="kms:Get*")),
                        "grants": [{"grantee": ROLE, "operations": ["Decrypt"]}],
                    }
                },
                "roles": {"app": {}},
            }
        }
    }
    page = page_of({"principal": ROLE, "action": "kms:Decrypt", "resource": KEY}, {"world": world})
    assert "grant" in text_of(find_all(page, "ol", "gates")[0])
    page = page_of({"principal": ROLE, "action": "sts:GetCallerIdentity"})
    assert "Way in" not in text_of(find_all(page, "ol", "gates")[0])


def test_what_is_not_known_depends():
    """With unknown keys the badge, the gates and the marks say that it depends, and on what."""
    conditions = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    request = {
        "principal": ROLE,
        "action": "s3:GetObject",
        "partial": "true",
        "identity_policies": [
            policy(
                allow(Condition=conditions), deny(Condition={"Bool": {"aws:ViaAWSService": "true"}})
            )
        ],
        "boundary": policy(allow(), deny(Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})),
    }
    page = page_of(request)
    assert find_all(page, "span", "badge")[0].text == "conditional"
    assert "depends" in text_of(find_all(page, "ol", "gates")[0])
    assert find_all(page, "mark", "open")
    assert "aws:SourceVpc" in text_of(page)
    assert "Condition: {" in text_of(page)


def test_edits_are_shown_with_their_patches(harbor):
    """What would allow a request stands on the page: sentences, guardrails, and the patch."""
    found = answer(DEPLOY, harbor)
    report = suggest_edits(DEPLOY, harbor)
    page = read_page(page_text([AnswerReport(found, edits=report)]))
    assert "What would allow it, the narrowest first" in text_of(page)
    assert "a guardrail: this permissions boundary" in text_of(find_all(page, "ol", "numbered")[0])
    patch = find_all(page, "pre", "patch")[0]
    assert {entry.get("class") for entry in patch.iter("span")} == {"head", "same", "added"}
    allowed = Question(DEPLOY.principal, "s3:PutObject", DEPLOY.resource)
    report = suggest_edits(allowed, harbor)
    page = read_page(page_text([AnswerReport(answer(allowed, harbor), edits=report)]))
    assert "What grants it" in text_of(page)
    root = Question("arn:aws:iam::111122223333:root", "sts:GetCallerIdentity")
    page = read_page(
        page_text([AnswerReport(answer(root, harbor), edits=suggest_edits(root, harbor))])
    )
    assert "What can't be changed" in text_of(page)


def test_several_answers_share_a_page(harbor):
    """A table leads to each of them; the title counts, and the badge is the verdict over all."""
    questions = DEPLOY.with_pairs(("s3:DeleteObject", "s3:PutObject"), (DEPLOY.resource,))
    answers = [answer(question, harbor) for question in questions]
    page = read_page(page_text([AnswerReport(entry) for entry in answers]))
    assert text_of(next(page.iter("h1"))) == "1 of 2 requests are allowed"
    assert find_all(page, "span", "badge")[0].text == "denied"
    assert overall_verdict(entry.decision.verdict for entry in answers).value == "implicitDeny"
    assert len(find_all(page, "details", "answer")) == 2
    empty = read_page(page_text([], ["case: it `failed`"]))
    assert text_of(next(empty.iter("h1"))) == "0 of 0 requests are allowed"
    assert "case: it failed" in text_of(empty)


QUESTIONS = (
    Question(NORA, "s3:GetObject", "arn:aws:s3:::harbor-reports/a", {"aws:TagKeys": ("a", "b")}),
    DEPLOY,
    Question(NORA, "s3:GetObject", "arn:aws:s3:::harbor-reports/a", partial=True),
    Question(
        NORA,
        "s3:GetObject",
        "arn:aws:s3:::harbor-reports/a",
        unknown=frozenset({"aws:SourceIp"}),
        via=Via("vpce-1", ("athena.amazonaws.com",)),
        resource_account="111122223333",
    ),
    Question(
        "arn:aws:sts::111122223333:assumed-role/deploy/s",
        "s3:GetObject",
        "arn:aws:s3:::x",
        session=Session("s", None, {"team": "blue"}, ("team",), "nora"),
    ),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.action)
def test_the_scenario_of_a_question_asks_it_again(question, harbor, tmp_path):
    """The scenario on the page, saved as a file, gets the same decision for the same reason."""
    found = answer(question, harbor)
    text = scenario_of(question, found, [str(HARBOR)])
    page = read_page(page_text([AnswerReport(found, scenario=text)]))
    (shown,) = [entry for entry in page.iter("pre") if entry.get("id") == "a1-scenario-text"]
    file = tmp_path / "again.yaml"
    file.write_text("".join(shown.itertext()), encoding="utf-8")
    (result,) = run_scenario(load_scenario(str(file)))
    assert result.failures == ()
    assert result.verdict is found.decision.verdict


def test_the_scenario_holds_policies_and_the_time(tmp_path):
    """Policies that came with a question are written out, empty levels too, and so is a time from
    a clock; a key that is said to be absent can't be written."""
    request = {
        "principal": SESSION,
        "action": "s3:GetObject",
        "resource": BUCKET,
        "identity_policies": [
            policy(allow(Condition={"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}))
        ],
        "session_policies": [policy(allow())],
        "resource_policy": policy(allow(Principal="*", Action="s3:List*")),
        "boundary": policy(allow()),
        "scps": [[]],
        "rcps": [[policy(allow(Principal="*"))]],
        "public_access_block": {"restrict_public_buckets": "true"},
    }
    question = asked(request)[0]
    timed = Question(
        **{name: getattr(question, name) for name in question.__slots__}
        | {"now": "2026-11-25T00:00:00Z"}
    )
    found = answer(timed, None)
    text = scenario_of(timed, found)
    assert "aws:CurrentTime: " in text
    assert "scps:\n      - []" in text
    file = tmp_path / "again.yaml"
    file.write_text(text, encoding="utf-8")
    (result,) = run_scenario(load_scenario(str(file)))
    assert (result.failures, result.verdict) == ((), found.decision.verdict)
    unset = Question(NORA, "s3:GetObject", unset=frozenset({"aws:SecureTransport"}))
    assert scenario_of(unset, answer(unset, None)) is None


def test_the_structure_of_a_page(harbor, golden):
    """The page of one answer as an outline: its landmarks, headings, links and words."""
    world = CompiledWorld(
        load_world_data(
            parse_document(
                json.dumps(
                    {
                        "accounts": {
                            A: {
                                "users": {"maya": {"policies": ["Read"]}},
                                "policies": {
                                    "Read": policy(allow(Sid="Reading", Action="s3:Get*"))
                                },
                                "resources": {
                                    BUCKET: {
                                        "policy": policy(deny(Principal="*", Action="s3:Put*"))
                                    }
                                },
                            }
                        }
                    },
                    indent=1,
                ),
                "world.json",
            )
        )
    )
    question = Question(USER, "s3:PutObject", OBJECT, {"aws:SecureTransport": "true"})
    found = answer(question, world)
    scenario = scenario_of(question, found, ["world.json"])
    page = read_page(page_text([AnswerReport(found, scenario=scenario)]))
    golden(ROOT / "tests" / "golden" / "pages" / "explain.txt", outline(page))
