"""Lessons: all of the course hold, and what they are shown as, predicted, kept and edited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamsim.cli.learn import COMMAND
from iamsim.cli.learn_edit import before_and_after
from iamsim.cli.options import parse_options
from iamsim.core.decision import Layer, Verdict
from iamsim.core.errors import PolicyError, RequestError, WorldError
from iamsim.lessons.blocks import Code, Prose, introduction, sheet, step_blocks
from iamsim.lessons.course import all_lessons, find_lessons, lesson_files
from iamsim.lessons.data import lesson_data
from iamsim.lessons.editing import EditedCopy
from iamsim.lessons.html import blocks_html
from iamsim.lessons.lesson import load_lesson
from iamsim.lessons.markdown import blocks_markdown
from iamsim.lessons.prediction import LAYER_CHOICES, NoLayer, read_layer, read_verdict
from iamsim.lessons.progress import Progress, state_folder
from iamsim.lessons.shown import Shown, changed_lines, shown_parts
from iamsim.lessons.text import blocks_text
from iamsim.report.paint import Paint
from iamsim.world.documents import read_document

ROOT = Path(__file__).parent.parent.parent
LESSONS = all_lessons()
# What the course has to teach, in its order.
TOPICS = [
    "first steps",
    "explicit and implicit deny",
    "identity with resource policies",
    "same and cross-account",
    "what boundaries cap and what they don't",
    "delegation with boundaries",
    "session policies",
    "SCP inheritance and allow lists",
    "RCPs",
    "designing guardrails and testing them before roll-out",
    "NotAction, NotResource",
    "NotPrincipal",
    "condition operators",
    "absent keys and IfExists",
    "set operators",
    "variables",
    "ABAC with tags",
    "MFA traps",
    "KMS keys and grants",
    "role trust, external ids and confused deputies",
    "OIDC for CI and what a loose subject opens",
    "Roles Anywhere",
    "Identity Center permission sets",
    "root user and central root access",
    "VPC endpoints",
    "S3 public access",
    "PassRole",
    "service-linked roles and service principals",
    "forward access sessions",
    "from AWS managed policies to least privilege",
    "access keys and why not",
    "the IAM best practices, each as a question",
    "a data perimeter",
    "the timeline: changes from 2021 to 2025",
    "API calls",
]
SMALL = """title: A <small> lesson
see: ["https://docs.aws.amazon.com/IAM/latest/UserGuide/x.html"]
identity_policies:
- {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
requests:
- {name: one, principal: "arn:aws:iam::111122223333:user/ida", action: "s3:GetObject",
   resource: "arn:aws:s3:::b/<k>", expect: allowed}
- {name: two, principal: "arn:aws:iam::111122223333:user/ida", action: "s3:GetObject",
   resource: "arn:aws:s3:::b/k", identity_policies: [], expect: denied}
lesson:
  number: 1
  topic: tests
  text: Some *short* text with `<code>` & more.
  question: What now?
  hints: [think]
  learned: That.
  variations: [{request: two, change: Nothing is attached., learned: This.}]
"""


def small(tmp_path, old="", new=""):
    """A small lesson from a file, with a change."""
    assert old in SMALL
    file = tmp_path / "01-small.yaml"
    file.write_text(SMALL.replace(old, new) if old else SMALL, encoding="utf-8")
    return load_lesson(str(file))


def by_name(name):
    """A lesson of the course."""
    return find_lessons([name])[0]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_statement_of_a_lesson_about_an_outcome_holds(lesson):
    """The engine decides each request as its lesson says, also from the texts that are shown."""
    results = lesson.results()
    assert [result.failures for result in results if result.failures] == []
    for step in lesson.steps:
        outcome = lesson.outcome(step)
        assert outcome.verdict is results[step.index].verdict
        assert step.request.expect is not None
        # A denial by one layer says which, so that it can be asked for.
        several = outcome.verdict is Verdict.ALLOWED or step.request.expect == "denied"
        assert several or outcome.layer is not None


PAGES_OF_AWS = ("https://docs.aws.amazon.com/", "https://aws.amazon.com/blogs/")


def test_the_dates_of_the_timeline_have_a_source():
    """Each lesson of the timeline has a date with its source; one that rests on the project's
    document alone says so."""
    known = read_document(ROOT / "tests/data/timeline.yaml").data
    lessons = {entry.name: entry for entry in LESSONS if entry.topic.startswith("the timeline")}
    assert set(known) == set(lessons)
    for name, value in known.items():
        lesson = lessons[name]
        assert str(value["date"]).startswith(lesson.title[:7]), name
        assert bool(value.get("aws")) != bool(value.get("document"))
        says = any("month is that of the document" in step.learned for step in lesson.steps)
        assert says is ("document" in value), name


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_is_complete(lesson):
    """A lesson cites AWS, has hints and two variations, uses every request, and is short."""
    assert lesson.see
    assert all(page.startswith(PAGES_OF_AWS) for page in lesson.see)
    assert lesson.steps[0].hints
    assert len(lesson.steps) > 2
    asked = {step.name for step in lesson.steps}
    assert asked == {request.name for request in lesson.scenario.requests}
    assert len(lesson.text) < 700
    assert all(len(step.learned) < 500 for step in lesson.steps)


def test_the_course_is_in_order_and_leaves_nothing_out():
    """Numbers are those of the files, and topics come in their order, each at least once."""
    assert [lesson.number for lesson in LESSONS] == list(range(1, len(LESSONS) + 1))
    assert [int(Path(file).name[:2]) for file in lesson_files()] == [
        entry.number for entry in LESSONS
    ]
    assert len(LESSONS) >= 30
    assert list(dict.fromkeys(lesson.topic for lesson in LESSONS)) == TOPICS
    verdicts = [lesson.outcome(lesson.steps[0]).verdict for lesson in LESSONS]
    assert {*verdicts} == {Verdict.ALLOWED, Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["3"], [3]),
        (["mfa-traps"], [25]),
        (["MFA-Traps"], [25]),
        (["2-4", "3", "1"], [2, 3, 4, 1]),
        (["all"], [lesson.number for lesson in LESSONS]),
    ],
)
def test_lessons_are_found(words, numbers):
    """By number, name, range, or all; each once."""
    assert [lesson.number for lesson in find_lessons(words)] == numbers


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("mfa-trap", "did you mean `mfa-traps`?"),
        ("0", "the lessons are numbered from 1 to 59"),
        ("5-2", "the lessons are numbered from 1 to 59"),
        ("40-99", "the lessons are numbered from 1 to 59"),
        ("1-x", "`iamsim learn` lists them"),
        ("", "`iamsim learn` lists them"),
    ],
)
def test_what_names_no_lesson_is_refused(word, hint):
    """With the closest name, or what there is."""
    with pytest.raises(RequestError) as caught:
        find_lessons([word])
    assert (caught.value.code, caught.value.hint) == ("unknown-lesson", hint)


def test_an_own_lesson_is_a_scenario_file(tmp_path):
    """A file is a lesson when it has the block, wherever it stands."""
    lesson = small(tmp_path)
    assert (lesson.number, lesson.name, lesson.title) == (1, "small", "A <small> lesson")
    assert find_lessons([str(tmp_path / "01-small.yaml")])[0].name == "small"
    other = tmp_path / "mine.yaml"
    other.write_text(SMALL, encoding="utf-8")
    assert load_lesson(str(other)).name == "mine"


@pytest.mark.parametrize(
    ("old", "new", "code", "hint"),
    [
        ("request: two", "request: twoo", "unknown-request", "did you mean `two`?"),
        ("hints: [think]", "hint: [think]", "unknown-key", "did you mean `hints`?"),
        ("learned: This.", "learnt: This.", "unknown-key", "did you mean `learned`?"),
        ("  topic: tests\n", "", "missing-key", None),
        ("hints: [think]", "hints: []", "empty-list", None),
        ("number: 1", "number: x", "wrong-type", None),
        (SMALL[SMALL.index("lesson:") :], "", "not-a-lesson", None),
    ],
)
def test_a_wrong_lesson_is_an_error_with_its_place(tmp_path, old, new, code, hint):
    """What does not fit the format is named, with file and line."""
    with pytest.raises(WorldError) as caught:
        small(tmp_path, old, new)
    assert caught.value.code == code
    assert caught.value.span is not None
    assert caught.value.span.source.name == "01-small.yaml"
    if hint is not None:
        assert caught.value.hint == hint


def test_a_lesson_that_is_not_true_is_not_taught(tmp_path):
    """The engine is asked whenever an answer is shown."""
    lesson = small(tmp_path, "expect: allowed", "expect: denied")
    with pytest.raises(WorldError) as caught:
        lesson.outcome(lesson.steps[0])
    assert caught.value.code == "lesson-not-true"
    assert "expected denied, got allowed" in caught.value.message


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("a", Verdict.ALLOWED),
        (" Allowed ", Verdict.ALLOWED),
        ("E", Verdict.EXPLICIT_DENY),
        ("explicit deny", Verdict.EXPLICIT_DENY),
        ("explicit-denied", Verdict.EXPLICIT_DENY),
        ("implicitDeny", Verdict.IMPLICIT_DENY),
        ("i", Verdict.IMPLICIT_DENY),
        ("deny", None),
        ("", None),
    ],
)
def test_verdicts_are_read(text, verdict):
    """By letter or word; what is neither is asked for again."""
    assert read_verdict(text) is verdict


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("1", Layer.IDENTITY_BASED_POLICY),
        ("8", Layer.S3_BLOCK_PUBLIC_ACCESS),
        ("scp", Layer.SERVICE_CONTROL_POLICY),
        ("Trust", Layer.RESOURCE_BASED_POLICY),
        ("session", Layer.SESSION_POLICY),
        ("permissions boundary", Layer.PERMISSIONS_BOUNDARY),
        ("res", None),
        ("s", None),
        ("0", None),
        ("9", NoLayer.NONE),
        ("none of these", NoLayer.NONE),
        ("none", NoLayer.NONE),
        ("10", None),
        ("", None),
        ("x", None),
    ],
)
def test_layers_are_read(text, layer):
    """By number, short name, or the start of a name that is only one's."""
    assert read_layer(text) is layer


def test_every_layer_can_be_chosen():
    """The choices leave no layer out, and the last is that no policy decides."""
    assert set(LAYER_CHOICES) == {*Layer, NoLayer.NONE}


def test_progress_is_kept(tmp_path):
    """The first answer to a question counts, and what was answered is there the next time."""
    lesson = small(tmp_path)
    folder = tmp_path / "a" / "b"
    progress = Progress(folder)
    assert progress.standing(lesson).word == "new"
    assert progress.note(lesson, "one", right=False)
    assert progress.note(lesson, "one", right=True)
    standing = Progress(folder).standing(lesson)
    assert (standing.word, standing.answered, standing.right) == ("begun", 1, 0)
    assert progress.note(lesson, "two", right=True)
    assert progress.note(lesson, "a question of an older release", right=True)
    standing = Progress(folder).standing(lesson)
    assert (standing.word, standing.questions, standing.right) == ("done", 2, 1)
    assert sorted(path.name for path in folder.iterdir()) == ["lessons.json"]
    assert progress.forget()
    assert Progress(folder).standing(lesson).word == "new"


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "[" * 100_000, '{"lessons": 3}', '{"lessons": {"small": [true]}}',
             '{"lessons": {"small": {"one": "yes"}}}', "\ud800".encode("utf-8", "surrogatepass")]
)  # fmt: skip
def test_a_broken_progress_file_is_as_good_as_none(tmp_path, text):
    """Whatever stands there, lessons work."""
    lesson = small(tmp_path)
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "lessons.json").write_bytes(data)
    assert Progress(tmp_path).standing(lesson).word == "new"


def test_a_folder_that_can_not_be_written_is_said(tmp_path):
    """Nothing is kept, nothing breaks."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    lesson = small(tmp_path)
    for folder in (tmp_path / "file" / "below", None):
        progress = Progress(folder)
        assert not progress.note(lesson, "one", right=True)
        assert progress.standing(lesson).answered == 1


def test_the_state_folder_follows_the_environment(monkeypatch):
    """The own variable, the shared one when it is absolute, else the home folder."""
    monkeypatch.setenv("IAMSIM_STATE", "/own")
    assert state_folder() == Path("/own")
    monkeypatch.delenv("IAMSIM_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", "/shared")
    assert state_folder() == Path("/shared/iamsim")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/ida")
    assert state_folder() == Path("/home/ida/.local/state/iamsim")

    def no_home():
        raise RuntimeError

    monkeypatch.setattr(Path, "home", no_home)
    assert state_folder() is None


def test_quotes_come_from_the_texts_that_are_shown():
    """The explanation names the policy by the name under which one read it, and its line."""
    lesson = by_name("explicit-deny")
    parts = shown_parts(lesson, lesson.steps[0])
    [span] = [
        decider.statement.span
        for answer in lesson.outcome(lesson.steps[0]).answers
        for decider in answer.explanation.decided_by
        if decider.statement is not None
    ]
    assert span.source.name == "identity-policies-2.json"
    assert (parts[1].title, parts[1].text) == (
        "identity-based policy (identity-policies-2.json)",
        span.source.text,
    )
    world = by_name("scp-allow-lists")
    [part] = shown_parts(world, world.steps[0])
    assert part.language == "yaml"
    answer = world.outcome(world.steps[1]).answers[0]
    [decider] = answer.explanation.decided_by
    assert decider.statement is not None
    assert decider.statement.span.source.name == "world.yaml"
    assert decider.statement.span.source.text == f"{part.text}\n"


def test_a_variation_shows_what_changed():
    """New policies are shown in full, changed ones by their lines, gone ones by name."""
    before = [Shown("a", "1\n2"), Shown("b", "x"), Shown("c", "y")]
    after = [Shown("a", "1\n3"), Shown("c", "y"), Shown("d", "z")]
    assert changed_lines(before, after) == [
        Shown("changed: a", " 1\n-2\n+3", "diff"),
        Shown("taken away: b", "(gone)", "text"),
        Shown("new: d", "z"),
    ]
    long = "\n".join(map(str, range(20)))
    [change] = changed_lines([Shown("a", long)], [Shown("a", f"{long}\n20")])
    assert change.text == "...\n 17\n 18\n 19\n+20"


def test_shown_parts_of_every_kind():
    """Session policies, empty lists, names of managed policies and settings are shown."""
    titles = {
        lesson.name: [part.title for step in lesson.steps for part in shown_parts(lesson, step)]
        for lesson in LESSONS
    }
    assert "session policy (session-policies-1.json)" in titles["session-policies"]
    assert "service control policy, level 2 (scps-2-1.json)" in titles["scp-inheritance"]
    assert "role trust policy (resource-policy.json)" in titles["role-trust"]
    assert "key policy (resource-policy.json)" in titles["kms-keys"]
    assert "VPC endpoint policy (vpce-policies-1.json)" in titles["vpc-endpoints"]
    assert "S3 Block Public Access" in titles["s3-public-access"]
    empty = by_name("either-policy-is-enough")
    assert shown_parts(empty, empty.steps[0])[0].text == "(none attached)"
    managed = by_name("least-privilege")
    assert shown_parts(managed, managed.steps[0])[0].text.startswith("arn:aws:iam::aws:policy")


def test_printed_questions_tell_no_answers():
    """Every step has the same boxes, and what was learned stands among the answers only."""
    for lesson in LESSONS:
        blocks = list(sheet([lesson], questions=True, answers=False))
        texts = [block.text for block in blocks if isinstance(block, Prose)]
        assert sum(text.startswith("The layer that decides") for text in texts) == len(lesson.steps)
        assert not {step.learned for step in lesson.steps} & set(texts)


def test_html_is_escaped_and_needs_nothing_else(tmp_path):
    """What a file says stays text; there is no script, and no address is fetched."""
    page = blocks_html(sheet([small(tmp_path)], questions=True, answers=True), "A <title>")
    assert "<small>" not in page
    assert "A &lt;small&gt; lesson" in page
    assert "<title>A &lt;title&gt; · iamsim</title>" in page
    assert "Some <em>short</em> text with <code>&lt;code&gt;</code> &amp; more." in page
    assert "<script" not in page
    assert 'src="http' not in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert page.count('<a href="https://docs.aws.amazon.com/') == 1


def test_markdown_and_text_have_questions_then_answers(tmp_path):
    """The answers stand behind a line."""
    lesson = small(tmp_path)
    markdown = blocks_markdown(sheet([lesson], questions=True, answers=True))
    questions, _, answers = markdown.partition("\n---\n")
    assert "**What now?**" in questions
    assert "**allowed**" not in questions
    assert "**allowed**" in answers
    text = blocks_text(sheet([lesson], questions=False, answers=True), Paint(), 100)
    assert text.startswith("Answers to 1. A <small> lesson\n")
    ascii_only = blocks_text(
        sheet([lesson], questions=False, answers=True), Paint(), 100, ascii_only=True
    )
    assert "  ● Explicit denies" in text
    assert ascii_only.isascii()


@pytest.mark.parametrize(
    "text",
    ["text: >\n    One\n    two.\n\n    Three.\n", "text: |\n    One\n    two.\n\n    Three.\n"],
)
def test_paragraphs_stay_apart(tmp_path, text):
    """However YAML writes them."""
    lesson = small(tmp_path, "text: Some *short* text with `<code>` & more.\n", text)
    blocks = [block.text for block in introduction(lesson) if isinstance(block, Prose)]
    assert blocks == ["tests", "One two.", "Three."]


def test_a_strangers_lesson_can_not_reach_the_terminal(tmp_path):
    """Control characters of a file do not come out, wherever they stand."""
    escape = r'"\e[31mred\u202e"'
    lesson = small(tmp_path, "learned: That.", f"learned: {escape}")
    for old in ("title: A <small> lesson", "topic: tests", "question: What now?"):
        lesson = small(tmp_path, old, f"{old.partition(':')[0]}: {escape}")
        text = blocks_text(sheet([lesson], questions=True, answers=True), Paint(), 100)
        assert "red" in text
        assert all(entry.isprintable() or entry == "\n" for entry in text)


def test_color_tells_changed_lines_apart():
    """In a terminal the old is red and the new is green."""
    lesson = by_name("if-exists")
    text = blocks_text(step_blocks(lesson, lesson.steps[1]), Paint(on=True), 100)
    assert "\x1b[31m-" in text
    assert "\x1b[32m+" in text
    blocks = list(step_blocks(lesson, lesson.steps[1]))
    assert [block.language for block in blocks if isinstance(block, Code)] == ["diff"]


def test_edits_are_asked_on_a_copy(tmp_path):
    """A changed policy changes the answer, and the lesson stays as it is."""
    lesson = by_name("explicit-deny")
    step = lesson.steps[0]
    copy = EditedCopy(lesson, step, tmp_path)
    assert [file.name for file in copy.files] == [
        "identity-policies-1.json",
        "identity-policies-2.json",
    ]
    before = lesson.outcome(step)
    assert copy.outcome().verdict is before.verdict
    same = before_and_after(step, before, copy.outcome())[0]
    assert same == Prose("as before: denied explicitly, by the identity-based policy")
    file = copy.files[1]
    file.write_text(file.read_text("utf-8").replace("Deny", "Allow"), encoding="utf-8")
    after = copy.outcome()
    assert (after.verdict, after.layer) == (Verdict.ALLOWED, None)
    change = before_and_after(step, before, after)[0]
    assert change == Prose("before: denied explicitly, by the identity-based policy; now: allowed")
    assert lesson.outcome(step).verdict is Verdict.EXPLICIT_DENY
    file.write_text("{", encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        copy.outcome()
    assert caught.value.span is not None
    assert caught.value.span.place.startswith("identity-policies-2.json:")


def test_a_world_is_edited_as_it_is_shown(tmp_path):
    """Of a lesson with a world, the world is the file; a broken one is an error with its place."""
    lesson = by_name("scp-allow-lists")
    copy = EditedCopy(lesson, lesson.steps[0], tmp_path)
    [file] = copy.files
    assert file.name == "world.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("[s3:*, kms:*]", "sqs:*"), encoding="utf-8")
    assert copy.outcome().verdict is Verdict.ALLOWED
    file.write_text(text.replace("accounts:\n", "acounts:\n", 1), encoding="utf-8")
    with pytest.raises(WorldError) as caught:
        copy.outcome()
    assert caught.value.span is not None
    assert caught.value.span.source.name == "world.yaml"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_step_can_be_edited(lesson, tmp_path):
    """A copy on which nothing was edited gives the same answer."""
    for number, step in enumerate(lesson.steps):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert EditedCopy(lesson, step, folder).outcome().verdict is (lesson.outcome(step).verdict)


def test_data_has_answers_only_when_they_are_wanted(tmp_path):
    """The decision, its layer and what it shows."""
    lesson = small(tmp_path)
    data = json.loads(json.dumps(lesson_data(lesson, answers=True)))
    assert [step["decision"] for step in data["steps"]] == ["allowed", "implicitDeny"]
    asked = lesson_data(lesson, answers=False)["steps"]
    assert isinstance(asked, list)
    assert not {"decision", "because", "learned"} & set(asked[0])


def learn(*words):
    """Run the command in this process."""
    options, arguments = parse_options(COMMAND.options, words, command="learn")
    return COMMAND.run(options, arguments)


@pytest.mark.parametrize(
    ("words", "environment", "code"),
    [
        (["--edit", "1", "2"], {"EDITOR": "true"}, "one-lesson-at-a-time"),
        (["--edit", "1"], {}, "no-editor"),
        (["--edit", "1"], {"EDITOR": "false"}, "editor-failed"),
        (["--edit", "1"], {"EDITOR": "/no/such/editor"}, "editor-failed"),
        (["--edit", "1"], {"EDITOR": "an ' open quote"}, "editor-failed"),
        (["--reset", "1"], {}, "unexpected-argument"),
        (["--reset"], {"IAMSIM_STATE": "/dev/null/x"}, "state-not-writable"),
        (["--format", "html"], {}, "missing-argument"),
        (["--format", "markdown"], {}, "missing-argument"),
        (["--edit"], {}, "missing-argument"),
        (["--no-input"], {}, "missing-argument"),
    ],
)
def test_wrong_usage_is_refused(monkeypatch, tmp_path, words, environment, code):
    """With the reason, and what would be right."""
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"IAMSIM_STATE": str(tmp_path), **environment}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RequestError) as caught:
        learn(*words)
    assert caught.value.code == code


def test_the_command_lists_prints_and_forgets(monkeypatch, tmp_path, capsys):
    """Names when quiet, the next lesson, and a list that knows how far one is."""
    monkeypatch.setenv("IAMSIM_STATE", str(tmp_path))
    lesson = LESSONS[0]
    progress = Progress()
    for step in lesson.steps:
        progress.note(lesson, step.name, right=True)
    assert learn() == 0
    assert "  1  done   3/3  nothing-is-allowed" in capsys.readouterr().out
    assert learn("-q") == 0
    assert capsys.readouterr().out.splitlines() == [entry.name for entry in LESSONS]
    assert learn("next", "-q") == 0
    assert capsys.readouterr().out.startswith(f"{LESSONS[1].name}: ")
    assert learn("--reset") == 0
    assert learn("--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["lessons"][0]["progress"] == "new"


def test_an_editor_changes_the_answer(monkeypatch, tmp_path, capsys):
    """The editor gets the files of a copy, and the answer is asked for again."""
    monkeypatch.setenv("IAMSIM_STATE", str(tmp_path))
    monkeypatch.setenv("VISUAL", "sed -i.old s/Deny/Allow/")
    assert learn("--edit", "explicit-deny") == 0
    assert capsys.readouterr().out.startswith(
        "before: denied explicitly, by the identity-based policy; now: allowed\n"
    )


def test_lessons_are_completed():
    """A shell proposes names that start as what was typed."""
    assert COMMAND.completes is not None
    assert COMMAND.completes("kms") == ["kms-keys", "kms-grants"]
    assert COMMAND.completes("al") == ["allow-list", "all"]
