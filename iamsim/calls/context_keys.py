"""Condition keys that a call's parameters tell.

A key of a service that is called like a member of the input has its value; what AWS calls
otherwise stands in `OTHERWISE`, with the path of the member.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamsim import catalog
from iamsim.calls.data import plain
from iamsim.calls.tags import tag_keys_of, tags_of

if TYPE_CHECKING:
    from iamsim.calls.model import ContextValue
    from iamsim.catalog.facts import ActionFacts

# Keys whose member has another name; `SERVICE OPERATION KEY` or `SERVICE KEY`.
OTHERWISE = {
    "ec2:VolumeSize": ("Size",),
    "ec2:VolumeIops": ("Iops",),
    "ec2:VolumeThroughput": ("Throughput",),
    "ec2:VpceServiceName": ("ServiceName",),
    "ec2:VpceServiceRegion": ("ServiceRegion",),
    "ec2:VpcePrivateDnsPreference": ("DnsOptions.PrivateDnsPreference",),
    "ec2:VpcePrivateDnsSpecifiedDomains": ("DnsOptions.PrivateDnsSpecifiedDomains",),
    "ec2:VpceServicePrivateDnsName": ("PrivateDnsName",),
    "ec2:PlacementGroupStrategy": ("Strategy",),
    "ec2:SnapshotCoolOffPeriod": ("CoolOffPeriod",),
    "ec2:SnapshotLockDuration": ("LockDuration",),
    "ec2:osuser": ("InstanceOSUser",),
    "eks:kubernetesVersion": ("version",),
    "rds:DatabaseEngine": ("Engine",),
    "rds:DatabaseClass": ("DBInstanceClass",),
    "rds:DatabaseName": ("DBName", "DatabaseName"),
    "rds:StorageSize": ("AllocatedStorage",),
    "rds:Piops": ("Iops",),
    "rds:Vpc": (),
    "kms:ScheduleKeyDeletionPendingWindowInDays": ("PendingWindowInDays",),
    "kms:KeyOrigin": ("Origin",),
    "kms:GrantOperations": ("Operations",),
    "kms:EncryptionAlgorithm": ("EncryptionAlgorithm",),
    "kms:MessageType": ("MessageType",),
    "kms:RotationPeriodInDays": ("RotationPeriodInDays",),
    "kms:ReplicaRegion": ("ReplicaRegion",),
    "kms:DataKeyPairSpec": ("KeyPairSpec",),
    "lambda:Layer": ("Layers",),
    "lambda:FunctionUrlAuthType": ("FunctionUrlAuthType", "AuthType"),
    "lambda:CodeSigningConfigArn": ("CodeSigningConfigArn",),
    "lambda:SubnetIds": ("VpcConfig.SubnetIds",),
    "lambda:SecurityGroupIds": ("VpcConfig.SecurityGroupIds",),
    "lambda:VpcIds": (),
    "lambda:FunctionArn": (),
    "lambda:EventSourceToken": ("EventSourceToken",),
    "secretsmanager:SecretId": (),
    "secretsmanager:KmsKeyArn": (),
    "secretsmanager:AddReplicaRegions": ("AddReplicaRegions.Region",),
    "sns:Endpoint": ("Endpoint",),
    "sns:Protocol": ("Protocol",),
    "ssm:Recursive": ("Recursive",),
    "ssm:Overwrite": ("Overwrite",),
    "ssm:DocumentType": ("DocumentType",),
    "ecs:task-definition": (),
    "ecs:cluster": (),
    "ecs:service": (),
    "ecs:task": (),
    "ecs:enable-execute-command": ("enableExecuteCommand",),
    "ecs:container-name": ("container",),
    "cloudformation:TemplateUrl": ("TemplateURL",),
    "cloudformation:StackPolicyUrl": ("StackPolicyURL",),
    "cloudformation:RoleArn": ("RoleARN",),
    "cloudformation:ImportResourceTypes": ("ResourcesToImport.ResourceType",),
    "cloudformation:TargetRegion": ("Regions",),
    "elasticloadbalancing:ListenerProtocol": ("Protocol", "Listeners.Protocol"),
    "elasticloadbalancing:Subnet": ("Subnets", "SubnetMappings.SubnetId"),
    "elasticloadbalancing:SecurityGroup": ("SecurityGroups",),
    "elasticloadbalancing:SecurityPolicy": ("SslPolicy",),
    "events:creatorAccount": (),
    "events:TargetArn": ("Targets.Arn",),
    "events:source": ("Entries.Source",),
    "events:detail-type": ("Entries.DetailType",),
    "events:eventBusInvocation": (),
    "events:ManagedBy": (),
    "iam:PassedToService": (),
    "iam:AssociatedResourceArn": (),
    "iam:OrganizationsPolicyId": ("OrganizationsPolicyId",),
    "iam:ServiceSpecificCredentialAgeDays": ("CredentialAgeDays",),
    "iam:ServiceSpecificCredentialServiceName": ("ServiceName",),
    "autoscaling:LaunchConfigurationName": ("LaunchConfigurationName",),
    "autoscaling:TargetGroupARNs": ("TargetGroupARNs",),
    "autoscaling:VPCZoneIdentifiers": ("VPCZoneIdentifier",),
    "autoscaling:SpotPrice": ("SpotPrice",),
    "autoscaling:ImageId": ("ImageId",),
    "organizations:PolicyType": ("Type", "PolicyType", "Filter"),
    "organizations:ServicePrincipal": ("ServicePrincipal",),
    "route53:ChangeResourceRecordSetsNormalizedRecordNames": (),
    "route53:ChangeResourceRecordSetsRecordTypes": ("ChangeBatch.Changes.ResourceRecordSet.Type",),
    "route53:ChangeResourceRecordSetsActions": ("ChangeBatch.Changes.Action",),
    "cloudwatch:namespace": ("Namespace", "namespace"),
    "sagemaker:InstanceTypes": (
        "InstanceType",
        "ResourceConfig.InstanceType",
        "ProductionVariants.InstanceType",
    ),
    "sagemaker:NetworkIsolation": (
        "EnableNetworkIsolation",
        "NetworkConfig.EnableNetworkIsolation",
    ),
    "sagemaker:InterContainerTrafficEncryption": (
        "EnableInterContainerTrafficEncryption",
        "NetworkConfig.EnableInterContainerTrafficEncryption",
    ),
    "sagemaker:VpcSecurityGroupIds": (
        "VpcConfig.SecurityGroupIds",
        "NetworkConfig.VpcConfig.SecurityGroupIds",
        "SecurityGroupIds",
    ),
    "sagemaker:VpcSubnets": ("VpcConfig.Subnets", "NetworkConfig.VpcConfig.Subnets", "SubnetId"),
    "logs:LogGeneratingResourceArns": (),
    "acm:ValidationMethod": ("ValidationMethod",),
    "acm:DomainNames": ("DomainName", "SubjectAlternativeNames"),
    "ses:FromAddress": ("FromEmailAddress", "Source"),
    "ses:Recipients": ("Destination.ToAddresses", "Destinations"),
    "sqs:QueueArn": (),
    "transfer:RequestSecurityPolicyName": ("SecurityPolicyName",),
    "transfer:RequestServerDomain": ("Domain",),
    "transfer:RequestServerEndpointType": ("EndpointType",),
    "transfer:RequestServerProtocols": ("Protocols",),
    "rbin:Request/ResourceType": ("ResourceType",),
    "redshift:IntegrationSourceArn": ("SourceArn",),
    "redshift:IntegrationTargetArn": ("TargetArn",),
    "sts:IdentityTokenAudience": ("Audience",),
    "states:HTTPMethod": (),
    "states:StateMachineQualifier": ("stateMachineQualifier",),
}


# What a build overrides of its project, where that is called otherwise.
# https://docs.aws.amazon.com/codebuild/latest/userguide/action-context-keys.html
STARTS_A_BUILD = "codebuild:StartBuild"  # StartBuildBatch begins like it
OVERRIDE = "Override"
OVERRIDDEN = {
    "environmentType": "environment.type",
    **{
        name: f"environment.{name}"
        for name in (
            "certificate",
            "computeType",
            "environmentVariables",
            "fleet",
            "image",
            "imagePullCredentialsType",
            "privilegedMode",
            "registryCredential",
        )
    },
    "sourceAuth": "source.auth",
    "sourceLocation": "source.location",
    "sourceType": "source.type",
    **{name: f"source.{name}" for name in ("buildspec", "buildStatusConfig", "insecureSsl")},
}

TELLS_STRUCTURES = "codebuild"  # whose keys also say that a structure is there

# Properties of a key of KMS, which only the call that makes it tells.
OF_NEW_KEYS = frozenset({"kms:KeySpec", "kms:KeyUsage", "kms:KeyOrigin", "kms:MultiRegion"})


def scalar(value: object) -> str:
    """Write a scalar as AWS does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def text_of(value: object, *, several: bool) -> ContextValue | None:
    """Write the value of a member as that of a key; None for a structure."""
    if isinstance(value, list | tuple):
        texts = [scalar(entry) for entry in value if not isinstance(entry, dict | list)]
        if len(texts) != len(value):
            return None
        return texts if several or len(texts) != 1 else texts[0]
    if isinstance(value, dict) or value is None:
        return None
    return [scalar(value)] if several else scalar(value)


def keys_from(
    facts: ActionFacts, type_name: str | None, parameters: Mapping[str, Any]
) -> dict[str, ContextValue | None]:
    """Give the keys of a request for an action on a resource of a type, by their names.

    None: the request carries the key, and the call does not tell its value.
    """
    found: dict[str, ContextValue | None] = {}
    if facts.full_name.startswith(STARTS_A_BUILD):
        parameters = _of_project(parameters)
    making = facts.access_level not in {"Read", "List"}
    names, own = _key_names(facts.full_name, type_name, making)
    members = {plain(name): name for name in parameters}
    for key, several in names:
        namespace, _, name = key.partition(":")
        if "." in name and "${" in name:
            found |= _of_each(namespace, name, parameters)
        if "${" in key or "/<" in key or key.endswith("/tag-key"):
            continue
        if namespace == "aws" or (key in OF_NEW_KEYS and facts.name != "CreateKey"):
            continue
        paths = OTHERWISE.get(key)
        if paths is None:
            member = name if "." in name else members.get(plain(name))
            paths = () if member is None else (member,)
        values = [_at(parameters, path) for path in paths]
        texts = [text_of(value, several=several) for value in values]
        told = next((text for text in texts if text is not None), None)
        if told is not None or (namespace == TELLS_STRUCTURES and any(values)):
            found[key] = told
    if own & {"aws:RequestTag/${TagKey}", "aws:TagKeys"}:
        tags = tags_of(parameters)
        if tags:
            found |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        keys = list(tags) or tag_keys_of(parameters)
        if keys:
            found["aws:TagKeys"] = list(keys)
    return found


def _of_project(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a build overrides, as the project has it."""
    found: dict[str, Any] = {}
    for member, value in parameters.items():
        name = member.removesuffix(OVERRIDE)
        structure, _, inner = OVERRIDDEN.get(name, name).rpartition(".")
        if not structure:
            found[inner] = value
        else:
            found.setdefault(structure, {})[inner] = value
    return found


def _of_each(
    namespace: str, template: str, parameters: Mapping[str, Any]
) -> dict[str, ContextValue | None]:
    """The keys of a list of structures, each by a member that names it: ``LIST/${MEMBER}.PATH``."""
    path, _, rest = template.partition("/${")
    member, _, inner = rest.partition("}.")
    listed = _at(parameters, path)
    return {
        f"{namespace}:{path}/{entry[member]}.{inner}": text_of(_at(entry, inner), several=False)
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict) and entry.get(member) and _at(entry, inner) is not None
    }


@lru_cache(maxsize=4096)
def _key_names(
    action: str, type_name: str | None, making: bool
) -> tuple[tuple[tuple[str, bool], ...], frozenset[str]]:
    """The keys that requests for an action on a type carry, and whether they are multivalued."""
    facts = catalog.find_action(action)
    if facts is None:
        return (), frozenset()
    names = dict.fromkeys(facts.condition_keys)
    for use in facts.resource_types:
        if type_name is None or use.name == type_name:
            names |= dict.fromkeys(use.condition_keys)
            if making and facts.service not in ("ec2", "s3") and use.required is not False:
                kind = catalog.find_resource_type(facts.service, use.name)
                names |= dict.fromkeys(() if kind is None else kind.condition_keys)
    return tuple((name, _several(name)) for name in names), frozenset(names)


@lru_cache(maxsize=8192)
def carries(action: str, key: str) -> bool:
    """Whether requests for an action may carry a key."""
    return bool(catalog.carries(action, key))


@lru_cache(maxsize=8192)
def _several(key: str) -> bool:
    facts = catalog.find_condition_key(key)
    return facts is not None and facts.multivalued


def _at(parameters: Mapping[str, Any], path: str) -> object:
    """Give the value at a path; a list of what stands in it, where lists are on the way."""
    value: Any = parameters
    for name in path.split("."):
        if isinstance(value, list):
            value = [
                entry.get(name) for entry in value if isinstance(entry, dict) and name in entry
            ]
            value = [
                inner
                for entry in value
                for inner in (entry if isinstance(entry, list) else [entry])
            ]
            if not value:
                return None
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value
