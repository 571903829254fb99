"""`iamsim explain` with `--with-policy`, `--without`, `--without-layer`, `--assume` or `--diff`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.cli.ask import load_worlds, questions_of, read_policy, timed
from iamsim.cli.explain_answers import (
    answer_question,
    answers_text,
    document_text,
    exit_code,
)
from iamsim.cli.output import write_output
from iamsim.cli.picture_options import wants_picture
from iamsim.cli.terminal_hints import write_hints
from iamsim.core.decision import Layer, PolicyType, Verdict
from iamsim.core.errors import RequestError
from iamsim.core.overall import overall_verdict
from iamsim.core.suggest import did_you_mean
from iamsim.engine.question import PLAIN_SESSION, Question
from iamsim.engine.world import CompiledWorld
from iamsim.query.assumptions import assumptions_of
from iamsim.query.chains import Chain, Plan, plan_chain, walk_chain
from iamsim.query.changed_layers import POLICY_TYPES, Addition, Change
from iamsim.query.comparison import Comparison, compare_answers
from iamsim.query.policies_in_play import check_names
from iamsim.query.what_if import ChangedWorld
from iamsim.questions.near_misses import NamingPrincipals
from iamsim.report.chains import chain_document, chain_to_dict, chain_verdict, hops_to_list
from iamsim.report.cleaning import to_json
from iamsim.report.side_by_side import comparison_to_dict, comparisons_document
from iamsim.suites.policies import resource_policy_type

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.core.answer import Answer
    from iamsim.world.model import World

_WITHOUT_DIFF = ("assume", "with_policies", "without", "without_layers")
# The words of `iamsim validate --type` name layers as well.
_LAYERS = {layer.value: layer for layer in Layer}
_SHORT_NAMES = {policy_type.value: layer for layer, policy_type in POLICY_TYPES.items()}


class Outcome(NamedTuple):
    """What came out: answers to the questions, or none where a chain of roles breaks before."""

    chain: Chain | None
    answers: tuple[Answer, ...]
    questions: tuple[Question, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict over all."""
        if self.chain is not None:
            return chain_verdict(self.chain, self.answers)
        return overall_verdict(answer.decision.verdict for answer in self.answers)


def explain_what_if(options: Options) -> int:
    """Answer, write the answer, and give the exit code; `--expect` is about the changed request."""
    _refuse_options(options)
    model = load_worlds(options, on_demand=True)
    base = CompiledWorld() if model is None else CompiledWorld(model)
    with NamingPrincipals(options.text("principal"), model):
        before, outcome = _ask(options, model, base)
    if wants_picture(options):
        from iamsim.cli.explain_picture import write_explanation

        write_explanation(outcome.answers, options, model, outcome.chain)
        return exit_code(outcome.verdict, options, outcome.questions, base.model)
    if options["diff"]:
        written = _difference_text(before, outcome, options)
    else:
        written = _outcome_text(outcome, options, model)
    write_output(written, options.text("output"))
    write_hints(outcome.answers, options, model)
    return exit_code(outcome.verdict, options, outcome.questions, base.model)


def _ask(
    options: Options, model: World | None, base: CompiledWorld
) -> tuple[tuple[Answer, ...], Outcome]:
    """Ask with the change, and where both answers are compared, without it."""
    asked = tuple(map(timed, questions_of(options, model)))
    questions, plan = _chain_of(options, asked, base)
    change = _change_of(options, model, questions[0])
    final, on_the_way = questions, []
    if plan is not None:
        final = tuple(map(plan.ends_in, questions))
        on_the_way = [question for hop in plan.hops for question in hop.questions]
    check_names(change.without, (*on_the_way, *final), base)
    outcome = _outcome(plan, final, base.model, change)
    if model is not None or not change.additions:  # what is added is a policy of the question
        outcome = outcome._replace(questions=final)
    before = tuple(answer_question(question, base) for question in questions if options["diff"])
    return before, outcome


def _refuse_options(options: Options) -> None:
    """Say which options do not go together, or need another one."""
    if options["diff"] and not any(options[field] for field in _WITHOUT_DIFF):
        raise RequestError(
            "nothing-to-compare",
            "the option `--diff` compares nothing without a change",
            hint="say what is different: --with-policy, --without, --without-layer or --assume",
        )
    if options["assume"] and not options["worlds"]:
        raise RequestError(
            "assume-without-world",
            "the option `--assume` needs a world, which has the role and its trust policy",
            hint="give one with `--world PATH`",
        )
    for field in ("diff", "assume"):
        if options[field] and options["format"] == "aws":
            raise RequestError(
                "option-with-aws-format",
                f"the option `--{field}` can't be used together with `--format aws`",
                hint="use `--format json`",
            )


def _chain_of(
    options: Options, questions: tuple[Question, ...], world: CompiledWorld
) -> tuple[tuple[Question, ...], Plan | None]:
    """The questions as the first caller asks them, and the way to the last role, if there is one.

    With `--assume` the options about a session are about the one that the chain makes.
    """
    roles = options.texts("assume")
    if not roles:
        return questions, None
    first = questions[0]
    session = replace(first.session, policies=first.attached.session_policies)
    own = tuple(
        replace(
            question,
            session=PLAIN_SESSION,
            attached=replace(question.attached, session_policies=None),
        )
        for question in questions
    )
    return own, plan_chain(own[0], assumptions_of(roles, session), world)


def _change_of(options: Options, model: World | None, question: Question) -> Change:
    """Read what is to be different."""
    additions = []
    for text in options.texts("with_policies"):
        layer, reference = _layer_and_reference(text)
        policy = read_policy(reference, model, question, _type_of(layer, question))
        additions.append(Addition(layer, policy))
    layers = frozenset(_layer(text) for text in options.texts("without_layers"))
    return Change(tuple(additions), options.texts("without"), layers)


def _type_of(layer: Layer, question: Question) -> PolicyType:
    if layer is Layer.RESOURCE_BASED_POLICY:
        return resource_policy_type(question.action, question.resource)
    return POLICY_TYPES[layer]


def _layer_and_reference(text: str) -> tuple[Layer, str]:
    """Take `LAYER=FILE` apart; without a layer in front the policy is an identity-based one."""
    name, equals, reference = text.partition("=")
    is_file = equals and os.path.exists(text)  # noqa: PTH110 - pathlib costs start-up time
    if not equals or is_file or not name.replace("-", "").isalnum():
        return Layer.IDENTITY_BASED_POLICY, text
    layer = _layer(name)
    if layer not in POLICY_TYPES:
        raise RequestError(
            "unknown-layer",
            f"the layer `{name}` has no policies of its own",
            hint="its settings follow from the bucket and its account",
        )
    return layer, reference


def _layer(name: str) -> Layer:
    layer = _LAYERS.get(name) or _SHORT_NAMES.get(name)
    if layer is None:
        raise RequestError(
            "unknown-layer",
            f"`{name}` is not a layer",
            hint=did_you_mean(name, (*_LAYERS, *_SHORT_NAMES))
            or f"layers are {', '.join(_LAYERS)}",
        )
    return layer


def _outcome(
    plan: Plan | None, questions: tuple[Question, ...], model: World, change: Change
) -> Outcome:
    """Walk the chain, then ask. A policy that is gone is gone for the hops as well; what is added,
    and which layers are left out, is about the question at the end."""
    world = ChangedWorld(model, change)
    if plan is None:
        return Outcome(None, tuple(answer_question(question, world) for question in questions))
    on_the_way = ChangedWorld(model, Change(without=change.without))
    chain = walk_chain(plan, lambda question: answer_question(question, on_the_way))
    if chain.denied_at is not None:
        return Outcome(chain, ())
    return Outcome(chain, tuple(answer_question(question, world) for question in questions))


def _outcome_text(outcome: Outcome, options: Options, model: World | None) -> str:
    """Write the changed answers alone."""
    chain = outcome.chain
    if chain is None:
        return answers_text(outcome.answers, options, model)
    form = options.text("format")
    if form == "json":
        return to_json(chain_to_dict(chain, outcome.answers))
    if options["quiet"]:
        return f"{outcome.verdict.value}\n"
    if form == "html":
        from iamsim.cli.explain_html import chain_html

        return chain_html(chain, outcome.answers)
    document = chain_document(chain, outcome.answers, verbose=bool(options["verbose"]))
    return document_text(document, options)


def _difference_text(before: Sequence[Answer], outcome: Outcome, options: Options) -> str:
    """Write both answers side by side."""
    chain = outcome.chain
    comparisons = [_comparison(entry, number, outcome) for number, entry in enumerate(before)]
    form = options.text("format")
    if form == "json":
        hops = {} if chain is None else {"hops": hops_to_list(chain)}
        compared = [comparison_to_dict(comparison) for comparison in comparisons]
        if len(compared) == 1:
            return to_json(hops | compared[0])
        return to_json({"decision": outcome.verdict.value, **hops, "comparisons": compared})
    if options["quiet"]:
        first = overall_verdict(answer.decision.verdict for answer in before)
        return f"{first.value} {outcome.verdict.value}\n"
    if form == "html":
        from iamsim.cli.explain_html import comparisons_html

        return comparisons_html(comparisons, chain)
    verbose = bool(options["verbose"])
    return document_text(comparisons_document(comparisons, chain, verbose=verbose), options)


def _comparison(before: Answer, number: int, outcome: Outcome) -> Comparison:
    """Hold an answer against the changed one; where a chain breaks, against that of the hop."""
    denied = outcome.chain.denied_at if outcome.chain is not None else None
    if outcome.chain is not None and denied is not None:
        after = denied.deciding
        hop = len(outcome.chain.hops)
        return Comparison(before, after, compare_answers(before, after), hop)
    after = outcome.answers[number]
    return Comparison(before, after, compare_answers(before, after))
