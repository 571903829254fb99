"""The picture in Japanese: complete for what pictures say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import iamsim
from iamsim.core.layer_names import LAYERS
from iamsim.draw.picture import draw_decision
from iamsim.words import labels, sentences
from iamsim.words.language import in_english, in_japanese, speaker
from iamsim.words.state import State
from iamsim.words.steps import picture_of, spoken

TABLE = Path("iamsim/words/ja.toml")
KANA = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def test_all_that_pictures_say_has_words():
    """Verdicts, states, layers, ways in, relations, and why a way leads around a layer."""
    english = [*labels.VERDICTS.values(), *(state.value for state in State), *LAYERS.values()]
    english += [*labels.RELATIONS.values(), *sentences.OUTCOMES.values(), *sentences.SIDES.values()]
    english += [entry.format(policy="key policy") for entry in labels.WAYS.values()]
    english += [entry.format(policy="key policy") for entry in labels.BYPASSES.values()]
    assert [entry for entry in english if not KANA.search(in_japanese(entry))] == []


def test_the_table_keeps_every_hole():
    """A translation names each thing that the English sentence names, once."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    for english, said in (*table["texts"].items(), *table["last"].items()):
        assert sorted(re.findall(r"\{\d\}", english)) == sorted(re.findall(r"\{\d\}", said)), (
            english
        )
        assert said


@pytest.mark.parametrize(
    ("english", "said"),
    [
        (
            "the permissions boundary Edge does not allow it",
            "アクセス許可の境界 Edgeが許可していません",
        ),
        (
            "the session policy at Root denies it: statement 2 of Stay, stay.json:3",
            "Root のセッションポリシーが拒否しています: Stay のステートメント 2、stay.json:3",
        ),
        ("not asked: key policy, session policy", "評価しない: キーポリシー, セッションポリシー"),
        ("arn:aws:s3:::a, b; c", "arn:aws:s3:::a, b; c"),
        (
            "the key policy “inline policy 1 of role machine” does not allow it",
            "キーポリシー “ロール machine のインラインポリシー 1” が許可していません",
        ),
        ("the {1} denies it " * 200, "the {1} denies it " * 200),
    ],
)
def test_sentences_are_put_together(english, said):
    """What fills a hole is translated by itself; names stay, and so do long texts."""
    assert in_japanese(english) == said


def test_a_picture_speaks():
    """Its words are Japanese, its names as they are; a language that is not known is English."""
    answer = iamsim.load("corpus/examples/harbor").explain(
        principal="arn:aws:iam::111122223333:role/deploy",
        action="s3:DeleteObject",
        resource="arn:aws:s3:::harbor-reports/finance/2026.csv",
    )
    picture = picture_of(answer._inner)
    said = spoken(picture, in_japanese)
    assert said.sentence == "アクセス許可の境界 “DeployBoundary” が許可していません"
    assert [value for _, value in said.facts] == [value for _, value in picture.facts]
    assert [row.decides for row in said.rows] == [row.decides for row in picture.rows]
    assert spoken(picture, in_english) == picture
    svg = draw_decision(answer._inner, language="ja").render("svg").decode()
    assert "決め手" in svg
    assert "decides</text>" not in svg
    assert speaker("tlh") is in_english
