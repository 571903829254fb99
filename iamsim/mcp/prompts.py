"""Prompts: what people ask again and again, with the tools to use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from iamsim.core.errors import RequestError


class PromptText(NamedTuple):
    """A prompt: its arguments (name, what it is, whether it is needed), and its text, in which the
    arguments stand in braces."""

    name: str
    title: str
    description: str
    arguments: tuple[tuple[str, str, bool], ...]
    text: str


PROMPTS = (
    PromptText(
        "review_this_policy",
        "Review this policy",
        "Check an IAM policy, say what it grants, and prove what must not be possible.",
        (("policy", "The policy: JSON, or a file in the folders.", True),),
        "Review this IAM policy:\n\n{policy}\n\n"
        "1. Call `validate` with it, and explain each finding with its line.\n"
        "2. Say in plain words what it grants; look actions up with `catalog` where you are not"
        " sure.\n"
        "3. Call `check` with `access-not-granted` for what it should not grant (for example"
        " iam:PassRole, iam:CreateAccessKey, s3:DeleteBucket), and report PASS or the request that"
        " refutes it.\n"
        "4. If you propose another policy, prove with `check` and `no-new-access` (existing: the"
        " policy above, new: yours) that it allows nothing more. Never claim what no tool said.",
    ),
    PromptText(
        "why_denied",
        "Why denied",
        "Explain an AccessDenied message, and find the smallest change that would allow the call.",
        (
            ("message", "The AccessDenied message.", True),
            ("world", "The world that it happened in.", False),
        ),
        "AWS answered:\n\n{message}\n\nThe world is: {world}\n\n"
        "1. Call `why` with the message (and the world), and say which layer and statement"
        " denied.\n"
        "2. Call `edits` with the principal, action and resource of the message, and show the"
        " smallest edit.\n"
        "3. Before you recommend it, say what else it opens: lay it over the world and call"
        " `changes` where you can. Say what the tools marked as unknown.",
    ),
    PromptText(
        "least_privilege",
        "Least privilege",
        "Write the smallest policy for a principal, from its logs or from the calls of a program.",
        (
            ("principal", "ARN of the user or role.", True),
            ("logs", "CloudTrail logs in the folders.", False),
            ("world", "The world with its present policies.", False),
        ),
        "Write a least-privilege policy for {principal}.\n\nLogs: {logs}\nWorld: {world}\n\n"
        "1. With logs, call `generate`; without, call `calls` for each AWS call that the program"
        " makes, and collect actions and resources.\n"
        "2. Call `validate` with the result and mend what it finds.\n"
        "3. With a world, call `check` and `no-new-access` with the present policy as the existing"
        " one: it must PASS.\n"
        "4. Call `explain` for each call that must still work. Report what could not be proved.",
    ),
)
NOT_GIVEN = "(not given: ask for it, or go without)"


def prompt_text(name: str, given: Mapping[str, str]) -> tuple[str, str]:
    """The text of a prompt with its arguments, and what it is; raises `RequestError`."""
    prompt = next((prompt for prompt in PROMPTS if prompt.name == name), None)
    if prompt is None:
        raise RequestError("no-such-prompt", f"there is no prompt `{name}`")
    text = prompt.text
    for argument, _, needed in prompt.arguments:
        if needed and not given.get(argument):
            raise RequestError("missing-argument", f"the argument `{argument}` is missing")
        text = text.replace(f"{{{argument}}}", given.get(argument) or NOT_GIVEN)
    return text, prompt.description
