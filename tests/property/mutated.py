"""Mutated documents by the hundred thousand, for `iamsim validate`.

    python -m tests.property.mutated [COUNT] [SEED]

Policies of `corpus/checks` and AWS's managed policies are changed at random, in their data and in
their text, and checked as every type of policy with every check on. Reported are exceptions,
findings without a place in the text, and the slowest document.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter

from iamsim.catalog import managed
from iamsim.checks.codes import CODES
from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from tests.unit.test_checks_corpus import FILES, read_document
from tests.unit.test_checks_laws import mutate

COUNT, SEED = 100_000, 1
SMALL = 0.7  # of the documents are made from the corpus, and checked as the type of their case
LARGEST = 20_000  # characters of a managed policy: larger ones say nothing more
NOISE = '{}[]",:\\*?$ \n\x00é\ud83d\ude00' + "0a"


def garbled(text, tape):
    """Change some characters of a text."""
    for _ in range(tape.randrange(1, 4)):
        place = tape.randrange(len(text) + 1)
        text = text[:place] + tape.choice(NOISE) + text[place + tape.randrange(3) :]
    return text


def document(text, tape):
    """Make one document of a policy."""
    try:
        data = json.loads(text)
    except ValueError:
        data = {}
    for _ in range(tape.randrange(1, 6)):
        data = mutate(data, tape)
    written = json.dumps(data, ensure_ascii=tape.random() < 0.5, indent=tape.choice([None, 1]))
    return garbled(written, tape) if tape.random() < 0.15 else written


def main():
    """Check so many documents; 1 if any of them broke a check."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    tape = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else SEED)  # noqa: S311 - seeded
    texts = [managed.find_managed_policy(arn).document_text for arn in managed.arns()]
    large = [(text, None, None) for text in texts if len(text) < LARGEST]
    cases = [case for path in FILES for case in read_document(path).data["fires"]]
    small = [
        (case["policy"], PolicyType(case["type"]), case.get("resource-type")) for case in cases
    ]
    validator = Validator(select=tuple(CODES))
    found, slowest, broken = Counter(), (0.0, ""), 0
    begin = time.perf_counter()
    for number in range(count):
        policy, usual, attached = tape.choice(small if tape.random() < SMALL else large)
        text = document(policy, tape)
        kind = usual if tape.random() < SMALL else tape.choice([None, *PolicyType])
        start = time.perf_counter()
        try:
            findings = validator.validate_text(text, "policy", kind, attached)
            for finding in findings:
                assert all(0 <= span.start <= span.end <= len(text) for span in finding.spans)
        except Exception as error:  # noqa: BLE001 - any one is what this looks for
            broken += 1
            print(f"document {number} as {kind}: {error!r}\n{text}")
        else:
            found.update(finding.code for finding in findings)
        slowest = max(slowest, (time.perf_counter() - start, text))
    seconds = time.perf_counter() - begin
    print(f"{count:,} documents in {seconds:,.0f} s: {broken} broke a check")
    print(f"{len(found)} codes of {len(CODES)} were given, {found.total():,} findings")
    print(f"slowest: {slowest[0] * 1000:.0f} ms, {len(slowest[1]):,} characters")
    print("never given:", ", ".join(sorted(set(CODES) - set(found))) or "none")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
