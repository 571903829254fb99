"""The kinds of resources that templates and plans name before they exist, and their ARNs.

One row serves CloudFormation and Terraform: what a resource is called in both, where its name
stands, what its ARN looks like, and what a plain reference to it gives. ARN formats are those of
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html;
references are those of each type's page under
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/introduction.html.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = [
    "BY_CLOUDFORMATION_TYPE",
    "BY_TERRAFORM_TYPE",
    "CDK_OIDC_PROVIDER",
    "ResourceKind",
    "Scope",
    "arn_of",
    "name_like",
    "partition_of_region",
    "reference_of",
    "url_suffix",
]

CDK_OIDC_PROVIDER = "Custom::AWSCDKOpenIdConnectProvider"
# Secrets Manager puts six characters of its own behind the name.
SECRET_SUFFIX = "000000"  # noqa: S105 - no password
_not_in_names = re.compile(r"[^A-Za-z0-9_+=,.@-]+")


class Scope(NamedTuple):
    """Where a resource is made."""

    partition: str
    region: str
    account: str


class ResourceKind(NamedTuple):
    """A kind of resource: `arn` is what stands behind ``arn:PARTITION:``.

    `property` and `attribute` hold the name in CloudFormation and in Terraform (empty where AWS
    makes an id instead). `reference` says what `Ref` gives, `id` what the attribute `id` gives in
    Terraform: the `name`, the `arn` or the `url`.
    """

    cloudformation: str
    terraform: str
    arn: str
    property: str
    attribute: str
    reference: str = "name"
    id: str = "name"


_HERE = "{region}:{account}"
_KINDS = (
    ResourceKind("IAM::Role", "iam_role", "iam::{account}:role{path}{name}", "RoleName", "name"),
    ResourceKind("IAM::User", "iam_user", "iam::{account}:user{path}{name}", "UserName", "name"),
    ResourceKind(
        "IAM::Group", "iam_group", "iam::{account}:group{path}{name}", "GroupName", "name"
    ),
    ResourceKind(
        "IAM::ManagedPolicy",
        "iam_policy",
        "iam::{account}:policy{path}{name}",
        "ManagedPolicyName",
        "name",
        "arn",
        "arn",
    ),
    ResourceKind(
        "IAM::InstanceProfile",
        "iam_instance_profile",
        "iam::{account}:instance-profile{path}{name}",
        "InstanceProfileName",
        "name",
    ),
    ResourceKind(
        "IAM::OIDCProvider",
        "iam_openid_connect_provider",
        "iam::{account}:oidc-provider/{name}",
        "Url",
        "url",
        "arn",
        "arn",
    ),
    ResourceKind(
        "IAM::SAMLProvider",
        "iam_saml_provider",
        "iam::{account}:saml-provider/{name}",
        "Name",
        "name",
        "arn",
        "arn",
    ),
    ResourceKind(
        "IAM::ServiceLinkedRole",
        "iam_service_linked_role",
        "iam::{account}:role{path}{name}",
        "",
        "",
        "name",
        "arn",
    ),
    ResourceKind("S3::Bucket", "s3_bucket", "s3:::{name}", "BucketName", "bucket"),
    ResourceKind(
        "S3::AccessPoint", "s3_access_point", f"s3:{_HERE}:accesspoint/{{name}}", "Name", "name"
    ),
    ResourceKind(
        "SQS::Queue", "sqs_queue", f"sqs:{_HERE}:{{name}}", "QueueName", "name", "url", "url"
    ),
    ResourceKind(
        "SNS::Topic", "sns_topic", f"sns:{_HERE}:{{name}}", "TopicName", "name", "arn", "arn"
    ),
    ResourceKind("KMS::Key", "kms_key", f"kms:{_HERE}:key/{{name}}", "", ""),
    ResourceKind("KMS::ReplicaKey", "kms_replica_key", f"kms:{_HERE}:key/{{name}}", "", ""),
    ResourceKind("KMS::Alias", "kms_alias", f"kms:{_HERE}:{{name}}", "AliasName", "name"),
    ResourceKind(
        "Lambda::Function",
        "lambda_function",
        f"lambda:{_HERE}:function:{{name}}",
        "FunctionName",
        "function_name",
    ),
    ResourceKind(
        "SecretsManager::Secret",
        "secretsmanager_secret",
        f"secretsmanager:{_HERE}:secret:{{name}}-{SECRET_SUFFIX}",
        "Name",
        "name",
        "arn",
        "arn",
    ),
    ResourceKind(
        "ECR::Repository",
        "ecr_repository",
        f"ecr:{_HERE}:repository/{{name}}",
        "RepositoryName",
        "name",
    ),
    ResourceKind(
        "DynamoDB::Table", "dynamodb_table", f"dynamodb:{_HERE}:table/{{name}}", "TableName", "name"
    ),
    ResourceKind(
        "DynamoDB::GlobalTable", "", f"dynamodb:{_HERE}:table/{{name}}", "TableName", "name"
    ),
    ResourceKind(
        "Events::EventBus",
        "cloudwatch_event_bus",
        f"events:{_HERE}:event-bus/{{name}}",
        "Name",
        "name",
    ),
    ResourceKind(
        "Events::Rule", "cloudwatch_event_rule", f"events:{_HERE}:rule/{{name}}", "Name", "name"
    ),
    ResourceKind(
        "Logs::LogGroup",
        "cloudwatch_log_group",
        f"logs:{_HERE}:log-group:{{name}}",
        "LogGroupName",
        "name",
    ),
    ResourceKind(
        "StepFunctions::StateMachine",
        "sfn_state_machine",
        f"states:{_HERE}:stateMachine:{{name}}",
        "StateMachineName",
        "name",
        "arn",
        "arn",
    ),
    ResourceKind(
        "Kinesis::Stream",
        "kinesis_stream",
        f"kinesis:{_HERE}:stream/{{name}}",
        "Name",
        "name",
        id="arn",
    ),
    ResourceKind(
        "KinesisFirehose::DeliveryStream",
        "kinesis_firehose_delivery_stream",
        f"firehose:{_HERE}:deliverystream/{{name}}",
        "DeliveryStreamName",
        "name",
        id="arn",
    ),
    ResourceKind(
        "SSM::Parameter", "ssm_parameter", f"ssm:{_HERE}:parameter/{{name}}", "Name", "name"
    ),
    ResourceKind(
        "ECS::Cluster",
        "ecs_cluster",
        f"ecs:{_HERE}:cluster/{{name}}",
        "ClusterName",
        "name",
        id="arn",
    ),
    ResourceKind(
        "ECS::TaskDefinition",
        "ecs_task_definition",
        f"ecs:{_HERE}:task-definition/{{name}}",
        "Family",
        "family",
        "arn",
    ),
    ResourceKind("EKS::Cluster", "eks_cluster", f"eks:{_HERE}:cluster/{{name}}", "Name", "name"),
    ResourceKind(
        "CodeBuild::Project",
        "codebuild_project",
        f"codebuild:{_HERE}:project/{{name}}",
        "Name",
        "name",
        id="arn",
    ),
    ResourceKind(
        "CodePipeline::Pipeline", "codepipeline", f"codepipeline:{_HERE}:{{name}}", "Name", "name"
    ),
    ResourceKind(
        "RDS::DBInstance",
        "db_instance",
        f"rds:{_HERE}:db:{{name}}",
        "DBInstanceIdentifier",
        "identifier",
    ),
    ResourceKind(
        "RDS::DBCluster",
        "rds_cluster",
        f"rds:{_HERE}:cluster:{{name}}",
        "DBClusterIdentifier",
        "cluster_identifier",
    ),
    ResourceKind(
        "EFS::FileSystem",
        "efs_file_system",
        f"elasticfilesystem:{_HERE}:file-system/{{name}}",
        "",
        "",
    ),
    ResourceKind(
        "Backup::BackupVault",
        "backup_vault",
        f"backup:{_HERE}:backup-vault:{{name}}",
        "BackupVaultName",
        "name",
    ),
    ResourceKind(
        "CertificateManager::Certificate",
        "acm_certificate",
        f"acm:{_HERE}:certificate/{{name}}",
        "",
        "",
        "arn",
        "arn",
    ),
    ResourceKind(
        "CloudFront::Distribution",
        "cloudfront_distribution",
        "cloudfront::{account}:distribution/{name}",
        "",
        "",
    ),
    ResourceKind(
        "Cognito::UserPool", "cognito_user_pool", f"cognito-idp:{_HERE}:userpool/{{name}}", "", ""
    ),
    ResourceKind(
        "Athena::WorkGroup",
        "athena_workgroup",
        f"athena:{_HERE}:workgroup/{{name}}",
        "Name",
        "name",
    ),
    ResourceKind(
        "OpenSearchService::Domain",
        "opensearch_domain",
        f"es:{_HERE}:domain/{{name}}",
        "DomainName",
        "domain_name",
    ),
    ResourceKind(
        "SSO::PermissionSet",
        "ssoadmin_permission_set",
        "sso:::permissionSet/{name}",
        "Name",
        "name",
        "arn",
        "arn",
    ),
    ResourceKind(
        "Organizations::Policy",
        "organizations_policy",
        "organizations::{account}:policy/{name}",
        "",
        "",
    ),
    ResourceKind(
        "Organizations::OrganizationalUnit",
        "organizations_organizational_unit",
        "organizations::{account}:ou/{name}",
        "",
        "",
    ),
    ResourceKind(
        "Organizations::Account",
        "organizations_account",
        "organizations::{account}:account/{name}",
        "",
        "",
    ),
    ResourceKind(
        "Organizations::Organization",
        "organizations_organization",
        "organizations::{account}:organization/{name}",
        "",
        "",
    ),
    ResourceKind(
        "ApiGateway::RestApi",
        "api_gateway_rest_api",
        "apigateway:{region}::/restapis/{name}",
        "",
        "",
    ),
    ResourceKind(
        "ApiGatewayV2::Api", "apigatewayv2_api", "apigateway:{region}::/apis/{name}", "", ""
    ),
    ResourceKind(
        "IoT::TopicRule", "iot_topic_rule", f"iot:{_HERE}:rule/{{name}}", "RuleName", "name"
    ),
    ResourceKind("EC2::VPC", "vpc", f"ec2:{_HERE}:vpc/{{name}}", "", ""),
    ResourceKind("EC2::VPCEndpoint", "vpc_endpoint", f"ec2:{_HERE}:vpc-endpoint/{{name}}", "", ""),
)

BY_CLOUDFORMATION_TYPE = {f"AWS::{kind.cloudformation}": kind for kind in _KINDS}
# The CDK's `OpenIdConnectProvider` is a custom resource with the same properties and references.
BY_CLOUDFORMATION_TYPE[CDK_OIDC_PROVIDER] = BY_CLOUDFORMATION_TYPE["AWS::IAM::OIDCProvider"]
BY_TERRAFORM_TYPE = {f"aws_{kind.terraform}": kind for kind in _KINDS if kind.terraform}


def arn_of(kind: ResourceKind, scope: Scope, name: str, path: str = "/") -> str:
    """Build the ARN of a resource from its name; the path counts for what IAM holds."""
    if kind.property == "Url":
        name = name.removeprefix("https://")
    if kind.terraform == "ssm_parameter":
        name = name.removeprefix("/")
    parts = {"region": scope.region, "account": scope.account, "name": name, "path": path}
    return f"arn:{scope.partition}:" + kind.arn.format_map(parts)


def reference_of(scope: Scope, what: str, name: str, arn: str) -> str:
    """Give what a reference stands for: `what` is `name`, `arn`, or the `url` of a queue."""
    if what == "url":
        return f"https://sqs.{scope.region}.{url_suffix(scope.partition)}/{scope.account}/{name}"
    return arn if what == "arn" else name


def name_like(*parts: str) -> str:
    """Make a name that IAM accepts of parts that may hold other characters."""
    return "-".join(filter(None, (_not_in_names.sub("-", part).strip("-") for part in parts)))


def partition_of_region(region: str) -> str:
    """Say which partition a region lies in.

    https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html.
    """
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def url_suffix(partition: str) -> str:
    """Give the domain of a partition's endpoints, which is what `AWS::URLSuffix` stands for."""
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
