"""IAM and STS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.calls.arns import Resource
from iamsim.calls.tags import pairs_of

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker
    from iamsim.calls.model import ContextValue


def _assume(asker: Asker) -> None:
    """AssumeRole and its kin ask for session tags, the source identity and contexts as well.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/trustedidentitypropagation-identity-enhanced-iam-role-sessions.html
    """
    role = asker.get("RoleArn")
    resource = (
        Resource(str(role)) if role else Resource(asker.arn("iam", "role/*", region=False), False)
    )
    context: dict[str, ContextValue] = {}
    for member, key in (
        ("RoleSessionName", "sts:RoleSessionName"),
        ("ExternalId", "sts:ExternalId"),
        ("SourceIdentity", "sts:SourceIdentity"),
    ):
        if asker.get(member):
            context[key] = str(asker.get(member))
    tags = pairs_of(asker.get("Tags"))
    transitive = asker.get("TransitiveTagKeys")
    if tags:
        context |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        context["aws:TagKeys"] = list(tags)
    if isinstance(transitive, list) and transitive:
        context["sts:TransitiveTagKeys"] = [str(entry) for entry in transitive]
    asker.ask(f"sts:{asker.operation.name}", resource, context=context, keys=False)
    if tags or transitive:
        asker.ask(
            "sts:TagSession", resource, context=context, because="passes session tags", keys=False
        )
    if asker.get("SourceIdentity"):
        asker.ask(
            "sts:SetSourceIdentity",
            resource,
            context=context,
            because="sets the source identity",
            keys=False,
        )
    contexts = asker.get("ProvidedContexts")
    if isinstance(contexts, list) and contexts:
        providers = [str(piece.get("ProviderArn")) for piece in contexts if isinstance(piece, dict)]
        asker.ask(
            "sts:SetContext",
            resource,
            context=context | {"sts:RequestContextProviders": list[str](providers)},
            because="provides a context",
            keys=False,
        )
    if asker.operation.name != "AssumeRole":
        asker.note("tags and the source identity that the token carries are asked as well")


def _federation_token(asker: Asker) -> None:
    name = asker.get("Name")
    resource = Resource(asker.arn("sts", f"federated-user/{name or '*'}", region=False), bool(name))
    tags = pairs_of(asker.get("Tags"))
    context: dict[str, ContextValue] = {
        f"aws:RequestTag/{key}": value for key, value in tags.items()
    }
    if tags:
        context["aws:TagKeys"] = list(tags)
    asker.ask("sts:GetFederationToken", resource, context=context, keys=False)
    if tags:
        asker.ask(
            "sts:TagSession", resource, context=context, because="passes session tags", keys=False
        )


def _identity_token(asker: Asker) -> None:
    """Tags and scopes of a token need a permission of their own.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
    """
    context: dict[str, ContextValue] = {}
    audiences, scopes = asker.get("Audience"), asker.get("Scope")
    if isinstance(audiences, list):
        context["sts:IdentityTokenAudience"] = [str(entry) for entry in audiences]
    if scopes:
        context["sts:IdentityTokenScope"] = list[str](str(scopes).split())
    if asker.get("SubjectMode"):
        context["sts:SubjectMode"] = str(asker.get("SubjectMode"))
    asker.ask("sts:GetWebIdentityToken", context=context)
    if asker.get("Tags"):
        asker.ask("sts:TagGetWebIdentityToken", context=context, because="tags the token")
    if scopes:
        asker.ask("sts:SetWebIdentityTokenScope", context=context, because="sets the token's scope")


def _assume_root(asker: Asker) -> None:
    target = str(asker.get("TargetPrincipal") or "*")
    arn = target if target.startswith("arn:") else f"arn:{asker.place.partition}:iam::{target}:root"
    policy = asker.get("TaskPolicyArn")
    if isinstance(policy, dict):
        policy = policy.get("arn")
    context = {"sts:TaskPolicyArn": str(policy)} if policy else {}
    asker.ask("sts:AssumeRoot", Resource(arn, target != "*"), context=context, keys=False)


def _linked_role(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html."""
    service = asker.get("AWSServiceName")
    resource = asker.arn("iam", f"role/aws-service-role/{service or '*'}/*", region=False)
    asker.ask("iam:CreateServiceLinkedRole", Resource(resource, known=False))


def _prepare(asker: Asker) -> None:
    """IAM names users, roles and groups without their path; a call that makes one tells it."""
    path = str(asker.get("Path") or "").strip("/")
    name = asker.operation.name
    if not path or not name.startswith("Create"):
        return
    for member in ("UserName", "RoleName", "GroupName", "PolicyName", "InstanceProfileName"):
        if asker.get(member):
            asker.parameters[member] = f"{path}/{asker.get(member)}"
            return


def _own_user(asker: Asker) -> None:
    """Without a user name, these are about the caller: its ARN is not in the call."""
    if asker.get("UserName") or not asker.operation.asks:
        asker.ask_all()
        return
    resource = Resource(asker.arn("iam", "user/*", region=False), known=False)
    for asks in asker.operation.asks:
        asker.ask(asks.action, resource, because="about the user who calls")


def _instance_profile(asker: Asker) -> None:
    """A role that goes into a profile is handed over.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
    """
    from iamsim.calls.extras import ask_pass_role

    asker.ask_all()
    role = asker.get("RoleName")
    if role and asker.operation.name == "AddRoleToInstanceProfile":
        arn = asker.arn("iam", f"role/{role}", region=False)
        ask_pass_role(asker, arn, "ec2.amazonaws.com", "hands the role over to an instance profile")


def _on_target(asker: Asker) -> None:
    """Policies of Organizations are attached to roots, units and accounts.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_permissions_overview.html
    """
    asker.ask_all()
    target = str(asker.get("TargetId") or "")
    if not target:
        return
    kind = "root" if target.startswith("r-") else "ou" if target.startswith("ou-") else "account"
    arn = asker.arn("organizations", f"{kind}/o-*/{target}", region=False)
    asker.ask(f"organizations:{asker.operation.name}", Resource(arn, known=False))


# What calls of Organizations make that tags can go onto.
MADE = {
    "CreateAccount": "account/o-*/*",
    "CreateGovCloudAccount": "account/o-*/*",
    "CreateOrganizationalUnit": "ou/o-*/ou-*",
    "CreatePolicy": "policy/o-*/*/p-*",
    "InviteAccountToOrganization": "account/o-*/*",
}


def _with_tags(asker: Asker) -> None:
    """Calls of Organizations that pass tags ask for their permission too.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
    """
    asker.ask_all()
    if asker.get("Tags"):
        made = asker.arn("organizations", MADE[asker.operation.name], region=False)
        tagged = Resource(made, known=False)
        asker.ask("organizations:TagResource", tagged, because="tags what is made")


def _service_linked(asker: Asker) -> None:
    """Service-linked roles are under the path of their service, which their name does not tell.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
    """
    name = asker.get("RoleName") or "*"
    arn = asker.arn("iam", f"role/aws-service-role/*/{name}", region=False)
    asker.ask(f"iam:{asker.operation.name}", Resource(arn, known=False))


def _oidc_provider(asker: Asker) -> None:
    """A provider's ARN ends with its URL.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    url = str(asker.get("Url") or "*").removeprefix("https://").rstrip("/")
    resource = Resource(asker.arn("iam", f"oidc-provider/{url}", region=False), url != "*")
    asker.ask("iam:CreateOpenIDConnectProvider", resource)


def _principal(asker: Asker) -> None:
    """Simulations: about the user, group or role that an ARN names."""
    arn = asker.get("PolicySourceArn") or asker.get("Arn")
    for asks in asker.operation.asks:
        asker.ask(asks.action, Resource(str(arn) if arn else "*", bool(arn)))


HANDLERS = {
    ("sts", "AssumeRole"): _assume,
    ("sts", "AssumeRoleWithSAML"): _assume,
    ("sts", "AssumeRoleWithWebIdentity"): _assume,
    ("sts", "AssumeRoot"): _assume_root,
    ("sts", "GetFederationToken"): _federation_token,
    ("sts", "GetWebIdentityToken"): _identity_token,
    ("organizations", "AttachPolicy"): _on_target,
    ("organizations", "DetachPolicy"): _on_target,
    **{("organizations", name): _with_tags for name in MADE},
    ("iam", "CreateServiceLinkedRole"): _linked_role,
    ("iam", "DeleteServiceLinkedRole"): _service_linked,
    ("iam", "AddRoleToInstanceProfile"): _instance_profile,
    ("iam", "CreateOpenIDConnectProvider"): _oidc_provider,
    ("iam", "SimulatePrincipalPolicy"): _principal,
    ("iam", "GetContextKeysForPrincipalPolicy"): _principal,
    ("iam", "GenerateServiceLastAccessedDetails"): _principal,
    ("iam", "ListPoliciesGrantingServiceAccess"): _principal,
    **{
        ("iam", name): _own_user
        for name in (
            "ChangePassword",
            "CreateAccessKey",
            "DeleteAccessKey",
            "DeleteServiceSpecificCredential",
            "DeleteSigningCertificate",
            "GetAccessKeyLastUsed",
            "GetUser",
            "ListAccessKeys",
            "ListMFADevices",
            "ListServiceSpecificCredentials",
            "ListSigningCertificates",
            "UpdateAccessKey",
            "UploadSigningCertificate",
        )
    },
}
PREPARE = {"iam": _prepare}
