"""HTML reports in a real browser: the system's Chromium through Playwright, without a network.

Where Chromium is missing these tests are skipped, and say so; `.ci/run` installs it where it can.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from iamsim.play.files import BUILT
from tests.browser.contrast import CONTRASTS

AXE = BUILT.parent / "axe.min.js"
ROOT = Path(__file__).parent.parent.parent
HARBOR = ROOT / "corpus" / "examples" / "harbor"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(180),
]
OBJECT = "arn:aws:s3:::harbor-reports/finance/2026.csv"
DEPLOY = ("-p", "arn:aws:iam::111122223333:role/deploy", "-r", OBJECT)
SUITE = """
title: Reports
requests:
  - {name: nora reads, principal: 'arn:aws:iam::111122223333:user/nora', action: s3:GetObject,
     resource: 'arn:aws:s3:::harbor-reports/finance/2026.csv', expect: allowed}
  - {name: nora writes, principal: 'arn:aws:iam::111122223333:user/nora', action: s3:PutObject,
     resource: 'arn:aws:s3:::harbor-reports/finance/2026.csv', expect: allowed}
"""


def write(folder, name, *arguments):
    """Write a report by the command line."""
    path = folder / f"{name}.html"
    done = subprocess.run(
        [sys.executable, "-m", "iamsim", *arguments, "--format", "html", "-o", str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "IAMSIM_CACHE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stderr
    return path


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """A report of each kind."""
    folder = tmp_path_factory.mktemp("reports")
    world = ("--world", str(HARBOR))
    suite = folder / "reports.iamtest.yaml"
    suite.write_text(SUITE, encoding="utf-8")
    policy = folder / "policy.json"
    policy.write_text(
        '{"Version": "2012-10-17", "Statement": [{"Sid": "a b", "Effect": "Allow",'
        ' "Action": ["s3:GetObject", "iam:PassRole"], "Resource": "*"}]}',
        encoding="utf-8",
    )
    explain = ("explain", *world, *DEPLOY)
    return {
        "explain": write(folder, "explain", *explain, "-a", "s3:DeleteObject", "--edits"),
        "several": write(
            folder, "several", *explain, "-a", "s3:DeleteObject", "-a", "s3:PutObject"
        ),
        "partial": write(
            folder,
            "partial",
            "explain",
            "--partial",
            "-a",
            "s3:GetObject",
            *DEPLOY,
            "--identity-policy",
            '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*",'
            ' "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}}',
        ),
        "suite": write(folder, "suite", "test", *world, str(suite), "--cov", "--mutate"),
        "validate": write(folder, "validate", "validate", str(policy)),
        "who-can": write(folder, "who-can", "who-can", "s3:*Object", OBJECT, *world),
        "account": write(folder, "account", "report", *world, "--at", "2026-12-01"),
    }


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests of this file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Containers have no user namespaces for the sandbox; the pages are our own.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Visit:
    """A page that was opened, with all that went wrong on it."""

    def __init__(self, browser, path, **options):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        self.page = self.context.new_page()
        self.trouble = []
        self.requests = []
        self.page.on("console", lambda one: self.trouble.append(one.text))
        self.page.on("pageerror", lambda one: self.trouble.append(str(one)))
        self.page.on("dialog", lambda one: (self.trouble.append("a dialog"), one.dismiss()))
        self.context.route("**/*", self._route)
        self.page.goto(path.as_uri())

    def _route(self, route):
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()


@pytest.fixture
def visit(browser):
    """Open a report; at the end nothing went wrong on it, and no request left the machine."""
    visits = []

    def open_page(path, **options):
        visits.append(Visit(browser, path, **options))
        return visits[-1].page

    yield open_page
    for entry in visits:
        assert entry.trouble == []
        assert entry.requests == []
        entry.context.close()


KINDS = ("explain", "several", "partial", "suite", "validate", "who-can", "account")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(reports, visit, kind, scheme):
    """Each text that is seen has a contrast of 4.5 to 1 against what lies behind it (WCAG 2.2,
    1.4.3: https://www.w3.org/TR/WCAG22/#contrast-minimum), in both color schemes."""
    page = visit(reports[kind], color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    measured = page.evaluate(CONTRASTS)
    assert len(measured) > 10
    assert [entry for entry in measured if entry["ratio"] < 4.5] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_table_is_cut(reports, visit, kind, width):
    """The page is as wide as the window, and every table is as wide as the page at most."""
    page = visit(reports[kind])
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    right = "[...document.querySelectorAll('table')].map((t) => t.getBoundingClientRect().right)"
    assert [edge for edge in page.evaluate(right) if edge > width] == []


@pytest.mark.skipif(not AXE.is_file(), reason="axe was not brought from npm")
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_of_an_account_is_accessible(reports, visit, width, scheme):
    """In both sizes and color schemes axe finds nothing (https://github.com/dequelabs/axe-core),
    with everything opened that opens."""
    page = visit(reports["account"], color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert [(entry["id"], entry["nodes"][0]["html"][:200]) for entry in found] == []


def test_the_report_of_an_account_is_read_by_keyboard(reports, visit):
    """From the first stop, which skips to the content, every field and button of a filter is
    reached and shows its focus; what is typed into the field filters, and is said aloud."""
    page = visit(reports["account"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    stops = []
    for _ in range(400):
        page.keyboard.press("Tab")
        kind = page.evaluate("document.activeElement.tagName")
        if kind == "BODY":
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", kind
        stops.append(kind)
    wanted = page.evaluate(
        "[...document.querySelectorAll('input, select, button, summary')]"
        ".filter((one) => one.checkVisibility()).length"
    )
    assert (
        len([stop for stop in stops if stop in {"INPUT", "SELECT", "BUTTON", "SUMMARY"}]) == wanted
    )
    page.get_by_role("searchbox").first.focus()
    page.keyboard.type("nothing has this")
    page.locator("#status").get_by_text("0 of").wait_for()


def test_the_report_of_an_account_on_paper(reports, visit):
    """In print there are no fields and buttons, every row is there, and no table is cut."""
    page = visit(reports["account"], color_scheme="dark")
    rows = page.locator("tbody tr").count()
    page.get_by_role("searchbox").first.fill("nothing has this")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    shown = "(one) => one.checkVisibility()"
    controls = page.locator("input, select, button").element_handles()
    assert [control for control in controls if control.evaluate(shown)] == []
    page.emulate_media(media="screen")
    page.get_by_role("searchbox").first.fill("")
    page.emulate_media(media="print")
    visible = [
        element_handle
        for element_handle in page.locator("tbody tr").element_handles()
        if element_handle.evaluate(shown)
    ]
    assert len(visible) == rows
    assert page.pdf().startswith(b"%PDF")


def test_the_report_of_200_roles_is_small(tmp_path):
    """Under five megabytes, with a finding or more for each role."""
    statement = {"Effect": "Allow", "Action": ["s3:*", "iam:*"], "Resource": "*"}
    trusted = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "sts:AssumeRole",
    }
    roles = {
        f"role-{number}": {
            "trust": {"Version": "2012-10-17", "Statement": [trusted]},
            "policies": [
                {"Version": "2012-10-17", "Statement": [{**statement, "Sid": f"S{number}"}]}
            ],
        }
        for number in range(200)
    }
    world = tmp_path / "world.json"
    world.write_text(json.dumps({"accounts": {"222222222222": {"roles": roles}}}), "utf-8")
    path = write(tmp_path, "large", "report", "--world", str(world), "--at", "2026-12-01")
    text = path.read_text("utf-8")
    assert all(f"role/role-{number}" in text for number in range(200))
    assert path.stat().st_size < 5_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_landmarks_and_headings(reports, visit, kind):
    """One main part, one first heading, no level left out, a name for everything with a role."""
    page = visit(reports[kind])
    assert page.locator("main").count() == page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((one) => Number(one.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a, summary, input,"
        " [role=group], [role=region], section')]"
        ".filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label')"
        " || one.getAttribute('aria-labelledby') || one.labels?.length)).length"
    )
    assert unnamed == 0


def test_a_gate_leads_to_its_policy(reports, visit):
    """A click on a gate opens the policy behind it, moves the focus to it, and shows it."""
    page = visit(reports["explain"])
    gate = page.locator("a.gate", has_text="WholeBucket").first
    details = page.locator("details.policy-of", has_text="WholeBucket")
    assert details.get_attribute("open") is None
    gate.click()
    assert details.get_attribute("open") is not None
    focused = page.evaluate("document.activeElement.id")
    assert gate.get_attribute("href") == f"#{focused}"
    assert page.locator(".lines.arrived").is_visible()
    gate.click()
    details.locator("summary").click()
    assert details.get_attribute("open") is None
    gate.click()
    assert details.get_attribute("open") is not None


def test_a_link_from_outside_opens_what_it_names(reports, visit, browser):
    """The address with a fragment opens the part when the page is loaded."""
    page = visit(reports["several"])
    page.goto(f"{reports['several'].as_uri()}#a2-scenario-text")
    assert page.locator("#a2").get_attribute("open") is not None
    assert page.locator("#a2-scenario-text").is_visible()


def test_marks_stand_in_the_text(reports, visit):
    """Clauses that fail are marked in the open policy, and say why; their look does not rest on
    color: a sign and an underline of its own kind are there."""
    page = visit(reports["explain"])
    failing = page.locator("details[open] mark.no")
    assert failing.all_inner_texts()[:3] == ['"s3:Get*"', '"s3:List*"', '"s3:PutObject"']
    assert failing.first.get_attribute("title") == "Action s3:Get* against s3:DeleteObject"
    assert page.locator("p.remark", has_text="none of these 3 matches").is_visible()
    style = (
        "(one) => [getComputedStyle(one, '::before').content,"
        " getComputedStyle(one).textDecorationStyle]"
    )
    looks = {
        kind: page.locator(f"p.legend mark.{kind}").first.evaluate(style)
        for kind in ("yes", "no", "open")
    }
    assert len({tuple(look) for look in looks.values()}) == 3
    assert [look[0] for look in looks.values()] == ['"✓"', '"✗"', '"?"']


def test_the_keyboard_is_enough(reports, visit):
    """The first stop skips to the content; gates, policies and buttons are reached in order, show
    that they have the focus, and answer to the keys that such things answer to."""
    page = visit(reports["explain"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector("#content.arrived")  # the page's script has seen it, too
    assert page.evaluate("document.activeElement.id") == "content"
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        kind = page.evaluate(
            "document.activeElement.tagName + '.' + document.activeElement.className"
        )
        if kind == "BODY.":
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", kind
        stops.append(kind)
    assert stops[0].startswith("A.gate")
    assert {"SUMMARY.", "BUTTON.", "DIV.policy", "PRE."} <= set(stops)
    summary = page.locator("details:not([open]) > summary").first.element_handle()
    summary.focus()
    page.keyboard.press("Enter")
    assert summary.evaluate("(one) => one.parentElement.open")


@pytest.mark.parametrize("permitted", [True, False])
def test_the_scenario_is_copied(reports, visit, permitted):
    """The button copies the scenario, with the permission to write to the clipboard or without; if
    all fails the text is selected, and the page says what to press."""
    page = visit(reports["explain"])
    text = page.locator("#a1-scenario-text").inner_text()
    assert "action: s3:DeleteObject" in text
    if permitted:
        page.evaluate(
            "() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }"
        )
    else:
        page.evaluate(
            "() => { navigator.clipboard.writeText = async () => { throw new Error('no'); }; }"
        )
        page.evaluate("() => { document.execCommand = () => false; }")
    page.get_by_role("button", name="Copy the scenario").click()
    status = page.locator("#status")
    if permitted:
        status.get_by_text("Copied.").wait_for()
        assert page.evaluate("window.copied").strip() == text.strip()
    else:
        status.get_by_text("The text is selected").wait_for()
        assert page.evaluate("String(getSelection())").strip() == text.strip()


def test_copied_policy_text_is_the_policy(reports, visit):
    """Line numbers, signs and remarks stay behind when somebody selects the text of a policy."""
    page = visit(reports["explain"])
    selected = page.locator("details[open] .policy").first.evaluate(
        "(one) => { getSelection().selectAllChildren(one); return String(getSelection()); }"
    )
    assert "".join(selected.split()).startswith('{"Version":"2012-10-17","Statement":[{"Sid"')
    assert "matches" not in selected
    assert "✗" not in selected


def test_rows_are_filtered(reports, visit):
    """Every word that is typed must be in a row; how many are left is said aloud."""
    page = visit(reports["account"])
    field = page.get_by_role("searchbox").first
    name = field.evaluate("(one) => one.closest('[data-filters]').dataset.filters")
    rows = page.locator(f"#{name} tbody tr")
    every = rows.count()
    words = rows.first.inner_text().split()[:2]
    field.fill(" ".join(words))
    left = rows.locator("visible=true").count()
    assert 0 < left < every
    page.locator("#status").get_by_text(f"{left} of {every} rows").wait_for()
    field.fill("")
    assert rows.locator("visible=true").count() == every


def test_all_parts_open_and_close(reports, visit):
    """The buttons open and close all policies."""
    page = visit(reports["explain"])
    page.get_by_role("button", name="Open all").click()
    assert page.locator("details.policy-of:not([open])").count() == 0
    page.get_by_role("button", name="Close all").click()
    assert page.locator("details.policy-of[open]").count() == 0


def test_without_scripts_everything_can_be_read(reports, visit):
    """Buttons and fields that need a script are not there; parts open by themselves."""
    page = visit(reports["explain"], java_script_enabled=False)
    assert not page.get_by_role("button", name="Copy the scenario").is_visible()
    assert not page.get_by_role("button", name="Open all").is_visible()
    page.locator("details:not([open]) > summary").first.click()
    assert page.locator("h1").is_visible()


def test_a_print_shows_no_controls_and_what_is_open(reports, visit):
    """On paper: black on white, no buttons, and the policies that were open."""
    page = visit(reports["explain"], color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_role("button", name="Open all").is_visible()
    assert page.locator("details[open] .policy").first.is_visible()
    assert page.pdf().startswith(b"%PDF")


def test_markup_in_policies_never_runs(tmp_path, visit):
    """A Sid that is a script, a value that closes one, names with quotes: the page shows them."""
    evil = "</script><script>document.title='owned';alert(1)</script>"
    policy = (
        '{"Statement": [{"Sid": "<script>alert(1)</script>", "Effect": "Allow", "Action": "s3:*",'
        f' "Resource": "*", "Condition": {{"StringEquals": {{"aws:SourceVpc": "{evil}",'
        ' "aws:username": "\\" onmouseover=alert(1) x=\\"<img src=x onerror=alert(1)>"}}}]}'
    )
    path = write(
        tmp_path,
        "evil",
        "explain",
        *DEPLOY,
        "-a",
        "s3:GetObject",
        "-c",
        f"aws:SourceVpc={evil}",
        "--identity-policy",
        policy,
    )
    page = visit(path)
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert page.title() == f"denied: s3:GetObject on {OBJECT} · iamsim"
    assert page.get_by_text("<script>alert(1)</script>").first.is_visible()
    page.locator("mark").last.hover()


def test_scripts_that_slip_in_are_refused(browser, reports, tmp_path):
    """Even if markup came through, the page's own rule keeps it from running and loading."""
    text = reports["explain"].read_text("utf-8")
    sneaky = "<script>document.title='owned'</script><img src='https://example.com/x.png'>"
    path = tmp_path / "sneaky.html"
    path.write_text(text.replace("</main>", f"{sneaky}</main>"), encoding="utf-8")
    seen = Visit(browser, path)
    assert seen.page.title() != "owned"
    assert seen.requests == []
    assert any("Content Security Policy" in entry for entry in seen.trouble)
    seen.context.close()


def test_many_policies_load(tmp_path, visit):
    """Two hundred policies of ten statements: the page is there, and everything opens."""
    statement = (
        '{"Sid": "S%d", "Effect": "Allow", "Action": ["s3:Get*", "sqs:Send*"], "Resource":'
        ' "arn:aws:s3:::b%d/*",'
        ' "Condition": {"StringEquals": {"aws:PrincipalTag/team": "t"}}}'
    )
    names = [f"P{number}" for number in range(200)]
    lines = [
        "accounts:",
        '  "111122223333":',
        f"    roles: {{deploy: {{policies: [{', '.join(names)}]}}}}",
        "    policies:",
    ]
    for number, name in enumerate(names):
        text = ",\n".join(statement % (index, number) for index in range(10))
        (tmp_path / f"{name}.json").write_text(f'{{"Statement": [\n{text}\n]}}', encoding="utf-8")
        lines.append(f"      {name}: {name}.json")
    (tmp_path / "world.yaml").write_text("\n".join(lines), encoding="utf-8")
    path = write(
        tmp_path, "many", "explain", "--world", str(tmp_path), *DEPLOY, "-a", "s3:GetObject"
    )
    page = visit(path)
    assert page.locator("details.policy-of").count() == 200
    assert page.locator("details.policy-of[open]").count() <= 1
    page.get_by_role("button", name="Open all").click()
    assert page.locator("details.policy-of[open]").count() == 200
    page.get_by_role("button", name="Close all").click()
