"""Ask moto's evaluator the questions of a workload; runs in an environment that has moto.

python peer_moto.py WORKLOAD.json SECONDS
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

from moto.iam.access_control import IAMPolicy, PermissionResult


def main() -> int:
    """Print `{"version", "rates", "verdicts"}`; policies are parsed once, as for iamsim."""
    workload = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    policies = [IAMPolicy(json.dumps(document)) for document in workload["identity_policies"]]

    def ask(action: str, resource: str) -> str:
        results = [policy.is_action_permitted(action, resource) for policy in policies]
        if PermissionResult.DENIED in results:
            return "explicitDeny"
        return "allowed" if PermissionResult.PERMITTED in results else "implicitDeny"

    requests = [(action, resource) for action, resource, _ in workload["requests"]]
    verdicts = [ask(*request) for request in requests]
    rates: list[float] = []
    end = time.perf_counter() + float(sys.argv[2])
    while not rates or time.perf_counter() < end:
        begin = time.perf_counter()
        for request in requests:
            ask(*request)
        rates.append(len(requests) / (time.perf_counter() - begin))
    print(json.dumps({"version": version("moto"), "rates": rates, "verdicts": verdicts}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
