"""AWS KMS, Secrets Manager, Systems Manager.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim import catalog
from iamsim.calls.arns import ANYTHING, Resource
from iamsim.calls.context_keys import carries
from iamsim.calls.extras import key_resource
from iamsim.calls.model import ALWAYS, DEPENDS, ContextValue
from iamsim.calls.tags import pairs_of

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker

CONTEXTS = ("EncryptionContext", "SourceEncryptionContext", "DestinationEncryptionContext")


def _encryption(asker: Asker, name: str = "EncryptionContext") -> dict[str, ContextValue]:
    """Keys of an encryption context.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    given = asker.get(name)
    if not isinstance(given, dict) or not given:
        return {}
    found: dict[str, ContextValue] = {
        f"kms:EncryptionContext:{key}": str(value) for key, value in given.items()
    }
    found["kms:EncryptionContextKeys"] = [str(key) for key in given]
    return found


def _kms(asker: Asker) -> None:
    name = asker.operation.name
    key = asker.get("KeyId") or asker.get("TargetKeyId")
    if name == "ReEncrypt":
        _reencrypt(asker)
        return
    context = _encryption(asker)
    if name == "CreateGrant":
        context |= _grant(asker)
    facts = catalog.find_action(f"kms:{name}")
    if facts is None or not any(use.name == "key" for use in facts.resource_types):
        asker.ask_all()
        if name == "CreateKey" and asker.get("MultiRegion") is True:
            _linked_role(asker)
        return
    if name in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        alias = str(asker.get("AliasName") or "alias/*")
        asker.ask(
            f"kms:{name}", Resource(asker.arn("kms", alias), asker.get("AliasName") is not None)
        )
    if key is None:
        asker.ask(f"kms:{name}", Resource(asker.arn("kms", "key/*"), known=False), context=context)
        return
    resource, alias_keys = key_resource(asker, str(key))
    (asked,) = asker.ask(f"kms:{name}", resource, context={**context, **alias_keys})
    if name == "ReplicateKey":
        _replica(asker, asked.resource)
    region = asker.get("PrimaryRegion")
    if name == "UpdatePrimaryRegion" and region:  # on the replica in its own Region as well
        asker.ask(
            "kms:UpdatePrimaryRegion",
            _in_region(asked.resource, str(region)),
            context={"aws:RequestedRegion": str(region)},
            because="the replica becomes the primary key",
        )


def _in_region(key: str, region: str) -> Resource:
    """The key of a multi-Region key in another Region, which has the same id."""
    arn = key.split(":")
    arn[3] = region
    return Resource(":".join(arn), "*" not in key)


def _replica(asker: Asker, primary: str) -> None:
    """A replica key is made, and tagged, in its own Region.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
    """
    region = asker.get("ReplicaRegion")
    context: dict[str, ContextValue] = {"aws:RequestedRegion": str(region)} if region else {}
    because = "makes the replica in its Region"
    asker.ask("kms:CreateKey", "*", context=context, keys=False, because=because)
    tags = pairs_of(asker.parameters.pop("Tags", None))
    if tags and region:
        context |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        context["aws:TagKeys"] = list(tags)
        replica = _in_region(primary, str(region))
        asker.ask(
            "kms:TagResource", replica, context=context, keys=False, because="tags what is made"
        )


def _linked_role(asker: Asker) -> None:
    """The first multi-Region key of an account makes a service-linked role.

    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-auth-slr.html
    """
    name = "AWSServiceRoleForKeyManagementServiceMultiRegionKeys"
    asker.ask(
        "iam:CreateServiceLinkedRole",
        Resource(asker.arn("iam", f"role/aws-service-role/*/{name}", region=False), known=False),
        unknown=("iam:AWSServiceName",),
        needed=DEPENDS,
        because="where the account has no such role yet",
        keys=False,
    )


def _grant(asker: Asker) -> dict[str, ContextValue]:
    found: dict[str, ContextValue] = {}
    for member, key in (
        ("GranteePrincipal", "kms:GranteePrincipal"),
        ("RetiringPrincipal", "kms:RetiringPrincipal"),
    ):
        if asker.get(member):
            found[key] = str(asker.get(member))
    constraints = asker.get("Constraints")
    if isinstance(constraints, dict) and constraints:
        kinds = [kind for kind in constraints if kind.startswith("EncryptionContext")]
        found["kms:GrantConstraintType"] = kinds or list(constraints)
        for kind in kinds:
            pairs = constraints[kind] if isinstance(constraints[kind], dict) else {}
            found |= {f"kms:EncryptionContext:{name}": str(of) for name, of in pairs.items()}
    found["kms:GrantIsForAWSResource"] = "false"
    return found


def _reencrypt(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html."""
    for action, member, contexts in (
        ("kms:ReEncryptFrom", "SourceKeyId", "SourceEncryptionContext"),
        ("kms:ReEncryptTo", "DestinationKeyId", "DestinationEncryptionContext"),
    ):
        key = asker.get(member)
        resource, alias = (
            key_resource(asker, str(key))
            if key
            else (Resource(asker.arn("kms", "key/*"), known=False), {})
        )
        asker.ask(action, resource, context={**_encryption(asker, contexts), **alias})


def _secret(asker: Asker, secret: object) -> Resource:
    """The ARN of a secret ends with six characters that only its full ARN tells.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
    """
    text = str(secret or "*")
    if text.startswith("arn:"):
        complete = len(text.rpartition("-")[2]) == 6 and "-" in text.rpartition(":")[2]  # noqa: PLR2004
        return Resource(text if complete else f"{text}-*", complete)
    return Resource(
        asker.arn("secretsmanager", f"secret:{text}-*" if secret else "secret:*"), False
    )


SECRET_KEYS = {
    "GetSecretValue": ("kms:Decrypt",),
    "BatchGetSecretValue": ("kms:Decrypt",),
    "PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
    "CreateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
    "UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
}


def _secrets(asker: Asker) -> None:
    name = asker.operation.name
    if name == "ListSecrets" or not asker.operation.asks:
        asker.ask_all()
        return
    if name == "BatchGetSecretValue":
        asker.ask("secretsmanager:BatchGetSecretValue", "*")
        listed = asker.get("SecretIdList")
        if isinstance(listed, list):
            for entry in listed:
                asker.ask("secretsmanager:GetSecretValue", _secret(asker, entry), keys=False)
        elif asker.get("Filters"):
            asker.ask("secretsmanager:ListSecrets", "*", keys=False)
    elif name in ("GetRandomPassword", "ValidateResourcePolicy") and not asker.get("SecretId"):
        asker.ask_all()
    else:
        secret = asker.get("Name") if name == "CreateSecret" else asker.get("SecretId")
        context: dict[str, ContextValue] = {}
        if asker.get("VersionStage"):
            context["secretsmanager:VersionStage"] = str(asker.get("VersionStage"))
        if asker.get("VersionId"):
            context["secretsmanager:VersionId"] = str(asker.get("VersionId"))
        asker.ask(
            f"secretsmanager:{name}",
            _secret(asker, secret),
            context=_carried(f"secretsmanager:{name}", context),
        )
    rotation = asker.get("RotationLambdaARN")
    if rotation and name == "RotateSecret":
        asker.ask(
            "lambda:InvokeFunction",
            Resource(str(rotation)),
            because="runs the rotation",
            keys=False,
        )
    _secret_key(asker, name)


def _secret_key(asker: Asker, name: str) -> None:
    """Ask for the key of a secret: the one that the call names, or one that the secret has."""
    actions = SECRET_KEYS.get(name, ())
    key = asker.get("KmsKeyId")
    if (
        name == "UpdateSecret"
        and not key
        and not asker.get("SecretString")
        and not asker.get("SecretBinary")
    ):
        return
    if name == "CreateSecret" and not key:
        return
    resource, context = (
        key_resource(asker, str(key))
        if key
        else (Resource(asker.arn("kms", "key/*"), known=False), {})
    )
    for action in actions:
        asker.ask(
            action,
            resource,
            context=context,
            unknown=("kms:EncryptionContext:SecretARN",),
            needed=ALWAYS if key and name == "CreateSecret" else DEPENDS,
            because="the secret's key, where it is the customer's",
            via="secretsmanager.amazonaws.com",
            keys=False,
        )


def _carried(action: str, context: dict[str, ContextValue]) -> dict[str, ContextValue]:
    return {key: value for key, value in context.items() if carries(action, key)}


def _parameter(asker: Asker, name: str) -> Resource:
    """A parameter is named by its path.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
    """
    if name.startswith("arn:"):
        return Resource(name)
    return Resource(
        asker.arn("ssm", f"parameter/{name.lstrip('/')}"), bool(name) and "*" not in name
    )


def _parameters(asker: Asker) -> None:
    name = asker.operation.name
    given: list[Any] = [asker.get("Name") or asker.get("Path")]
    if isinstance(asker.get("Names"), list):
        given = asker.get("Names") or []
    parameters = []
    for entry in given:
        text = str(entry or "*")
        # a version or a label follows a colon
        plain = text if text.startswith("arn:") else text.partition(":")[0]
        parameters.append(_parameter(asker, plain))
    context: dict[str, ContextValue] = {}
    if name == "GetParametersByPath":
        context["ssm:Recursive"] = "true" if asker.get("Recursive") else "false"
    if name == "PutParameter":
        context["ssm:Overwrite"] = "true" if asker.get("Overwrite") else "false"
    asker.ask(f"ssm:{name}", *parameters, context=_carried(f"ssm:{name}", context))
    _parameter_key(asker, name, parameters)


def _parameter_key(asker: Asker, name: str, found: list[Resource]) -> None:
    """Secure strings.

    https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
    """
    key = asker.get("KeyId")
    writes = name == "PutParameter" and asker.get("Type") == "SecureString"
    if not writes and not (name.startswith("Get") and asker.get("WithDecryption")):
        return
    resource, alias = (
        key_resource(asker, str(key))
        if key
        else (Resource(asker.arn("kms", "key/*"), known=False), {})
    )
    advanced = asker.get("Tier") in ("Advanced", "Intelligent-Tiering")
    action = "kms:Decrypt" if not writes else "kms:GenerateDataKey" if advanced else "kms:Encrypt"
    context: dict[str, ContextValue] = dict(alias)
    if len(found) == 1 and found[0].known and name != "GetParametersByPath":
        context["kms:EncryptionContext:PARAMETER_ARN"] = found[0].arn
    asker.ask(
        action,
        resource,
        context=context,
        needed=ALWAYS if writes and key else DEPENDS,
        because="secure strings, where their key is the customer's",
        via="ssm.amazonaws.com",
        keys=False,
    )


SSM_TYPES = {
    "Parameter": "parameter/{}",
    "Document": "document/{}",
    "ManagedInstance": "managed-instance/{}",
    "MaintenanceWindow": "maintenancewindow/{}",
    "PatchBaseline": "patchbaseline/{}",
    "OpsItem": "opsitem/{}",
    "OpsMetadata": "opsmetadata/{}",
    "Automation": "automation-execution/{}",
    "Association": "association/{}",
}


def _ssm_tags(asker: Asker) -> None:
    kind, one = str(asker.get("ResourceType") or ""), str(asker.get("ResourceId") or "")
    form = SSM_TYPES.get(kind)
    resource = ANYTHING
    if form is not None and one:
        resource = Resource(
            one if one.startswith("arn:") else asker.arn("ssm", form.format(one.lstrip("/")))
        )
    asker.ask(f"ssm:{asker.operation.name}", resource)


def _document(asker: Asker, name: object) -> Resource:
    """AWS's own documents have no account in their ARN."""
    text = str(name or "*")
    if text.startswith("arn:"):
        return Resource(text)
    owned = text.startswith(("AWS-", "AWS", "Amazon"))
    return Resource(asker.arn("ssm", f"document/{text}", account=not owned), text != "*")


def _instances(asker: Asker, targets: list[Any]) -> list[Resource]:
    instances = []
    for target in targets:
        text = str(target)
        if text.startswith("mi-"):
            instances.append(Resource(asker.arn("ssm", f"managed-instance/{text}")))
        elif text.startswith("ecs:"):
            parts = text.removeprefix("ecs:").split("_")
            instances.append(Resource(asker.arn("ecs", "task/" + "/".join(parts[:2]))))
        else:
            instances.append(Resource(asker.arn("ec2", f"instance/{text}"), text.startswith("i-")))
    return instances


def _send_command(asker: Asker) -> None:
    """A command asks for its document and for every instance.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/security_iam_service-with-iam.html
    """
    asker.ask("ssm:SendCommand", _document(asker, asker.get("DocumentName")))
    targets = list(asker.get("InstanceIds") or [])
    for target in asker.get("Targets") or []:
        if isinstance(target, dict) and str(target.get("Key", "")).lower() == "instanceids":
            targets += target.get("Values") or []
    resources = _instances(asker, targets) or [
        Resource(asker.arn("ec2", "instance/*"), known=False)
    ]
    asker.ask("ssm:SendCommand", *resources)


def _start_session(asker: Asker) -> None:
    """A session asks for its target, and for a document that is named.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-quickstart.html
    """
    targets = [asker.get("Target")] if asker.get("Target") else []
    resources = _instances(asker, targets) or [
        Resource(asker.arn("ec2", "instance/*"), known=False)
    ]
    asker.ask("ssm:StartSession", *resources)
    document = asker.get("DocumentName")
    if document:
        asker.ask("ssm:StartSession", _document(asker, document))


def _prepare_ssm(asker: Asker) -> None:
    named = ("Document", "Association")
    document = asker.get("DocumentName") or (
        asker.get("Name") if any(text in asker.operation.name for text in named) else None
    )
    if isinstance(document, str) and document.startswith(("AWS-", "Amazon")):
        asker.parameters["ResolvedDocument"] = _document(asker, document).arn


HANDLERS = {
    ("kms", "*"): _kms,
    ("secretsmanager", "*"): _secrets,
    ("ssm", "SendCommand"): _send_command,
    ("ssm", "StartSession"): _start_session,
    ("ssm", "AddTagsToResource"): _ssm_tags,
    ("ssm", "RemoveTagsFromResource"): _ssm_tags,
    ("ssm", "ListTagsForResource"): _ssm_tags,
    **{
        ("ssm", name): _parameters
        for name in (
            "DeleteParameter",
            "DeleteParameters",
            "GetParameter",
            "GetParameterHistory",
            "GetParameters",
            "GetParametersByPath",
            "LabelParameterVersion",
            "PutParameter",
            "UnlabelParameterVersion",
        )
    },
}
PREPARE = {"ssm": _prepare_ssm}
