"""iamsim: an offline simulator of AWS IAM policy evaluation.

>>> import iamsim
>>> allow = {
...     "Version": "2012-10-17",
...     "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
... }
>>> answer = iamsim.explain(
...     principal="arn:aws:iam::111122223333:user/maya",
...     action="s3:GetObject",
...     resource="arn:aws:s3:::reports/2026.csv",
...     identity_policies=[allow],
... )
>>> answer.verdict
<Verdict.ALLOWED: 'allowed'>
"""

from __future__ import annotations

import importlib as _importlib

__version__ = "0.1.0"  # pyproject.toml takes it from here: looking it up there is slow

TYPE_CHECKING = False  # importing it would cost more than the whole package

if TYPE_CHECKING:
    from iamsim.api import (
        Answer,
        CompiledPolicies,
        World,
        compile_policies,
        decide,
        explain,
        load,
    )
    from iamsim.api.access import AccessMatrix, WhatCan, WhoCan
    from iamsim.api.account_report import AccountReport
    from iamsim.api.audits import Audit
    from iamsim.api.chain import Chain
    from iamsim.api.contents import Contents, Lint, Organization, Statistics, Trust
    from iamsim.api.differences import Changes
    from iamsim.api.edits import Edits, suggest_edits
    from iamsim.api.findings import Findings
    from iamsim.api.importing import Import, import_sources
    from iamsim.api.paths import Paths
    from iamsim.api.policy_files import FileValidation, validate_files
    from iamsim.api.proofs import (
        Claims,
        Ever,
        check_access_not_granted,
        check_equivalent,
        check_no_new_access,
        check_no_public_access,
    )
    from iamsim.api.results import Result
    from iamsim.api.sides import Sides, load_sides
    from iamsim.api.tests_of_world import TestRun
    from iamsim.api.trails import GeneratedPolicy, Replay, generate_policy
    from iamsim.api.validation import Validation, validate
    from iamsim.calls.events import read_event
    from iamsim.calls.lines import read_call, read_line
    from iamsim.calls.model import Reading
    from iamsim.core.decision import Decision, Layer, Outcome, Verdict
    from iamsim.core.errors import (
        IamsimError,
        InputError,
        InternalError,
        PolicyError,
        RequestError,
        UnsupportedError,
        WorldError,
    )
    from iamsim.importers.recipe import recipe_policy, recipe_script
    from iamsim.proofs.result import CheckResult
    from iamsim.syntax.read import parse_policy

__all__ = [
    "AccessMatrix",
    "AccountReport",
    "Answer",
    "Audit",
    "Chain",
    "Changes",
    "CheckResult",
    "Claims",
    "CompiledPolicies",
    "Contents",
    "Decision",
    "Edits",
    "Ever",
    "FileValidation",
    "Findings",
    "GeneratedPolicy",
    "IamsimError",
    "Import",
    "InputError",
    "InternalError",
    "Layer",
    "Lint",
    "Organization",
    "Outcome",
    "Paths",
    "PolicyError",
    "Reading",
    "Replay",
    "RequestError",
    "Result",
    "Sides",
    "Statistics",
    "TestRun",
    "Trust",
    "UnsupportedError",
    "Validation",
    "Verdict",
    "WhatCan",
    "WhoCan",
    "World",
    "WorldError",
    "check_access_not_granted",
    "check_equivalent",
    "check_no_new_access",
    "check_no_public_access",
    "compile_policies",
    "decide",
    "explain",
    "generate_policy",
    "import_sources",
    "load",
    "load_sides",
    "parse_policy",
    "read_call",
    "read_event",
    "read_line",
    "recipe_policy",
    "recipe_script",
    "suggest_edits",
    "validate",
    "validate_files",
]

# Names are loaded when first asked for: one room (the catalog, say) starts without the rest.
_HOMES = {
    **dict.fromkeys(("Decision", "Layer", "Outcome", "Verdict"), "iamsim.core.decision"),
    **dict.fromkeys((name for name in __all__ if name.endswith("Error")), "iamsim.core.errors"),
    **dict.fromkeys(("Edits", "suggest_edits"), "iamsim.api.edits"),
    **dict.fromkeys((name for name in __all__ if name.startswith("check_")), "iamsim.api.proofs"),
    **dict.fromkeys(("AccessMatrix", "WhatCan", "WhoCan"), "iamsim.api.access"),
    "AccountReport": "iamsim.api.account_report",
    "Audit": "iamsim.api.audits",
    "Chain": "iamsim.api.chain",
    "Claims": "iamsim.api.proofs",
    "Ever": "iamsim.api.proofs",
    **dict.fromkeys(("GeneratedPolicy", "Replay", "generate_policy"), "iamsim.api.trails"),
    **dict.fromkeys(("recipe_policy", "recipe_script"), "iamsim.importers.recipe"),
    **dict.fromkeys(
        ("Contents", "Lint", "Organization", "Statistics", "Trust"), "iamsim.api.contents"
    ),
    "Changes": "iamsim.api.differences",
    "Findings": "iamsim.api.findings",
    **dict.fromkeys(("Import", "import_sources"), "iamsim.api.importing"),
    "Paths": "iamsim.api.paths",
    **dict.fromkeys(("FileValidation", "validate_files"), "iamsim.api.policy_files"),
    "Result": "iamsim.api.results",
    **dict.fromkeys(("Sides", "load_sides"), "iamsim.api.sides"),
    "TestRun": "iamsim.api.tests_of_world",
    **dict.fromkeys(("Validation", "validate"), "iamsim.api.validation"),
    "Reading": "iamsim.calls.model",
    "CheckResult": "iamsim.proofs.result",
    "parse_policy": "iamsim.syntax.read",
    "read_event": "iamsim.calls.events",
    **dict.fromkeys(("read_call", "read_line"), "iamsim.calls.lines"),
}


def __getattr__(name: str) -> object:
    """Load a public name from its room."""
    if name not in __all__:
        message = f"module `iamsim` has no attribute `{name}`"
        raise AttributeError(message)
    value: object = getattr(_importlib.import_module(_HOMES.get(name, "iamsim.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
