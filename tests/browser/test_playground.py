"""The playground in a real browser: Pyodide and CodeMirror from npm, the system's Chromium.

Where Chromium is missing, or what `scripts/build_playground.py` brings, these tests are skipped,
and say so; `.ci/run` brings both.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Thread

import pytest

from iamsim.files.archive import packed
from iamsim.play.files import BUILDER, BUILT, playground_files
from iamsim.play.server import FileServer
from tests.browser.contrast import CONTRASTS

ROOT = Path(__file__).parent.parent.parent
HARBOR = ROOT / "corpus" / "examples" / "harbor"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
AXE = BUILT.parent / "axe.min.js"
TABS = ("explain", "compare", "world", "learn")
WIDTHS = (390, 900, 1440)
LOADED = 90_000  # milliseconds; machines of CI do other things as well
ANSWERED = 60_000
STILL = 2  # seconds without a change: what follows an answer needs a frame or two
GOLDEN = ROOT / "tests" / "golden" / "playground"
FONT = "DejaVu Sans"
# Both pictures an eighth as large, and how many of their dots differ by more than a sixteenth.
DIFFERENT = """async ([one, other]) => {
  const dots = async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(image.width / 8);
    canvas.height = Math.ceil(image.height / 8);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height).data;
  };
  const [first, second] = [await dots(one), await dots(other)];
  if (first.length !== second.length) return 1;
  let different = 0;
  for (let at = 0; at < first.length; at += 4) {
    const far = (channel) => Math.abs(first[at + channel] - second[at + channel]) > 16;
    if ([0, 1, 2].some(far)) different += 1;
  }
  return different / (first.length / 4);
}"""
TWO_FRAMES = """() => new Promise((resolve) =>
  requestAnimationFrame(() => requestAnimationFrame(resolve)))"""
STANDS = """(selector) => [
  { ...document.documentElement.dataset, loading: document.getElementById("p-loading").innerText },
  [...document.querySelectorAll(selector.split(" ")[0])].map((one) => one.innerText),
]"""
TOLERATED = 0.04  # of the dots: letters are smoothed otherwise from machine to machine
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.skipif(
        not AXE.is_file(),
        reason="Pyodide and CodeMirror are not here: `python scripts/build_playground.py`",
    ),
    pytest.mark.xdist_group("playground"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def site():
    """The address of a playground that is served."""
    server = FileServer(playground_files(BUILT / "vendor"))
    Thread(target=server.run, daemon=True).start()
    yield server.address
    server.stop()


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
    """A playground that was opened, with all that went wrong and all that was asked for."""

    def __init__(self, browser, address, fragment="", **options):
        self.address = address
        self.context = browser.new_context(
            viewport={"width": 1440, "height": 900}, service_workers="block", **options
        )
        self.page = self.context.new_page()
        self.trouble = []
        self.requests = []
        self.page.on("console", lambda one: self.trouble.append(one.text))
        self.page.on("pageerror", lambda one: self.trouble.append(str(one)))
        self.page.on("dialog", lambda one: (self.trouble.append("a dialog"), one.dismiss()))
        self.context.on("request", lambda one: self.requests.append(one.url))
        self.foreign = []
        self.context.route(lambda url: not url.startswith(address), self._refuse)
        self.page.goto(address + fragment)
        self.page.wait_for_selector("html[data-answered]", timeout=LOADED)

    def _refuse(self, route):
        self.foreign.append(route.request.url)
        route.abort()

    def example(self, number):
        """Choose an example of the menu and wait for what it gives."""
        self.page.select_option("#p-examples", str(number))
        self.rest()

    def rest(self):
        """Wait until every question of the page is answered."""
        self.page.evaluate(TWO_FRAMES)  # a change is asked about in the frame after it
        self.page.wait_for_selector('html[data-waiting="0"]', timeout=ANSWERED)

    def expect(self, selector, text):
        """Wait until an element has a text; what the page has instead is said."""
        from playwright.sync_api import TimeoutError as TooLate

        try:
            self.page.locator(selector, has_text=text).first.wait_for(timeout=LOADED)
        except TooLate:
            html, found = self.page.evaluate(STANDS, selector)
            raise AssertionError(f"no {text!r} in {found}; {html}; {self.trouble}") from None


@pytest.fixture(scope="module")
def opened(browser, site):
    """One page for the tests that leave it usable."""
    visit = Visit(browser, site)
    yield visit
    visit.context.close()


@pytest.fixture
def visit(opened):
    """The page, with its first example; in the end nothing went wrong, and nothing was asked of
    anybody but its own host."""
    page = opened.page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("document.getElementById('p-dialog').close()")  # of a test that failed
    page.click("#p-tab-explain")
    opened.example(0)
    opened.trouble.clear()
    yield opened
    assert opened.trouble == []
    assert opened.foreign == []


def editor(visit, number=0, within="#p-policies"):
    """The text of an editor."""
    return visit.page.locator(f"{within} .cm-content").nth(number)


def type_over(visit, text, number=0, within="#p-policies"):
    """Put a text in the place of that of an editor, as by a paste."""
    editor(visit, number, within).click()
    visit.page.keyboard.press("Control+A")
    visit.page.keyboard.insert_text(text)


CONTROLS = ["p-new-layer", "p-add", "p-keep", "p-edits", "p-export"]  # behind an editor
MOST_STOPS = 40
FOCUSED = """(() => {
  const {id, nodeName, textContent} = document.activeElement;
  const outline = getComputedStyle(document.activeElement).outlineStyle;
  return {id, name: nodeName, text: textContent.slice(0, 80), outline};
})()"""
WIDE = 300  # pixels, where the picture is drawn


def test_the_answer_is_there_with_its_picture(visit):
    """Verdict, sentence, picture with a description, and the policy with its marks."""
    page = visit.page
    visit.expect("#p-verdict", "denied implicitly")
    assert "ReadReports" in page.inner_text("#p-sentence")
    assert page.get_attribute("#p-picture", "alt").startswith("denied implicitly: ")
    for _ in range(100):  # `wait_for_function` evaluates text, which the page's policy forbids
        if page.evaluate("document.getElementById('p-picture').naturalWidth") > WIDE:
            break
        page.wait_for_timeout(100)
    assert page.evaluate("document.getElementById('p-picture').naturalWidth") > WIDE
    assert page.locator("#p-details mark.no").first.is_visible()


def test_typing_changes_the_answer_and_asks_nobody(visit):
    """Each change is answered; once the page is loaded no request leaves it, even to its host."""
    visit.requests.clear()
    visit.page.fill("#p-context", "aws:SourceVpc = vpc-0a1b2c3d4e5f60718")
    visit.expect("#p-verdict", "allowed")
    visit.page.fill("#p-action", "s3:PutObject")
    visit.expect("#p-verdict", "denied implicitly")
    type_over(visit, '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    visit.expect("#p-verdict", "allowed")
    assert [
        request for request in visit.requests if not request.startswith(("blob:", "data:"))
    ] == []


def test_faults_are_underlined_and_told(visit):
    """A wrong action gets its squiggle and its message; a text that is no JSON is no answer, and
    the last one is grey."""
    page = visit.page
    type_over(visit, '{"Statement": {"Effect": "Allow", "Action": "s3:Gett", "Resource": "*"}}')
    mark = page.locator("#p-policies .cm-lintRange-error")
    mark.first.wait_for(timeout=ANSWERED)
    mark.first.hover()
    visit.expect("#p-policies .cm-diagnostic", "INVALID_ACTION")
    type_over(visit, '{"Statement": [')
    visit.expect("#p-verdict", "not answered")
    visit.expect("#p-sentence", "identity-based policy (1), line 1")
    assert "stale" in page.get_attribute("#p-details", "class")


def test_actions_and_keys_are_proposed(visit):
    """Typing in an Action lists the actions of the reference, which Enter takes over."""
    page = visit.page
    type_over(visit, '{"Statement": {"Effect": "Allow", "Resource": "*", "Action": ""}}')
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("s3:PutObjectRet")
    option = page.locator(".cm-tooltip-autocomplete li", has_text="s3:PutObjectRetention")
    option.wait_for(timeout=ANSWERED)
    page.wait_for_timeout(300)  # a list that just opened takes no key, so that nothing slips in
    page.keyboard.press("Enter")
    visit.expect("#p-policies .cm-content", "s3:PutObjectRetention")
    page.focus("#p-action")
    page.fill("#p-action", "s3:")
    page.locator('#p-actions option[value="s3:GetObject"]').wait_for(
        state="attached", timeout=ANSWERED
    )


def test_an_edit_is_applied(visit):
    """What would change the answer is listed; one press makes the change, and it does."""
    page = visit.page
    page.click("#p-edits")
    page.get_by_role("button", name="Apply this edit").first.wait_for(timeout=ANSWERED)
    page.get_by_role("button", name="Apply this edit").first.click()
    visit.expect("#p-verdict", "allowed")
    assert "vpc-0a1b2c3d4e5f60718" in page.input_value("#p-context")


def test_a_change_is_held_against_before(visit):
    """What was kept stays in view, with what differs; a policy that is off does not count."""
    page = visit.page
    visit.example(1)
    page.click("#p-keep")
    type_over(visit, '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    visit.expect("#p-compared", "from denied explicitly to allowed")
    page.get_by_label("counts").uncheck()
    visit.expect("#p-verdict", "denied implicitly")
    page.get_by_role("button", name="Forget").click()
    page.locator("#p-compared").wait_for(state="hidden", timeout=ANSWERED)


def test_policies_are_added_and_removed(visit):
    """A policy of another layer limits; without it the answer is as before."""
    page = visit.page
    page.fill("#p-context", "aws:SourceVpc = vpc-0a1b2c3d4e5f60718")
    visit.expect("#p-verdict", "allowed")
    page.select_option("#p-new-layer", "boundary")
    page.click("#p-add")
    visit.expect("#p-verdict", "allowed")
    type_over(visit, '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}', 1)
    visit.expect("#p-verdict", "denied explicitly")
    page.get_by_role("button", name="Remove").last.click()
    visit.expect("#p-verdict", "allowed")


def test_two_policies_are_compared(visit):
    """The check finds the request that the new policy adds, and explains it; the same policy twice
    passes."""
    page = visit.page
    page.select_option("#p-examples", label="Compare: a wildcard too many")
    visit.expect("#p-proof", "FAIL")
    page.click("#p-witness")
    visit.expect("#p-verdict", "allowed")
    assert page.input_value("#p-action").startswith("s3:")
    page.click("#p-tab-compare")
    text = '{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'
    type_over(visit, text, within="#p-existing")
    type_over(visit, text, within="#p-new")
    visit.expect("#p-proof", "PASS")


def test_a_world_is_dropped_and_asked(visit):
    """A world file that is chosen, then every question; what can't be read is told."""
    page = visit.page
    page.click("#p-tab-world")
    page.set_input_files(
        "#p-files",
        [HARBOR / "world.yaml"],
    )
    visit.expect("#p-world-details", "unknown")  # the files that it names are not there
    page.click("#p-sample")
    visit.expect("#p-dropped", "accounts: 2")
    page.click("[data-ask=who-can]")
    visit.expect("#p-world-details", "role/deploy")
    page.click("[data-ask=findings]")
    visit.expect("#p-world-verdict", "nothing to look at")
    page.click("[data-ask=paths]")
    visit.expect("#p-world-summary", "administrator")
    page.click("#p-sample-plan")
    visit.expect("#p-world-verdict", "access opens")


SNAPSHOT = ROOT / "tests" / "data" / "imports" / "config" / "config-snapshot.json"
TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Resources": {
        "Reader": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "reader",
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Principal": {"Service": "ec2.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    },
                },
            },
        }
    },
}


def test_a_template_and_aws_config_are_dropped_and_what_cannot_be_read_leaves_no_world(visit):
    """A template and a snapshot of AWS Config by the mouse; a file after them that can't be read
    takes the world away, so that no answer is about what was there before."""
    page = visit.page
    page.click("#p-tab-world")
    drop = """([name, text]) => {
      const files = new DataTransfer();
      files.items.add(new File([text], name));
      const dropped = new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true});
      document.getElementById("p-drop").dispatchEvent(dropped);
    }"""
    page.evaluate(drop, ["template.json", json.dumps(TEMPLATE)])
    visit.expect("#p-dropped", "accounts: 1")
    page.evaluate(drop, ["config-snapshot.json", SNAPSHOT.read_text()])
    visit.expect("#p-world-details", "222222222222")
    page.evaluate(drop, ["notes.json", "{"])
    visit.rest()
    visit.expect("#p-world-verdict", "not answered")
    assert page.text_content("#p-dropped") == ""
    assert not page.is_visible("#p-world-asks")


def test_a_lesson_answers_a_wrong_choice(visit):
    """A wrong choice gets a reason, the right one the explanation; what was done is kept."""
    page = visit.page
    page.click("#p-tab-learn")
    page.get_by_role("button", name="1. Nothing is allowed until something allows it").click()
    page.get_by_label("Decision").select_option(label="allowed")
    page.get_by_role("button", name="Check").click()
    visit.expect("#p-lesson .reply", "Not so.")
    page.get_by_label("Decision").select_option(label="denied implicitly")
    page.get_by_label("The layer that decides").select_option(label="identity-based policy")
    page.get_by_role("button", name="Check").click()
    visit.expect("#p-lesson .reply", "Right: denied implicitly")
    picture = page.locator("#p-lesson img")
    assert picture.evaluate("(one) => one.decode().then(() => one.width >= one.naturalWidth)")
    page.get_by_role("button", name="Next question").click()
    visit.expect("#p-lesson", "Variation 1")
    with page.expect_download() as started:
        page.get_by_role("button", name="Slides").click()
    assert started.value.suggested_filename.endswith("-slides.md")
    with page.expect_download() as started:
        page.get_by_role("button", name="Results as CSV").click()
    assert started.value.suggested_filename == "results.csv"


def test_an_exercise_is_graded(visit):
    """The start of an exercise does not pass; its solution does."""
    page = visit.page
    page.click("#p-tab-learn")
    page.get_by_role("button", name="1. One folder, and nothing else").click()
    page.locator("#exercise-world").wait_for(timeout=ANSWERED)
    page.get_by_role("button", name="Check").click()
    visit.expect("#p-lesson .badge.no", "failed")
    page.get_by_role("button", name="Hint").click()
    visit.expect("#p-lesson .reply", "ARN")
    statements = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::shipyard-plans/hull-7/*",
        },
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::shipyard-plans"},
    ]
    type_over(
        visit, json.dumps({"Version": "2012-10-17", "Statement": statements}), within="#p-lesson"
    )
    page.get_by_role("button", name="Check").click()
    visit.expect("#p-lesson .badge.yes", "passed")


def test_a_link_holds_the_page(visit, browser, site):
    """The link that is shared opens the same page elsewhere, all of it behind the `#`."""
    page = visit.page
    page.fill("#p-action", "s3:ListBucket")
    page.fill("#p-resource", "arn:aws:s3:::harbor-reports")
    page.click("#p-share")
    visit.expect("#p-dialog-text", "#s=")
    link = page.inner_text("#p-dialog-text").strip()
    assert link.startswith(f"{site}#s=")
    assert str(len(link)) in page.inner_text("#p-dialog-about")
    page.click("#p-close")
    other = Visit(browser, site, link.removeprefix(site))
    assert other.page.input_value("#p-resource") == "arn:aws:s3:::harbor-reports"
    assert other.page.inner_text("#p-policies .cm-content") == editor(visit).inner_text()
    assert all("#" not in request and "s=" not in request for request in other.requests[1:])
    # A lesson is a part of the page.
    page.click("#p-tab-learn")
    page.get_by_role("button", name="33. ").click()
    page.get_by_role("button", name="Check").wait_for(timeout=ANSWERED)
    page.click("#p-share")
    visit.expect("#p-dialog-text", "#s=")
    lesson = page.inner_text("#p-dialog-text").strip().removeprefix(site)
    page.click("#p-close")
    other.page.evaluate("(one) => { window.location.hash = one; }", lesson)
    other.expect("#p-lesson h2, #p-lesson h3", "33. ")
    # Links of somebody else's making: damaged, unfolding without end, with other types inside.
    read = "import('./share.js').then((one) => one.stateOfAddress()).catch(() => 'refused')"
    for fragment in ("#s=!!!", "#s=AAAA", "#s=" + "A" * 5000):
        other.page.evaluate("(one) => history.replaceState(null, '', one)", fragment)
        assert other.page.evaluate(read) == "refused"
    other.page.evaluate("window.location.hash = '#%%%'")  # no text in percent encoding either
    assert not any("malformed" in entry for entry in other.trouble)
    other.page.reload()
    other.page.wait_for_selector("html[data-answered]", timeout=LOADED)
    other.expect("#p-verdict", "denied")
    other.context.close()


class Missing(dict):
    """Files of which one isn't there the first times it is asked for."""

    def __init__(self, files, name, times):
        super().__init__(files)
        self.name = name
        self.left = times

    def get(self, name, default=None):
        """As a mapping does, but for that one."""
        if name == self.name and self.left:
            self.left -= 1
            return default
        return super().get(name, default)


def test_a_download_that_fails_is_tried_again(browser):
    """Three times at once, and again when the tab is opened again."""
    files = Missing(playground_files(BUILT / "vendor"), "packages/corpus.zip", 3 + 2)
    server = FileServer(files)
    Thread(target=server.run, daemon=True).start()
    visit = Visit(browser, server.address)
    visit.page.click("#p-tab-learn")
    visit.expect("#p-lesson", "packages/corpus.zip: 404")
    assert files.left == 2
    visit.page.click("#p-tab-explain")
    visit.page.click("#p-tab-learn")
    visit.expect("#p-lessons", "33. ")
    assert files.left == 0
    visit.context.close()
    server.stop()


def test_a_question_is_taken_away(visit):
    """Scenario, test and command, to copy or as a file."""
    page = visit.page
    page.click("#p-export")
    visit.expect("#p-dialog-text", "action: s3:GetObject")
    page.select_option("#p-form", "test")
    visit.expect("#p-dialog-text", "expect: implicitDeny")
    with page.expect_download() as started:
        page.click("#p-download")
    assert started.value.suggested_filename == "question.iamtest.yaml"
    page.select_option("#p-form", "command")
    visit.expect("#p-dialog-text", "iamsim explain")
    page.keyboard.press("Escape")
    assert not page.locator("#p-dialog").is_visible()


def test_names_never_become_markup(visit):
    """Scripts and images in names, Sids and values are shown as what they are."""
    evil = "<img src=x onerror=alert(1)><script>document.title='owned'</script>"
    policy = {
        "Sid": evil,
        "Effect": "Allow",
        "Action": "s3:Get*",
        "Resource": f"arn:aws:s3:::{evil}",
    }
    type_over(visit, json.dumps({"Statement": [policy]}))
    visit.page.fill("#p-resource", f"arn:aws:s3:::{evil}")
    visit.page.fill("#p-principal", f"arn:aws:iam::111122223333:role/{evil}")
    visit.page.fill("#p-context", f"aws:PrincipalTag/{evil} = {evil}")
    visit.page.wait_for_timeout(500)
    page = visit.page
    visit.expect("#p-details, #p-sentence", "<img")
    assert page.locator("#p-details img, #p-details script, #p-sentence img").count() == 0
    assert page.title() == "iamsim playground"
    assert page.locator("script").count() == 3


def test_the_page_speaks_japanese(visit):
    """Words of the page and of the answer are Japanese, and what is typed stays."""
    page = visit.page
    page.select_option("#p-language", "ja")
    page.get_by_role("tab", name="説明").wait_for(timeout=ANSWERED)
    assert page.get_attribute("html", "lang") == "ja"
    assert page.input_value("#p-action") == "s3:GetObject"
    assert page.get_by_label("アクション", exact=True).is_visible()
    visit.expect("#p-verdict", "暗黙的な拒否")
    visit.expect("#p-sentence", "許可していません")
    assert page.get_attribute("#p-picture", "alt").startswith("暗黙的な拒否: ")
    visit.expect("#p-details", "AWS が評価する順序")
    page.get_by_role("tab", name="比較").click()
    visit.expect("#p-proof-text", "アクセス")
    page.get_by_role("tab", name="環境").click()
    page.click("#p-sample")
    visit.expect("#p-world-details", "ロール")
    page.get_by_role("tab", name="学習").click()
    visit.expect("#p-learn", "レッスンと演習は日本語です")
    page.locator("#p-lessons button", has_text="一つのフォルダーだけ").click()
    visit.expect("#p-lesson .summary", "ほかには何もできない")
    assert page.locator("#p-lesson thead th").first.inner_text() == "ケース"
    page.select_option("#p-language", "en")
    visit.expect("#p-lesson .summary", "can do nothing else")
    page.get_by_role("tab", name="World").click()
    visit.expect("#p-world-details", "roles")
    page.get_by_role("tab", name="Explain").click()
    visit.expect("#p-verdict", "denied implicitly")


def test_the_keyboard_is_enough(visit):
    """Arrows go from tab to tab; Tab leaves an editor; everything shows that it has the focus."""
    page = visit.page
    page.focus("#p-tab-explain")
    for name in (*TABS[1:], TABS[0]):
        page.keyboard.press("ArrowRight")
        assert page.get_attribute(f"#p-tab-{name}", "aria-selected") == "true"
        assert page.locator(f"#p-{name}").is_visible()
        assert page.evaluate("document.activeElement.id") == f"p-tab-{name}"
    visit.rest()
    editor(visit).click()
    focused = []
    while not focused or (focused[-1]["name"] != "BODY" and len(focused) < MOST_STOPS):
        page.keyboard.press("Tab")
        focused.append(page.evaluate(FOCUSED))
    shown = focused[:-1]
    assert [stop["id"] for stop in shown[: len(CONTROLS)]] == CONTROLS
    assert shown[-1]["text"] == "Licenses", focused  # the last of the page: none was lost between
    assert [stop for stop in shown if stop["outline"] == "none"] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_fits_and_is_accessible(visit, width, scheme):
    """In three sizes and both color schemes: no wider than the window, no finding of axe
    (https://github.com/dequelabs/axe-core), and each text with contrast enough."""
    page = visit.page
    page.select_option("#p-theme", scheme)
    page.set_viewport_size({"width": width, "height": 900})
    for tab in TABS:
        page.click(f"#p-tab-{tab}")
        if tab == "world":
            page.click("#p-sample")
            visit.expect("#p-dropped", "accounts: 2")
        if tab == "learn":
            page.get_by_role("button", name="3. ").first.click()
            page.get_by_role("button", name="Check").wait_for(timeout=ANSWERED)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        told = [
            (entry["id"], [node["html"][:200] for node in entry["nodes"]][:3]) for entry in found
        ]
        assert told == [], (tab, width, scheme)
        low = [entry for entry in page.evaluate(CONTRASTS) if entry["ratio"] < 4.5]
        assert low == [], (tab, width, scheme)
    page.select_option("#p-theme", "auto")


def sans_serif():
    """The font that this machine shows where a page asks for one without serifs."""
    asked = shutil.which("fc-match")
    if asked is None:
        return "unknown"
    found = subprocess.run(
        [asked, "-f", "%{family}", "sans-serif"], check=False, capture_output=True
    )
    return found.stdout.decode()


def settled(visit):
    """A picture of the page once every question is answered (each width of the window is another
    one) and it changes no more."""
    shown, alike = b"", 0
    for _ in range(60):
        visit.rest()
        visit.page.evaluate("scrollTo(0, 0)")
        earlier, shown = shown, visit.page.screenshot(animations="disabled")
        alike = alike + 1 if shown == earlier else 0
        if alike == STILL:
            break
        visit.page.wait_for_timeout(1000)
    return shown


@pytest.mark.skipif(sans_serif() != FONT, reason=f"the golden pictures are written in {FONT}")
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_looks_as_it_did(browser, site, width, request):
    """A golden picture in each of three sizes: few dots may differ from it (`--update` takes it
    anew; look at it). The page is a new one: what is kept "as before" stays in view."""
    visit = Visit(browser, site)
    page = visit.page
    page.select_option("#p-theme", "light")
    page.set_viewport_size({"width": width, "height": 900})
    visit.example(1)
    shown = settled(visit)
    page.select_option("#p-theme", "dark")
    dark = settled(visit)
    file = GOLDEN / f"explain-{width}.png"
    if request.config.getoption("--update"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_bytes(shown)
    other = page.context.browser.new_page()  # which may read pictures of any origin
    kept, seen, night = (b64encode(entry).decode() for entry in (file.read_bytes(), shown, dark))
    assert other.evaluate(DIFFERENT, [kept, seen]) <= TOLERATED
    assert other.evaluate(DIFFERENT, [kept, night]) > TOLERATED
    visit.context.close()


def test_a_phone_sees_the_verdict_while_it_types(visit):
    """Below the fold of a narrow page a strip says the verdict, and leads to the answer."""
    page = visit.page
    page.set_viewport_size({"width": 390, "height": 800})
    strip = page.locator("#p-strip")
    assert strip.is_visible()
    assert "denied implicitly" in strip.inner_text()
    strip.click()
    box = page.locator("#p-answer-title").bounding_box()
    assert 0 <= box["y"] < 800
    picture = page.locator("#p-picture").bounding_box()
    assert picture["width"] <= 390


def test_it_works_without_a_network_after_the_first_visit(browser, site):
    """The service worker keeps what the page is made of."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site)
    page.wait_for_selector("html[data-answered]", timeout=LOADED)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-answered]", timeout=LOADED)
    assert page.inner_text("#p-verdict") == "denied implicitly"
    context.close()


def test_what_slips_in_is_refused(browser, site):
    """Even if markup came through, the page's own rule keeps it from running and loading."""
    visit = Visit(browser, site)
    visit.page.evaluate(
        "() => { const one = document.createElement('script');"
        " one.textContent = 'document.title=1'; document.body.append(one);"
        " const two = document.createElement('img');"
        " two.src = 'https://example.com/x.png'; document.body.append(two); }"
    )
    refused = visit.page.evaluate("fetch('https://example.com/').catch((one) => 'refused')")
    assert refused == "refused"
    assert visit.page.title() == "iamsim playground"
    assert visit.foreign == []
    assert any("Content Security Policy" in entry for entry in visit.trouble)
    visit.context.close()


def test_packages_are_built_of_what_is_pinned(site):
    """The builder's parts are those that the lock names; the archives hold no foreign code."""
    assert site
    files = playground_files(BUILT / "vendor")
    later = ("corpus.zip", "more.zip", "licenses/")
    sent = sum(
        len(content if name.endswith(".zip") else packed(content))
        for name, content in files.items()
        if not any(part in name for part in later)
    )
    assert sent < 10_000_000  # bytes that the first answer takes, as they are sent
    spec = spec_from_file_location("build_playground", BUILDER)
    builder = module_from_spec(spec)
    spec.loader.exec_module(builder)
    notice = (BUILT / "vendor" / "licenses" / "NOTICE.txt").read_text("utf-8")
    lock = json.loads((builder.PINS / "package-lock.json").read_text("utf-8"))["packages"]
    for name, value in lock.items():
        plain = name.removeprefix("node_modules/")
        if plain and plain not in builder.NOT_SHOWN - {"pyodide"}:
            assert f"{plain} {value['version']}: {value['license']}" in notice
    for line in (builder.PINS / "requirements.txt").read_text("utf-8").splitlines():
        if "==" in line:
            name, _, version = line.split()[0].partition("==")
            assert f"{name.replace('-', '_')} {version}: " in notice
