"""A condition key is not written as one, or stands twice.

## What it finds
A key that is not `prefix:name`; a key such as `aws:ResourceTag/` without the name of the tag; one
key twice in the `Condition` of a statement in different letter case.

## Why it matters
Requests carry no such keys, so the condition never finds a value. Names of keys are compared
without regard to case, so two spellings are one key given twice; under one operator IAM refuses
the document.
"""

from __future__ import annotations

from iamsim.checks.view import ConditionView, Findings, PolicyView, checks
from iamsim.core.caret import quote

# Keys that end in the key of a tag.
TAG_KEYS = ("tag", "tagkey")


@checks("INVALID_CONDITION_KEY_FORMAT")
def key_format(policy: PolicyView) -> Findings:
    """A key has a prefix, a colon and a name."""
    for _, condition in policy.conditions():
        prefix, colon, name = condition.key.partition(":")
        if not prefix.strip() or not colon or not name.strip() or " " in prefix:
            message = f"{quote(condition.key)} is no condition key"
            hint = "write it as prefix:name, for example `aws:SourceIp`"
            yield policy.finding(
                "INVALID_CONDITION_KEY_FORMAT", message, condition.key_path, hint=hint
            )


@checks("MISSING_TAG_KEY_IN_CONDITION")
def missing_tag_key(policy: PolicyView) -> Findings:
    """Tags are asked for by name."""
    for _, condition in policy.conditions():
        name, slash, tag = condition.lower.partition(":")[2].partition("/")
        facts = policy.reference.key(f"{condition.key.rstrip('/')}/tag") if not tag else None
        if facts is None or not name.endswith(TAG_KEYS) or "${" not in facts.name:
            continue
        if policy.reference.key(condition.key) is not None and not slash:
            continue
        message = f"{quote(condition.key)} does not name a tag"
        hint = f"write `{condition.key.rstrip('/')}/NAME`"
        yield policy.finding("MISSING_TAG_KEY_IN_CONDITION", message, condition.key_path, hint=hint)


@checks("DUPLICATE_KEYS_WITH_DIFFERENT_CASE")
def duplicate_keys(policy: PolicyView) -> Findings:
    """A key is spelled one way in a condition block: the whole `Condition`, says the page."""
    for statement in policy.statements:
        seen: dict[str, dict[str, ConditionView]] = {}
        for condition in statement.conditions:
            seen.setdefault(condition.lower, {}).setdefault(condition.key, condition)
        for spellings in seen.values():
            if len(spellings) > 1:
                message = f"{' and '.join(map(quote, spellings))} are one condition key"
                places = [condition.key_path for condition in spellings.values()]
                hint = "spell the key one way, and give it once under an operator"
                code = "DUPLICATE_KEYS_WITH_DIFFERENT_CASE"
                yield policy.finding(code, message, *places, hint=hint)
