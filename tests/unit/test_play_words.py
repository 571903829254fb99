"""Every word that the playground says itself has a Japanese one; what has none is listed here."""

from __future__ import annotations

import json
import re
import tomllib
from html import unescape
from pathlib import Path

import pytest

from iamsim.checks.codes import CODES
from iamsim.core.reason import Note, Reason
from iamsim.lessons.blocks import introduction
from iamsim.lessons.course import all_exercises, all_lessons, corpus_folder
from iamsim.lessons.exam import LEFT_OUT
from iamsim.play.worker import MARKUP, SENTENCES, answer
from iamsim.questions.sentences import QUESTION_SENTENCES
from iamsim.report.hints import _SENTENCES
from iamsim.words import labels, sentences
from iamsim.words.language import coded, course_in_japanese, finding_words, in_japanese
from iamsim.words.markup import spoken_markup

EXAMPLES = json.loads(Path("iamsim/play/page/examples.json").read_text("utf-8"))
CODES_TABLE = tomllib.loads(Path("iamsim/words/ja_codes.toml").read_text("utf-8"))
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# Words in a row, or one word alone; names have capitals, digits, dots, colons or hyphens.
ENGLISH = re.compile(r"(?:^|[^\w.:/*-])[a-z]{2,} [a-z]{2,}(?![\w.:/*-])|^[A-Z]?[a-z]+$")
QUOTED = re.compile(r"<(pre|svg|blockquote)\b.*?</\1>|<(\w+)[^<>]* lang=.*?</\2>", re.DOTALL)
ATTRIBUTE = re.compile(r'\s(?:title|aria-label|alt|data-label)="([^"]*)"')
# Names that worlds and exercises of the corpus give: nobody's words.
NAMES = re.compile(r'class="name">[^<]*<|class="quiet">[\w./-]+<|<pre>.*?</pre>', re.DOTALL)
# Rooms that no answer of the page comes from.
ELSEWHERE = frozenset({"cli", "serve", "collect", "mcp", "lsp", "replay", "testing", "audit"})


def english_of(told):
    """The English that is left in an answer of the page."""
    left = []

    def look(text):
        bare = " ".join(re.sub(r"`[^`]*`", "`", unescape(text)).split())
        if ENGLISH.search(bare) and not JAPANESE.search(bare):
            left.append(bare)

    def walk(name, value):
        if isinstance(value, dict):
            for inner, member in value.items():
                walk(inner, member)
        elif isinstance(value, list):
            for entry in value:
                walk(name, entry)
        elif isinstance(value, str) and name in MARKUP:
            shown = NAMES.sub("<", QUOTED.sub("", value))
            shown = re.sub(r"<code[^<>]*>.*?</code>", "`_`", shown)
            for text in (*re.split(r"<[^<>]*>", shown), *ATTRIBUTE.findall(shown)):
                look(text)
        elif isinstance(value, str) and name in SENTENCES | {"message"}:
            look(value)

    walk("", told)
    return left


def ask(method, **given):
    """Ask as the page does when it is Japanese."""
    told = json.loads(answer(method, json.dumps({"language": "ja", **given})))
    assert "fault" not in told, told
    return told


@pytest.mark.parametrize("example", EXAMPLES, ids=[entry["title"]["en"] for entry in EXAMPLES])
def test_answers_are_japanese(example):
    """The explanation, what it is held against, what would change it, and what two policies
    differ in."""
    state = example["state"]
    told = []
    if "explain" in state:
        asked = state["explain"]
        told.append(ask("explain", **asked, width=700))
        told.append(ask("explain", **{**asked, "partial": True, "before": asked}))
        told.append(ask("edit", **asked))
    if "compare" in state:
        told.append(ask("compare", **state["compare"]))
    assert told
    assert english_of(told) == []


def test_a_world_answers_in_japanese():
    """All questions about the example."""
    told = [ask("drop", sample=True)]
    told += [ask("ask_world", ask=question) for question in ("show", "findings", "paths")]
    told.append(ask("ask_world", ask="who-can", action="s3:GetObject", resource="*"))
    told.append(ask("ask_world", ask="changes", sample=True))
    assert english_of(told) == []


def test_exercises_are_japanese():
    """Goal, text, hints and cases of each, and the grade of what nobody has written yet."""
    told = [ask("course")["exercises"]]
    for exercise in told[0]:
        shown = ask("exercise", name=exercise["name"])
        assert JAPANESE.search(shown["text"])
        assert all(JAPANESE.search(case["title"]) for case in shown["cases"])
        told += [shown, ask("grade", name=exercise["name"], files=shown["files"])]
    assert english_of(told) == []


def test_lessons_answer_in_japanese():
    """What is told, choices, why a choice is wrong, and the explanation."""
    told = []
    lessons = ask("course")["lessons"]
    for lesson in (*lessons[::5], lessons[-1]):
        name = lesson["name"]
        shown = ask("step", name=name, step=0)
        told.append(shown)
        assert 'lang="en"' not in shown["html"]
        for decision in shown["decisions"]:
            for layer in ({"id": ""}, *shown["layers"]):
                reply = ask(
                    "predict", name=name, step=0, decision=decision["id"], layer=layer["id"]
                )
                told.append({"reason": reply["reason"], "html": reply.get("html", "")})
    assert english_of(told) == []


def test_every_code_has_words():
    """Reasons, notes and findings, and the faults of all rooms from which the page has answers."""
    reasons = {*sentences.REASONS.values(), *labels.REASONS.values()}
    assert [entry for entry in reasons if not JAPANESE.search(in_japanese(entry))] == []
    assert set(CODES_TABLE["notes"]) == {note.value for note in sentences.NOTES}
    assert {*CODES_TABLE["notes"]} <= {note.value for note in Note}
    assert {*CODES_TABLE["reasons"]} <= {reason.value for reason in Reason}
    assert set(finding_words("ja")) == set(CODES)
    listed = re.findall(
        r"^## (.+)$", Path("docs/reference/errors.md").read_text("utf-8"), re.MULTILINE
    )
    used = {
        code
        for file in Path("iamsim").rglob("*.py")
        if file.parts[1] not in ELSEWHERE
        for code in re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', file.read_text("utf-8"))
    }
    assert sorted((used & set(listed)) - set(CODES_TABLE["errors"])) == []
    assert set(CODES_TABLE["errors"]) - set(listed) == {"internal-error"}
    assert [said for table in CODES_TABLE.values() for said in table.values() if not said] == []


def test_hints_have_words():
    """What is wrong with a question, and what the service reference adds."""
    for sentence in (*QUESTION_SENTENCES.values(), *_SENTENCES.values()):
        text = sentence.format(
            subject="`s3:A`",
            action="`s3:B`",
            formats="`arn:aws:s3:::x` or `arn:aws:s3:::y`",
            where="statement 1 `Sid` of the key policy (key.json:3)",
            operator="StringEquals",
        )
        said = in_japanese(f"{text} (service reference of 2026-11-20); did you mean `s3:C`?")
        assert not ENGLISH.search(re.sub(r"`[^`]*`", "`", said)), said


def test_titles_have_words():
    """Of lessons and exercises, and the topics of exams."""
    titles = [lesson.title for lesson in (*all_lessons(), *all_exercises())]
    topics = (folder.name for folder in corpus_folder("conformance").iterdir() if folder.is_dir())
    titles += [topic.replace("-", " ") for topic in topics if topic not in LEFT_OUT]
    assert [title for title in titles if not JAPANESE.search(course_in_japanese(title))] == []


def test_texts_of_lessons_have_words_with_the_same_names():
    """All that a lesson says, and nothing that none says any more."""
    texts = [
        *(block.text for lesson in all_lessons() for block in list(introduction(lesson))[1:]),
        *(
            text
            for lesson in all_lessons()
            for step in lesson.steps
            for text in (step.change or step.question, step.question, *step.hints, step.learned)
        ),
    ]
    plain = {" ".join(text.split()) for text in texts}
    table = tomllib.loads(Path("iamsim/words/ja_lessons.toml").read_text("utf-8"))["texts"]
    assert plain == {*table}
    for text, said in table.items():
        assert JAPANESE.search(said)
        assert set(re.findall("`[^`]+`", text)) == set(re.findall("`[^`]+`", said))
        assert course_in_japanese(text) == said


@pytest.mark.parametrize("form", ["slides", "handout", "answers", "class-sheet"])
@pytest.mark.parametrize("name", ["across-accounts", "root-user", "one-call-many-questions"])
def test_what_teachers_hand_out_is_japanese(name, form):
    """Each form of a lesson, but for the texts of its policies and AWS's messages."""
    text = ask("hand_out", name=name, form=form)["text"]
    quoted = r"<(pre|style|blockquote|title|code)\b.*?</\1>|```.*?```|`[^`]*`|<[^<>]*>"
    lines = re.sub(quoted, "\n", text, flags=re.DOTALL).splitlines()
    left = [line for line in lines if ENGLISH.search(line) and not JAPANESE.search(line)]
    assert [line for line in left if not line.startswith(("marp:", "paginate:", "style:"))] == []
    assert JAPANESE.search(text)
    assert 'lang="en"' not in text


def test_a_code_keeps_the_names_of_its_message():
    """What stands in backticks is no language."""
    message = "`s4:Get` is no action; did you mean `s3:Get`?"
    assert coded("ja", "errors", "unknown-action", message) == (
        "存在しないアクション (`s4:Get`, `s3:Get`)"
    )
    assert coded("en", "errors", "unknown-action", message) == message
    assert coded("ja", "errors", "of-nobody", message) == message


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("<p>allowed</p>", "<p>許可</p>"),
        ("<p> <code>denied</code> </p>", "<p> <code>denied</code> </p>"),
        ("<pre>denied</pre><b>denied</b>", "<pre>denied</pre><b>拒否</b>"),
        ('<div lang="en"><div>denied</div>denied</div>', None),
        ('<i title="denied &lt;b&gt;">1</i>', None),
        ('<pre aria-label="patch">patch</pre>', '<pre aria-label="差分">patch</pre>'),
        (
            (
                "<li>take <code>&lt;b&gt;</code> out of Action in statement 1 <code>X</code> of the"
                " key policy <code>k:1</code></li>"
            ),
            (
                "<li>キーポリシー <code>k:1</code> のステートメント 1 <code>X</code>の Action から"
                " <code>&lt;b&gt;</code> を除く</li>"
            ),
        ),
        ("<p>none of 2 statements allows it (&lt;script&gt;)</p>", None),
    ],
)
def test_markup_is_said_around_code(markup, said):
    """Sentences go on through code; quoted texts and names stay, and stay escaped."""
    found = spoken_markup(markup, in_japanese)
    assert "<script>" not in found
    assert "<b>" not in found or "<b>" in markup
    if said is not None:
        assert found == said
