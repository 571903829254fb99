"""Read botocore's texts about operations for what they say of callers, accounts and signatures.

    python scripts/mine_operations.py [--left | --counts | --write]

Prints a proposal for each sentence that says who may call an operation, whether it works across
accounts, that it is unsigned, or that the service refuses it: the action, the fact in the words of
``iamsim/catalog/data/service_rules.txt``, whether the file has it, and the sentence, for a reader
who judges it. `--left` prints only those that the file lacks, `--counts` only numbers.

What is a fact enters that file by hand, in its words and not in AWS's. What is none stands in
``scripts/mined_operations.txt``, with the reason; `--write` writes the counts there, from which
`docs/reference/service-rules.md` has them, and fails where a proposal was not judged.
"""

from __future__ import annotations

import gzip
import html
import json
import re
import sys
from collections import Counter
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim import catalog
from iamsim.catalog.rules import service_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

# Sentences that decide, by the fact that they state. The first that fits counts.
SENTENCES = {
    "own-account": (
        r"Cross-account use ?: (?:No\b|This operation can't)"
        r"|Cross-account permissions don't apply"
        r"|Cross-account access to this API operation isn't supported"
        r"|not supported for cross-account|doesn't support cross-account calls"
        r"|belong to the (?:bucket )?owner's account|belong to the Outposts bucket owner's account"
        r"|must be the owner of the \w+|Only the owner of the [\w ]+ can"
        r"|only be called by the \w+ owner|(?:in other|across) accounts is not supported"
    ),
    "any-account": r"Cross-account use ?: (?:Yes|This operation supports)",
    "organization": (
        r"(?:Only|only|must)[\w' ]* management account,?(?: in the organization)? (?:and|or)"
        r"(?: \w+){0,6} delegated admin"
        r"|available only to [\w ]*management accounts or delegated admin"
    ),
    "delegated": (
        r"(?:Only|only by) the [\w ]*delegated administrator (?:account )?can (?!use|specify)"
        r"|You must be (?:the|an) [\w ]*delegated administrator"
        r"|available only to the delegated administrator account"
        r"|only be called by the Detective administrator account for the organization"
        r"|Only the [\w ]*administrator account can invoke this operation"
    ),
    "management": (
        r"(?:[Oo]nly (?:be )?(?:called|call this operation|the|from|an?)"
        r"|must (?:be|use|call|sign|have))[\w, ']*(?:management|master) account"
    ),
    "member": r"only call (?:from|this) operation from a member account",
    "unsigned": r"This is a public API",
    "identity-pool-only": r"only be called with temporary credentials provided by Cognito Identity",
    "no-identity-pool": (
        r"cannot (?:call this API|make this API call) with the temporary user credentials"
        r"|must use Amazon Web Services developer credentials"
    ),
    "signed": r"Anonymous requests are never|does not support anonymous access",
    "services": r"only be (?:called|invoked) by (?:the|authorized) Amazon Web Services service",
    "refused-on": (
        r"(?:can't|cannot|can not) (?:\w+ ){1,4}(?:a |the |an )?(?:\w+ )?"
        r"(?:default|predefined|service-linked|AWS managed|Amazon Web Services managed)"
        r"|[Pp]redefined \w+ cannot be|default \w+ cannot be"
    ),
}
PATTERNS = {fact: re.compile(pattern) for fact, pattern in SENTENCES.items()}
# Where the prefix of the actions is not the name that requests are signed with.
PREFIXES = {
    "awsssoportal": "sso",
    "tagging": "tag",
    "s3control": "s3",
    "cloudhsmv2": "cloudhsm",
    "sso-admin": "sso",
    "efs": "elasticfilesystem",
}
# Operations whose permission has another name: https://docs.aws.amazon.com/service-authorization/.
ACTIONS = {
    "kms:ReEncrypt": "kms:ReEncryptFrom",
    "s3:ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
}


ABOUT = "# Operations, services and sentences; then what was left, and why: action, fact, reason."
LEFT = Path(__file__).with_name("mined_operations.txt")


class Proposal(NamedTuple):
    """A fact that a sentence states of an action, and whether the file says so."""

    action: str
    fact: str
    known: bool
    sentence: str


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give every operation of the newest model of each service: prefix, name, model."""
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        raise SystemExit("botocore is not installed")
    for folder in sorted(Path(spec.origin).with_name("data").iterdir()):
        versions = sorted(folder.glob("*/service-2.json*"))
        if not versions:
            continue
        content = versions[-1].read_bytes()
        model = json.loads(gzip.decompress(content) if versions[-1].suffix == ".gz" else content)
        about = model["metadata"]
        signed = about.get("signingName") or about["endpointPrefix"]
        prefix = PREFIXES.get(folder.name, PREFIXES.get(signed, signed))
        for name, operation in model["operations"].items():
            yield prefix, name, operation


def sentences(text: str) -> list[str]:
    """Cut a documentation text into sentences, without markup."""
    plain = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))
    return re.split(r"(?<=[.!?]) +(?=[A-Z])", plain)


def action_of(prefix: str, name: str) -> str:
    """Give the action that an operation asks for, where the names are the same."""
    written = f"{prefix}:{name}"
    return ACTIONS.get(written, written)


def _of_directory_buckets(action: str, sentence: str) -> str:
    """Give the action that a sentence of S3's texts is about: some are of directory buckets."""
    directory = "Cross-account access to this API operation" in sentence
    return action.replace("s3:", "s3express:") if directory else action


def is_known(action: str, fact: str) -> bool:
    """Say whether the file has a fact, settled or not, or one that is stricter."""
    prefix, _, name = action.lower().partition(":")
    rules = service_rules(prefix).of(name)
    said = {rules.reach, rules.callers, rules.granted, rules.signature}
    said |= {entry.rstrip("?").partition(" ")[0] for entry in rules.unsettled}
    said |= {"identity-pool-only"} if rules.identity_pool_only else set()
    said |= {"refused-on"} if rules.refused_on or rules.signed_on else set()
    return fact in said or (fact == "own-account" and rules.granted == "identity-only")


def proposals() -> Iterator[Proposal]:
    """Propose a fact for each sentence that states one."""
    for prefix, name, operation in operations():
        action = action_of(prefix, name)
        unsigned = operation.get("authtype") == "none" or operation.get("auth") == [
            "smithy.api#noAuth"
        ]
        if unsigned:
            yield Proposal(action, "unsigned", is_known(action, "unsigned"), "(no signature)")
        for sentence in sentences(operation.get("documentation", "")):
            for fact, pattern in PATTERNS.items():
                if pattern.search(sentence):
                    about = _of_directory_buckets(action, sentence)
                    if not (unsigned and fact == "unsigned"):
                        yield Proposal(about, fact, is_known(about, fact), sentence)
                    break


class Judged(NamedTuple):
    """What was read, and what was left for which reason."""

    version: str
    operations: int
    services: int
    sentences: int
    left: dict[tuple[str, str], str]


def judged() -> Judged:
    """Read what stands in the file of what was left."""
    head, *rows = LEFT.read_text(encoding="utf-8").splitlines()
    release, *counts = head.removeprefix("# botocore ").split(" ")
    every, services, sentences_ = map(int, counts)
    left = {}
    for row in rows:
        if row and not row.startswith("#"):
            action, fact, reason = row.split(" ", 2)
            left[action, fact] = reason
    return Judged(release, every, services, sentences_, left)


def mined() -> tuple[Judged, list[Proposal]]:
    """Read the installed botocore, and give the proposals that nobody judged."""
    found = list(proposals())
    every = [prefix for prefix, _, _ in operations()]
    known = judged().left
    left = {(entry.action, entry.fact) for entry in found if not entry.known}
    kept = {which: reason for which, reason in known.items() if which in left}
    open_ones = [
        entry for entry in found if not entry.known and (entry.action, entry.fact) not in known
    ]
    read = Judged(version("botocore"), len(every), len(set(every)), len(found), kept)
    return read, open_ones


def write() -> int:
    """Write the counts, and what was left; fails where a proposal was not judged."""
    read, open_ones = mined()
    for entry in open_ones:
        print(f"{entry.action} {entry.fact} is not judged: {entry.sentence}", file=sys.stderr)
    rows = [f"{action} {fact} {reason}" for (action, fact), reason in sorted(read.left.items())]
    head = f"# botocore {read.version} {read.operations} {read.services} {read.sentences}"
    LEFT.write_text("\n".join([head, ABOUT, *rows]) + "\n", encoding="utf-8")
    return 1 if open_ones else 0


def main() -> int:
    """Print the proposals."""
    if "--write" in sys.argv:
        return write()
    found = list(proposals())
    if "--counts" not in sys.argv:
        for entry in found:
            if not (entry.known and "--left" in sys.argv):
                state = "stands" if entry.known else "not there"
                print(f"{entry.action}\t{entry.fact}\t{state}\t{entry.sentence}")
    every = [prefix for prefix, _, _ in operations()]
    known = {entry.action for entry in found if catalog.find_action(entry.action) is not None}
    print(f"{len(every):,} operations of {len(set(every))} services read", file=sys.stderr)
    print(f"{len(found):,} sentences state a fact, of {len(known)} known actions", file=sys.stderr)
    for fact, count in sorted(Counter(entry.fact for entry in found).items()):
        stands = sum(entry.known for entry in found if entry.fact == fact)
        print(
            f"  {fact}: {count}, {stands} stand in the file, {count - stands} left", file=sys.stderr
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
