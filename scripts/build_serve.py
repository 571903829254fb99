"""Build the table of the operations that `iamsim serve` answers, from botocore's models.

    python scripts/build_serve.py [--output FILE]

Names, types, limits and patterns of the members of requests and responses, no prose. The same
botocore gives the same bytes. What is answered is the list below; the functions that answer are
found by name.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from botocore import __version__ as botocore_version
from botocore.loaders import Loader

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "iamsim" / "serve" / "data" / "operations.json"
OPERATIONS = {
    "iam": """
        GenerateCredentialReport GenerateServiceLastAccessedDetails GetAccessKeyLastUsed
        GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountSummary
        GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy
        GetCredentialReport GetGroup GetGroupPolicy GetInstanceProfile GetLoginProfile
        GetOpenIDConnectProvider GetPolicy GetPolicyVersion GetRole GetRolePolicy GetSAMLProvider
        GetServiceLastAccessedDetails GetUser GetUserPolicy ListAccessKeys ListAccountAliases
        ListAttachedGroupPolicies
        ListAttachedRolePolicies ListAttachedUserPolicies ListEntitiesForPolicy ListGroupPolicies
        ListGroups ListGroupsForUser ListInstanceProfileTags ListInstanceProfiles
        ListInstanceProfilesForRole ListMFADevices ListOpenIDConnectProviderTags
        ListOpenIDConnectProviders ListPolicies ListPolicyTags ListPolicyVersions ListRolePolicies
        ListRoleTags ListRoles ListSAMLProviderTags ListSAMLProviders ListServerCertificates
        ListSigningCertificates ListSSHPublicKeys ListUserPolicies ListUserTags ListUsers
        ListVirtualMFADevices SimulateCustomPolicy SimulatePrincipalPolicy
    """,
    "sts": "GetAccessKeyInfo GetCallerIdentity",
    "accessanalyzer": """
        CheckAccessNotGranted CheckNoNewAccess CheckNoPublicAccess GetAnalyzer GetFinding
        GetFindingV2 ListAnalyzers ListArchiveRules ListFindings ListFindingsV2 ValidatePolicy
    """,
    "organizations": """
        DescribeAccount DescribeOrganization DescribeOrganizationalUnit DescribePolicy ListAccounts
        ListAccountsForParent ListChildren ListDelegatedAdministrators
        ListDelegatedServicesForAccount ListOrganizationalUnitsForParent ListParents ListPolicies
        ListPoliciesForTarget ListRoots ListTargetsForPolicy
    """,
}
LIMITS = ("min", "max", "pattern", "enum")

Json = dict[str, Any]


def build() -> Json:
    """All services."""
    return {"botocore": botocore_version, "services": {name: _service(name) for name in OPERATIONS}}


def _service(name: str) -> Json:
    model = Loader().load_service_model(name, "service-2")
    metadata = model["metadata"]
    served = OPERATIONS[name].split()
    shapes: Json = {}
    operations: Json = {}
    for member in served:
        operation = model["operations"][member]
        entry: Json = {
            "method": operation["http"]["method"],
            "uri": operation["http"]["requestUri"],
        }
        for side in ("input", "output"):
            if side in operation:
                entry[side] = operation[side]["shape"]
                _collect(model["shapes"], entry[side], shapes)
        if "resultWrapper" in operation.get("output", {}):
            entry["wrapper"] = operation["output"]["resultWrapper"]
        operations[member] = entry
    return {
        "protocol": metadata["protocol"],
        "version": metadata["apiVersion"],
        "signing_name": metadata.get("signingName", metadata["endpointPrefix"]),
        "namespace": metadata.get("xmlNamespace", ""),
        "target": metadata.get("targetPrefix", ""),
        "operations": dict(sorted(operations.items())),
        "others": sorted(set(model["operations"]) - set(served)),
        "shapes": dict(sorted(shapes.items())),
    }


def _collect(every: Json, name: str, found: Json) -> None:
    """A shape, and all that it is made of."""
    if name in found:
        return
    shape = every[name]
    entry = found[name] = {"type": shape["type"]}
    entry.update({limit: shape[limit] for limit in LIMITS if limit in shape})
    if "timestampFormat" in shape:
        entry["format"] = shape["timestampFormat"]
    match shape["type"]:
        case "structure":
            entry["required"] = shape.get("required", [])
            entry["members"] = {}
            for member, use in shape["members"].items():
                wire = use.get("locationName", member)
                entry["members"][member] = [use["shape"], wire, use.get("location", "")]
                _collect(every, use["shape"], found)
        case "list":
            entry["member"] = shape["member"]["shape"]
            _collect(every, entry["member"], found)
        case "map":
            entry["key"], entry["value"] = shape["key"]["shape"], shape["value"]["shape"]
            _collect(every, entry["key"], found)
            _collect(every, entry["value"], found)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    output = parser.parse_args().output
    output.write_text(json.dumps(build(), separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
