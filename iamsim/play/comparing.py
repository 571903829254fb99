"""The tab that compares: whether a new policy allows anything that the old one does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from iamsim.api.proofs import check_no_new_access
from iamsim.core.decision import PolicyType
from iamsim.play.asked import text_of
from iamsim.report.proofs import result_document
from iamsim.report.writers.html import to_fragment

Json = dict[str, Any]


def compare(given: Mapping[str, Any]) -> Json:
    """Prove that the policy `new` allows nothing that `existing` does not, or give a request that
    it does, as a page that explains it; `type` is what both are used as. Raises `InputError`."""
    kind = text_of(given, "type")
    new = text_of(given, "new")
    result = check_no_new_access(text_of(given, "existing"), new, policy_type=kind)
    document = result_document(result, "no new access")
    told: Json = {
        "verdict": result.result,
        "sentence": result.message,
        "html": to_fragment(document),
    }
    if result.witness is not None:
        told["witness"] = _page(result.witness, kind, new)
    return told


def _page(witness: Mapping[str, Any], kind: str, text: str) -> Json:
    """The request as the tab that explains takes it, with the policy in its layer."""
    layer = "resource" if kind == PolicyType.TRUST.value else kind
    policies = [{"layer": layer, "text": text}]
    if layer in ("boundary", "session", "scp", "rcp", "vpce"):
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [everything]}
        policies.insert(0, {"layer": "identity", "text": json.dumps(document, indent=2)})
    lines = []
    for key, value in (witness.get("context") or {}).items():
        lines += [f"{key} = {text}" for text in ([value] if isinstance(value, str) else value)]
    return {
        "principal": witness["principal"],
        "action": witness["action"],
        "resource": witness.get("resource", "*"),
        "context": "\n".join(lines),
        "policies": policies,
    }
