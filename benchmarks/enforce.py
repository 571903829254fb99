"""Measure what `iamsim.testing.enforce` adds to a call of boto3.

    python benchmarks/enforce.py [--calls 300] [--rounds 5]

A `put_object` that botocore's Stubber answers, alone and decided first; processor's time, the best
of the rounds, after one that warms both.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import boto3
from botocore.stub import Stubber

import iamsim
from iamsim.testing import enforce

ROOT = Path(__file__).parent.parent
ROLE = "arn:aws:iam::111122223333:role/deploy"


def milliseconds(calls: int) -> float:
    """How long a stubbed call takes."""
    s3 = boto3.client(
        "s3",
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - of nobody
    )
    with Stubber(s3) as stub:
        for number in range(calls):
            stub.add_response("put_object", {}, _object(number))
        began = time.process_time()
        for number in range(calls):
            s3.put_object(**_object(number))
        return (time.process_time() - began) / calls * 1000


def _object(number: int) -> dict[str, object]:
    return {"Bucket": "harbor-reports", "Key": f"web/{number}.html", "Body": b"x"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    world = iamsim.load(ROOT / "corpus" / "examples" / "harbor")
    milliseconds(arguments.calls)
    alone = min(milliseconds(arguments.calls) for _ in range(arguments.rounds))
    with enforce(world, principal=ROLE):
        milliseconds(arguments.calls)
        decided = min(milliseconds(arguments.calls) for _ in range(arguments.rounds))
    print(f"a stubbed call {alone:.3f} ms, decided first {decided:.3f} ms")


if __name__ == "__main__":
    main()
