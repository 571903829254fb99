"""The tables of sentences."""

from __future__ import annotations

import pytest

from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.reason import Note, Reason
from iamsim.words.sentences import LAYERS, NOTES, OUTCOMES, REASONS, VERDICTS, WAYS, layer_name


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (REASONS, Reason),
        (NOTES, Note),
        (LAYERS, Layer),
        (OUTCOMES, Outcome),
        (VERDICTS, Verdict),
    ],
    ids=["reasons", "notes", "layers", "outcomes", "verdicts"],
)
def test_every_code_has_words(table, codes):
    """No code reaches a reader as a code alone: the tables are complete."""
    assert set(table) == set(codes)


@pytest.mark.parametrize("text", [*REASONS.values(), *NOTES.values()])
def test_sentences_fit_into_sentences(text):
    """Sentences have no capital of their own, no full stop and no line break, so they combine."""
    assert not text.endswith(".")
    assert "\n" not in text
    assert "  " not in text
    assert (
        text[0].islower()
        or text.split()[0] in {"NotPrincipal", "Null", "ForAnyValue", "AWS"}
        or (text.startswith(("iam:", "sts:")))
    )


def test_every_way_of_the_engine_has_a_name():
    """The ways in of the engine's table all have words of their own."""
    from iamsim.engine import relations
    from iamsim.engine.formula import Relation

    names = {
        way.name
        for relation in vars(relations).values()
        if isinstance(relation, Relation)
        for way in relation.ways
    }
    assert names == set(WAYS)


@pytest.mark.parametrize(
    ("layer", "action", "name"),
    [
        (Layer.RESOURCE_BASED_POLICY, "s3:GetObject", "resource-based policy"),
        (Layer.RESOURCE_BASED_POLICY, "sts:AssumeRole", "role trust policy"),
        (Layer.RESOURCE_BASED_POLICY, "STS:TagSession", "role trust policy"),
        (Layer.RESOURCE_BASED_POLICY, "kms:Decrypt", "key policy"),
        (Layer.IDENTITY_BASED_POLICY, "kms:Decrypt", "identity-based policy"),
    ],
)
def test_resource_based_policies_go_by_their_own_names(layer, action, name):
    """A role's resource-based policy is its trust policy and a key's its key policy."""
    assert layer_name(layer, action) == name
