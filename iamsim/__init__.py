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

from iamsim.api import (
    Answer,
    CompiledPolicies,
    World,
    compile_policies,
    decide,
    explain,
    load,
)
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
from iamsim.syntax.read import parse_policy

__all__ = [
    "Answer",
    "CompiledPolicies",
    "Decision",
    "IamsimError",
    "InputError",
    "InternalError",
    "Layer",
    "Outcome",
    "PolicyError",
    "RequestError",
    "UnsupportedError",
    "Verdict",
    "World",
    "WorldError",
    "compile_policies",
    "decide",
    "explain",
    "load",
    "parse_policy",
]
