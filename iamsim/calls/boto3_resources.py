"""What `boto3.resource` gives: things with identifiers, whose methods are calls of the client.

https://boto3.amazonaws.com/v1/documentation/api/latest/guide/resources.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource: its kind, and the parameters that its identifiers set."""

    service: str
    kind: str
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The kind as people write it."""
        return f"`{self.kind}` of {self.service}" if self.kind else f"the resource `{self.service}`"


@dataclass(frozen=True, slots=True)
class Result:
    """What a method gives: a call, another thing, or both."""

    operation: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    thing: Thing | None = None


# By service: sub-resources by kind with the parameters of their identifiers.
RESOURCES: dict[str, dict[str, tuple[str, ...]]] = {
    "s3": {
        "Bucket": ("Bucket",),
        "Object": ("Bucket", "Key"),
        "ObjectSummary": ("Bucket", "Key"),
        "ObjectVersion": ("Bucket", "Key", "VersionId"),
        "ObjectAcl": ("Bucket", "Key"),
        "BucketAcl": ("Bucket",),
        "BucketPolicy": ("Bucket",),
        "BucketVersioning": ("Bucket",),
        "BucketTagging": ("Bucket",),
        "BucketWebsite": ("Bucket",),
        "BucketCors": ("Bucket",),
        "MultipartUpload": ("Bucket", "Key", "UploadId"),
    },
    "dynamodb": {"Table": ("TableName",)},
    "sqs": {"Queue": ("QueueUrl",), "Message": ("QueueUrl", "ReceiptHandle")},
    "sns": {"Topic": ("TopicArn",), "Subscription": ("SubscriptionArn",)},
    "ec2": {
        "Instance": ("InstanceIds",),
        "SecurityGroup": ("GroupId",),
        "Volume": ("VolumeId",),
        "Vpc": ("VpcId",),
        "Subnet": ("SubnetId",),
        "Image": ("ImageId",),
        "Snapshot": ("SnapshotId",),
    },
    "iam": {
        "User": ("UserName",),
        "Role": ("RoleName",),
        "Group": ("GroupName",),
        "Policy": ("PolicyArn",),
    },
    "cloudformation": {"Stack": ("StackName",)},
}
LISTS = frozenset({"InstanceIds"})
# By service and kind: methods (and collections) with the operation that they call.
METHODS: dict[tuple[str, str], dict[str, str]] = {
    ("s3", ""): {"create_bucket": "CreateBucket", "buckets": "ListBuckets"},
    ("s3", "Bucket"): {
        "objects": "ListObjects",
        "object_versions": "ListObjectVersions",
        "multipart_uploads": "ListMultipartUploads",
        "create": "CreateBucket",
        "delete": "DeleteBucket",
        "put_object": "PutObject",
        "delete_objects": "DeleteObjects",
        "upload_file": "upload_file",
        "upload_fileobj": "upload_fileobj",
        "download_file": "download_file",
        "download_fileobj": "download_fileobj",
        "copy": "copy",
        "wait_until_exists": "HeadBucket",
        "wait_until_not_exists": "HeadBucket",
        "load": "ListBuckets",
    },
    ("s3", "Object"): {
        "get": "GetObject",
        "put": "PutObject",
        "delete": "DeleteObject",
        "load": "HeadObject",
        "reload": "HeadObject",
        "copy_from": "CopyObject",
        "copy": "copy",
        "upload_file": "upload_file",
        "upload_fileobj": "upload_fileobj",
        "download_file": "download_file",
        "download_fileobj": "download_fileobj",
        "restore_object": "RestoreObject",
        "initiate_multipart_upload": "CreateMultipartUpload",
        "wait_until_exists": "HeadObject",
        "wait_until_not_exists": "HeadObject",
    },
    ("s3", "ObjectSummary"): {
        "get": "GetObject",
        "put": "PutObject",
        "delete": "DeleteObject",
        "copy_from": "CopyObject",
        "load": "HeadObject",
    },
    ("s3", "ObjectVersion"): {"get": "GetObject", "delete": "DeleteObject", "head": "HeadObject"},
    ("s3", "ObjectAcl"): {"put": "PutObjectAcl", "load": "GetObjectAcl"},
    ("s3", "BucketAcl"): {"put": "PutBucketAcl", "load": "GetBucketAcl"},
    ("s3", "BucketPolicy"): {
        "put": "PutBucketPolicy",
        "delete": "DeleteBucketPolicy",
        "load": "GetBucketPolicy",
    },
    ("s3", "BucketVersioning"): {
        "enable": "PutBucketVersioning",
        "suspend": "PutBucketVersioning",
        "put": "PutBucketVersioning",
        "load": "GetBucketVersioning",
    },
    ("s3", "BucketTagging"): {
        "put": "PutBucketTagging",
        "delete": "DeleteBucketTagging",
        "load": "GetBucketTagging",
    },
    ("s3", "BucketWebsite"): {
        "put": "PutBucketWebsite",
        "delete": "DeleteBucketWebsite",
        "load": "GetBucketWebsite",
    },
    ("s3", "BucketCors"): {
        "put": "PutBucketCors",
        "delete": "DeleteBucketCors",
        "load": "GetBucketCors",
    },
    ("s3", "MultipartUpload"): {
        "abort": "AbortMultipartUpload",
        "complete": "CompleteMultipartUpload",
        "parts": "ListParts",
    },
    ("dynamodb", ""): {
        "create_table": "CreateTable",
        "batch_get_item": "BatchGetItem",
        "batch_write_item": "BatchWriteItem",
        "tables": "ListTables",
    },
    ("dynamodb", "Table"): {
        "get_item": "GetItem",
        "put_item": "PutItem",
        "delete_item": "DeleteItem",
        "update_item": "UpdateItem",
        "query": "Query",
        "scan": "Scan",
        "delete": "DeleteTable",
        "update": "UpdateTable",
        "load": "DescribeTable",
        "reload": "DescribeTable",
        "wait_until_exists": "DescribeTable",
        "wait_until_not_exists": "DescribeTable",
        "batch_writer": "BatchWriteItem",
    },
    ("sqs", ""): {
        "create_queue": "CreateQueue",
        "get_queue_by_name": "GetQueueUrl",
        "queues": "ListQueues",
    },
    ("sqs", "Queue"): {
        "send_message": "SendMessage",
        "send_messages": "SendMessageBatch",
        "receive_messages": "ReceiveMessage",
        "delete_messages": "DeleteMessageBatch",
        "change_message_visibility_batch": "ChangeMessageVisibilityBatch",
        "purge": "PurgeQueue",
        "delete": "DeleteQueue",
        "set_attributes": "SetQueueAttributes",
        "load": "GetQueueAttributes",
        "add_permission": "AddPermission",
        "remove_permission": "RemovePermission",
    },
    ("sqs", "Message"): {"delete": "DeleteMessage", "change_visibility": "ChangeMessageVisibility"},
    ("sns", ""): {"create_topic": "CreateTopic", "topics": "ListTopics"},
    ("sns", "Topic"): {
        "publish": "Publish",
        "subscribe": "Subscribe",
        "delete": "DeleteTopic",
        "set_attributes": "SetTopicAttributes",
        "load": "GetTopicAttributes",
        "subscriptions": "ListSubscriptionsByTopic",
        "confirm_subscription": "ConfirmSubscription",
        "add_permission": "AddPermission",
        "remove_permission": "RemovePermission",
    },
    ("sns", "Subscription"): {"delete": "Unsubscribe", "load": "GetSubscriptionAttributes"},
    ("ec2", ""): {
        "create_instances": "RunInstances",
        "create_security_group": "CreateSecurityGroup",
        "create_volume": "CreateVolume",
        "create_vpc": "CreateVpc",
        "create_subnet": "CreateSubnet",
        "create_tags": "CreateTags",
        "create_snapshot": "CreateSnapshot",
        "create_key_pair": "CreateKeyPair",
        "instances": "DescribeInstances",
        "volumes": "DescribeVolumes",
        "images": "DescribeImages",
        "vpcs": "DescribeVpcs",
        "subnets": "DescribeSubnets",
        "security_groups": "DescribeSecurityGroups",
        "snapshots": "DescribeSnapshots",
    },
    ("ec2", "Instance"): {
        "start": "StartInstances",
        "stop": "StopInstances",
        "terminate": "TerminateInstances",
        "reboot": "RebootInstances",
        "load": "DescribeInstances",
        "reload": "DescribeInstances",
        "monitor": "MonitorInstances",
        "wait_until_running": "DescribeInstances",
        "wait_until_stopped": "DescribeInstances",
        "wait_until_terminated": "DescribeInstances",
    },
    ("ec2", "SecurityGroup"): {
        "authorize_ingress": "AuthorizeSecurityGroupIngress",
        "authorize_egress": "AuthorizeSecurityGroupEgress",
        "revoke_ingress": "RevokeSecurityGroupIngress",
        "revoke_egress": "RevokeSecurityGroupEgress",
        "delete": "DeleteSecurityGroup",
        "load": "DescribeSecurityGroups",
    },
    ("ec2", "Volume"): {
        "delete": "DeleteVolume",
        "attach_to_instance": "AttachVolume",
        "detach_from_instance": "DetachVolume",
        "create_snapshot": "CreateSnapshot",
        "load": "DescribeVolumes",
    },
    ("ec2", "Vpc"): {
        "delete": "DeleteVpc",
        "create_subnet": "CreateSubnet",
        "load": "DescribeVpcs",
    },
    ("ec2", "Subnet"): {"delete": "DeleteSubnet", "load": "DescribeSubnets"},
    ("ec2", "Image"): {"deregister": "DeregisterImage", "load": "DescribeImages"},
    ("ec2", "Snapshot"): {"delete": "DeleteSnapshot", "load": "DescribeSnapshots"},
    ("iam", ""): {
        "create_user": "CreateUser",
        "create_role": "CreateRole",
        "create_group": "CreateGroup",
        "create_policy": "CreatePolicy",
        "users": "ListUsers",
        "roles": "ListRoles",
        "groups": "ListGroups",
        "policies": "ListPolicies",
    },
    ("iam", "User"): {
        "create": "CreateUser",
        "delete": "DeleteUser",
        "load": "GetUser",
        "attach_policy": "AttachUserPolicy",
        "detach_policy": "DetachUserPolicy",
        "add_group": "AddUserToGroup",
        "remove_group": "RemoveUserFromGroup",
        "create_access_key_pair": "CreateAccessKey",
    },
    ("iam", "Role"): {
        "delete": "DeleteRole",
        "load": "GetRole",
        "attach_policy": "AttachRolePolicy",
        "detach_policy": "DetachRolePolicy",
    },
    ("iam", "Group"): {
        "create": "CreateGroup",
        "delete": "DeleteGroup",
        "load": "GetGroup",
        "attach_policy": "AttachGroupPolicy",
        "detach_policy": "DetachGroupPolicy",
        "add_user": "AddUserToGroup",
        "remove_user": "RemoveUserFromGroup",
    },
    ("iam", "Policy"): {
        "delete": "DeletePolicy",
        "load": "GetPolicy",
        "create_version": "CreatePolicyVersion",
        "attach_role": "AttachRolePolicy",
        "attach_user": "AttachUserPolicy",
        "attach_group": "AttachGroupPolicy",
    },
    ("cloudformation", ""): {"create_stack": "CreateStack", "stacks": "DescribeStacks"},
    ("cloudformation", "Stack"): {
        "delete": "DeleteStack",
        "update": "UpdateStack",
        "load": "DescribeStacks",
        "cancel_update": "CancelUpdateStack",
    },
}
TRANSFER_NAMES = {
    "upload_file": ("Filename", "Key", "ExtraArgs"),
    "upload_fileobj": ("Fileobj", "Key", "ExtraArgs"),
    "download_file": ("Key", "Filename", "ExtraArgs"),
    "download_fileobj": ("Key", "Fileobj", "ExtraArgs"),
    "copy": ("CopySource", "Key", "ExtraArgs"),
}
KEYED_NAMES = {
    "upload_file": ("Filename", "ExtraArgs"),
    "upload_fileobj": ("Fileobj", "ExtraArgs"),
    "download_file": ("Filename", "ExtraArgs"),
    "download_fileobj": ("Fileobj", "ExtraArgs"),
    "copy": ("CopySource", "ExtraArgs"),
}
IN_COLLECTIONS = {
    ("s3", "Bucket", "objects", "delete"): "DeleteObject",
    ("s3", "Bucket", "object_versions", "delete"): "DeleteObject",
    ("ec2", "", "instances", "terminate"): "TerminateInstances",
    ("ec2", "", "instances", "stop"): "StopInstances",
    ("ec2", "", "instances", "start"): "StartInstances",
}


def made_by(service: str) -> Thing:
    """What `boto3.resource(service)` gives."""
    return Thing(service, "")


def method_of(
    thing: Thing,
    collection: str | None,
    method: str,
    positional: list[Any],
    given: dict[str, Any],
) -> Result | None:
    """Say what a method does; None for one that is not in the tables."""
    kinds = RESOURCES.get(thing.service, {})
    if collection is None and method in kinds:
        names = kinds[method][len(thing.given) :] if thing.kind else kinds[method]
        more = {
            name: [value] if name in LISTS else value
            for name, value in zip(names, positional, strict=False)
        }
        return Result(thing=Thing(thing.service, method, {**thing.given, **more}))
    methods = METHODS.get((thing.service, thing.kind), {})
    if collection is not None:
        operation = methods.get(collection)
        inside = IN_COLLECTIONS.get((thing.service, thing.kind, collection, method))
        if inside is not None:
            return Result(inside, {**thing.given, "Key": "*"} if thing.service == "s3" else {})
        if operation is None:
            return None
        return Result(operation, {**thing.given, **given})
    operation = methods.get(method)
    if operation is None:
        return None
    parameters = {**thing.given, **given}
    names = (KEYED_NAMES if "Key" in thing.given else TRANSFER_NAMES).get(method, ())
    parameters |= dict(zip(names, positional, strict=False))
    result = None
    if thing.service == "s3" and method == "create_bucket":
        result = Thing("s3", "Bucket", {"Bucket": parameters.get("Bucket", "*")})
    if thing.service == "sqs" and method == "get_queue_by_name":
        result = Thing("sqs", "Queue", {"QueueUrl": parameters.get("QueueName", "*")})
    return Result(operation, parameters, result)
