"""Amazon S3: which permissions an operation needs depends on its parameters.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html and the
page of each operation in the API Reference ("Permissions").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from iamsim import catalog
from iamsim.calls.arns import Resource
from iamsim.calls.context_keys import carries
from iamsim.calls.extras import ask_pass_role, key_resource
from iamsim.calls.model import ALWAYS, DEPENDS, ContextValue
from iamsim.calls.tags import pairs_of
from iamsim.core.arn import parse_arn

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker

OBJECT_LAMBDA = "s3-object-lambda"
API = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_"

# Operations on a bucket that are not called like their permission.
BUCKET = {
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
# Operations on an object: the permission, and that for a version where it is another one.
OBJECT = {
    "AbortMultipartUpload": ("AbortMultipartUpload", None),
    "CompleteMultipartUpload": ("PutObject", None),
    "CreateMultipartUpload": ("PutObject", None),
    "DeleteObject": ("DeleteObject", "DeleteObjectVersion"),
    "DeleteObjectTagging": ("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "GetObject": ("GetObject", "GetObjectVersion"),
    "GetObjectAcl": ("GetObjectAcl", "GetObjectVersionAcl"),
    "GetObjectLegalHold": ("GetObjectLegalHold", None),
    "GetObjectRetention": ("GetObjectRetention", None),
    "GetObjectTagging": ("GetObjectTagging", "GetObjectVersionTagging"),
    "GetObjectTorrent": ("GetObjectTorrent", "GetObjectVersionTorrent"),
    "HeadObject": ("GetObject", "GetObjectVersion"),
    "ListParts": ("ListMultipartUploadParts", None),
    "PutObject": ("PutObject", None),
    "PutObjectAcl": ("PutObjectAcl", "PutObjectVersionAcl"),
    "PutObjectLegalHold": ("PutObjectLegalHold", None),
    "PutObjectRetention": ("PutObjectRetention", None),
    "PutObjectTagging": ("PutObjectTagging", "PutObjectVersionTagging"),
    "RestoreObject": ("RestoreObject", None),
    "SelectObjectContent": ("GetObject", None),
    "UploadPart": ("PutObject", None),
}
# Members whose value is that of a condition key:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
KEYS = {
    "ACL": "s3:x-amz-acl",
    "CopySource": "s3:x-amz-copy-source",
    "Delimiter": "s3:delimiter",
    "GrantFullControl": "s3:x-amz-grant-full-control",
    "GrantRead": "s3:x-amz-grant-read",
    "GrantReadACP": "s3:x-amz-grant-read-acp",
    "GrantWrite": "s3:x-amz-grant-write",
    "GrantWriteACP": "s3:x-amz-grant-write-acp",
    "IfMatch": "s3:if-match",
    "IfNoneMatch": "s3:if-none-match",
    "MaxKeys": "s3:max-keys",
    "MetadataDirective": "s3:x-amz-metadata-directive",
    "ObjectLockLegalHoldStatus": "s3:object-lock-legal-hold",
    "ObjectLockMode": "s3:object-lock-mode",
    "ObjectLockRetainUntilDate": "s3:object-lock-retain-until-date",
    "ObjectOwnership": "s3:x-amz-object-ownership",
    "Prefix": "s3:prefix",
    "SSECustomerAlgorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "StorageClass": "s3:x-amz-storage-class",
    "VersionId": "s3:versionid",
    "WebsiteRedirectLocation": "s3:x-amz-website-redirect-location",
}
GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")


def keys_of(asker: Asker, action: str, prefix: str = "s3") -> dict[str, ContextValue]:
    """Give the keys that the parameters tell, of those that requests for an action carry; a service
    of the family of S3 has some of them under its own prefix."""
    keys = _keys_of(asker, action)
    if prefix == "s3":
        return keys
    named = {f"{prefix}{key.removeprefix('s3')}": value for key, value in keys.items()}
    return {key: value for key, value in named.items() if carries(f"{prefix}:{action}", key)}


def _keys_of(asker: Asker, action: str) -> dict[str, ContextValue]:
    keys: dict[str, ContextValue] = {}
    for member, key in KEYS.items():
        value = asker.get(member)
        if value is None or isinstance(value, dict | list):
            continue
        if member == "CopySource" and "*" in str(value):
            continue  # a pattern of sources is no value
        if carries(f"s3:{action}", key) or (key == "s3:versionid" and "Version" in action):
            keys[key] = str(value)
    retention = asker.get("Retention")
    if isinstance(retention, dict) and action == "PutObjectRetention":
        for member, key in (("Mode", "mode"), ("RetainUntilDate", "retain-until-date")):
            if retention.get(member) is not None:
                keys[f"s3:object-lock-{key}"] = str(retention[member])
    hold = asker.get("LegalHold")
    if isinstance(hold, dict) and action == "PutObjectLegalHold" and hold.get("Status"):
        keys["s3:object-lock-legal-hold"] = str(hold["Status"])
    tags = pairs_of(asker.get("Tagging"))
    if tags and action in ("PutObject", "PutObjectTagging", "PutObjectVersionTagging"):
        keys |= {f"s3:RequestObjectTag/{key}": value for key, value in tags.items()}
        keys["s3:RequestObjectTagKeys"] = list(tags)
    place = asker.get("CreateBucketConfiguration")
    if isinstance(place, dict) and action == "CreateBucket" and place.get("LocationConstraint"):
        keys["s3:locationconstraint"] = str(place["LocationConstraint"])
    return keys


# How the names of directory buckets and their access points end (pages spell the last in two ways):
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-directory-buckets-restrictions-limitations-naming-rules.html
DIRECTORY = {"--x-s3": "bucket", "--xa-s3": "accesspoint", "--xa--s3": "accesspoint"}


def bucket_resource(asker: Asker, bucket: str) -> Resource:
    """The ARN of a bucket, or of the access point through which it is used.

    Raises:
        RequestError: with `invalid-arn` for an ARN that lacks parts, which no SDK sends either.
    """
    if bucket.startswith("arn:"):
        parse_arn(bucket)
        return Resource(bucket)
    for ending, kind in DIRECTORY.items():
        if bucket.endswith(ending):
            return Resource(asker.arn("s3express", f"{kind}/{bucket}"))
    return Resource(f"arn:{asker.place.partition}:s3:::{bucket}", bucket != "*")


def object_resource(asker: Asker, bucket: str, key: str, *, known: bool = True) -> Resource:
    """The ARN of an object, or of one under an access point."""
    base = bucket_resource(asker, bucket)
    inside = "accesspoint/" in base.arn or ":s3-outposts:" in base.arn
    middle = "/object/" if inside else "/"
    return Resource(f"{base.arn}{middle}{key}", known and base.known)


def _is_directory(asker: Asker, bucket: str) -> bool:
    """A directory bucket, or an access point of one.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam.html
    """
    if not bucket.endswith(tuple(DIRECTORY)) and ":s3express:" not in bucket:
        return False
    asker.ask(
        "s3express:CreateSession",
        bucket_resource(asker, bucket),
        because="calls on objects of a directory bucket use a session",
        keys=False,
    )
    return True


def ask_bucket(asker: Asker, action: str, bucket: str, **more: Any) -> None:  # noqa: ANN401
    """Ask a permission on a bucket."""
    resource = bucket_resource(asker, bucket)
    if _service(bucket) == OBJECT_LAMBDA:
        _ask_object_lambda(asker, action, bucket, "", more)
        return
    prefix = _service(resource.arn)
    context = {**keys_of(asker, action, prefix), **more.pop("context", {})}
    asker.ask(f"{prefix}:{action}", resource, context=context, keys=False, **more)


def ask_object(asker: Asker, action: str, bucket: str, key: str, **more: Any) -> None:  # noqa: ANN401
    """Ask a permission on an object; `known=False` where the key is a pattern."""
    known = more.pop("known", True)
    if _is_directory(asker, bucket):
        return
    resource = object_resource(asker, bucket, key, known=known)
    prefix = _service(bucket)
    if prefix == OBJECT_LAMBDA:
        _ask_object_lambda(asker, action, bucket, f"/object/{key}", more)
        return
    context = {**keys_of(asker, action, prefix), **more.pop("context", {})}
    if "accesspoint/" in resource.arn:
        context[f"{prefix}:DataAccessPointArn"] = bucket
        asker.note("the bucket behind the access point decides as well")
    asker.ask(f"{prefix}:{action}", resource, context=context, keys=False, **more)


def _service(bucket: str) -> str:
    """The prefix of the actions on a bucket or access point."""
    return bucket.split(":")[2] if bucket.startswith("arn:") else "s3"


def _ask_object_lambda(
    asker: Asker, action: str, point: str, below: str, more: Mapping[str, Any]
) -> None:
    """The caller needs the access point, the function, and the access point that supports it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-policies.html
    """
    place = point.split(":accesspoint/", maxsplit=1)[0]
    via = "s3-object-lambda.amazonaws.com"
    asker.ask(f"{OBJECT_LAMBDA}:{action}", point, keys=False, **more)
    asker.ask(
        f"s3:{action}",
        Resource(
            place.replace(f":{OBJECT_LAMBDA}:", ":s3:") + f":accesspoint/*{below}", known=False
        ),
        because="the access point that supports one of Object Lambda",
        via=via,
        keys=False,
    )
    asker.ask(
        "lambda:InvokeFunction",
        Resource(place.replace(f":{OBJECT_LAMBDA}:", ":lambda:") + ":function:*", known=False),
        because="where the access point has a function for the operation",
        needed=DEPENDS,
        via=via,
        keys=False,
    )


def _bucket(asker: Asker) -> str:
    return str(asker.get("Bucket") or "*")


def _on_object(asker: Asker) -> None:
    plain, versioned = OBJECT[asker.operation.name]
    action = versioned if versioned and asker.get("VersionId") else plain
    bucket, key = _bucket(asker), str(asker.get("Key") or "*")
    known = asker.get("Key") is not None and asker.get("Key") != "*"
    ask_object(asker, action, bucket, key, known=known)
    if action == "PutObject" and asker.operation.name != "UploadPart":
        ask_written(asker, bucket, key, known=known)
    if action.startswith(("DeleteObject", "PutObjectRetention")) and asker.get(
        "BypassGovernanceRetention"
    ):
        ask_object(asker, "BypassGovernanceRetention", bucket, key, known=known)
    if action.startswith("GetObject") and "GetObject" in (plain, "HeadObject"):
        asker.note("kms:Decrypt is asked as well where the object is encrypted with a key of KMS")


def ask_written(asker: Asker, bucket: str, key: str, *, known: bool = True) -> None:
    """Ask what comes with writing an object: its ACL, tags, lock, and key.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    if _has_acl(asker):
        ask_object(asker, "PutObjectAcl", bucket, key, known=known)
    if pairs_of(asker.get("Tagging")):
        ask_object(asker, "PutObjectTagging", bucket, key, known=known)
    if asker.get("ObjectLockMode") or asker.get("ObjectLockRetainUntilDate"):
        ask_object(asker, "PutObjectRetention", bucket, key, known=known)
    if asker.get("ObjectLockLegalHoldStatus"):
        ask_object(asker, "PutObjectLegalHold", bucket, key, known=known)
    ask_key(asker, object_resource(asker, bucket, key, known=known))


def _has_acl(asker: Asker) -> bool:
    return bool(asker.get("ACL")) or any(asker.get(member) for member in GRANTS)


def ask_key(asker: Asker, written: Resource) -> None:
    """Ask for the key of SSE-KMS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    kind = str(asker.get("ServerSideEncryption") or "")
    key = asker.get("SSEKMSKeyId")
    if not key and not kind.startswith("aws:kms"):
        if not kind and not asker.get("SSECustomerAlgorithm"):
            asker.note(
                "kms:GenerateDataKey is asked as well where the bucket encrypts with a key of KMS"
                " by default"
            )
        return
    resource, context = (
        key_resource(asker, str(key))
        if key
        else (Resource(asker.arn("kms", "key/*"), known=False), {"kms:RequestAlias": ""})
    )
    context = {name: value for name, value in context.items() if value}
    more: dict[str, Any] = {
        "context": context,
        "unknown": ("kms:EncryptionContext:aws:s3:arn",),
        "via": "s3.amazonaws.com",
        "keys": False,
    }
    needed = ALWAYS if key else DEPENDS
    asker.ask(
        "kms:GenerateDataKey",
        resource,
        needed=needed,
        because=f"encrypts {written.arn} with a key of KMS",
        **more,
    )
    if asker.operation.name in ("CreateMultipartUpload", "CompleteMultipartUpload", "UploadPart"):
        asker.ask(
            "kms:Decrypt", resource, needed=needed, because="reads the parts of the upload", **more
        )


def _attributes(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html."""
    version = "Version" if asker.get("VersionId") else ""
    for action in (f"GetObject{version}", f"GetObject{version}Attributes"):
        ask_object(asker, action, _bucket(asker), str(asker.get("Key") or "*"))


def source_of(value: object) -> tuple[str, str, str | None]:
    """Read a copy source: ``bucket/key?versionId=...``, a map, or the ARN of an access point."""
    if isinstance(value, dict):
        version = value.get("VersionId")
        return str(value.get("Bucket")), str(value.get("Key")), str(version) if version else None
    text, _, query = str(value).partition("?versionId=")
    text = unquote(text).lstrip("/")
    if text.startswith("arn:") and "/object/" in text:
        bucket, _, key = text.partition("/object/")
    else:
        bucket, _, key = text.partition("/")
    return bucket, key or "*", query or None


def _copy(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html."""
    bucket, key = _bucket(asker), str(asker.get("Key") or "*")
    source = asker.get("CopySource")
    if isinstance(source, dict):
        asker.parameters["CopySource"] = f"{source.get('Bucket')}/{source.get('Key')}"
    ask_object(asker, "PutObject", bucket, key)
    if source:
        from_bucket, from_key, version = source_of(source)
        ask_object(
            asker,
            "GetObjectVersion" if version else "GetObject",
            from_bucket,
            from_key,
            context={"s3:versionid": version} if version else {},
            because="reads the source of the copy",
        )
    if asker.operation.name == "CopyObject":
        ask_written(asker, bucket, key)
        if asker.get("TaggingDirective") != "REPLACE":
            asker.note(
                "s3:GetObjectTagging on the source and s3:PutObjectTagging are asked as well where"
                " the source has tags"
            )


def _delete_objects(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""
    given = asker.get("Delete")
    objects = given.get("Objects") if isinstance(given, dict) else None
    if not isinstance(objects, list) or not objects:
        ask_object(asker, "DeleteObject", _bucket(asker), "*", known=False)
        return
    for entry in objects:
        if not isinstance(entry, dict):
            continue
        version = entry.get("VersionId")
        key = str(entry.get("Key"))
        ask_object(
            asker,
            "DeleteObjectVersion" if version else "DeleteObject",
            _bucket(asker),
            key,
            context={"s3:versionid": str(version)} if version else {},
        )
        if asker.get("BypassGovernanceRetention"):
            ask_object(asker, "BypassGovernanceRetention", _bucket(asker), key)


def _on_bucket(asker: Asker) -> None:
    operation = asker.operation.name
    action = BUCKET.get(operation, operation)
    if catalog.find_action(f"s3:{action}") is None:
        asker.note(f"which permission `{operation}` needs is not known")
        asker.ask_all()
        return
    ask_bucket(asker, action, _bucket(asker))
    if operation == "PutBucketReplication":
        role = (asker.get("ReplicationConfiguration") or {}).get("Role")
        if role:
            ask_pass_role(asker, str(role), "s3.amazonaws.com", "hands over the role that copies")


def _create_bucket(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html."""
    bucket = _bucket(asker)
    ask_bucket(asker, "CreateBucket", bucket)
    if bucket.endswith("--x-s3"):
        return
    if _has_acl(asker) and asker.get("ACL") != "private":
        ask_bucket(asker, "PutBucketAcl", bucket)
    if asker.get("ObjectLockEnabledForBucket"):
        ask_bucket(asker, "PutBucketObjectLockConfiguration", bucket)
        ask_bucket(asker, "PutBucketVersioning", bucket)
    if asker.get("ObjectOwnership"):
        ask_bucket(asker, "PutBucketOwnershipControls", bucket)
    tags = pairs_of((asker.get("CreateBucketConfiguration") or {}).get("Tags"))
    if tags:
        context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        keys: dict[str, ContextValue] = {**context, "aws:TagKeys": list(tags)}
        for requested in asker.reading.asked[:1]:
            requested.context |= keys
        ask_bucket(asker, "TagResource", bucket, context=keys)


def _list_buckets(asker: Asker) -> None:
    asker.ask("s3:ListAllMyBuckets", "*", context=keys_of(asker, "ListAllMyBuckets"), keys=False)


def _list_directory_buckets(asker: Asker) -> None:
    asker.ask("s3express:ListAllMyDirectoryBuckets", "*", keys=False)


def _create_session(asker: Asker) -> None:
    mode = {"s3express:SessionMode": str(asker.get("SessionMode") or "ReadWrite")}
    resource = bucket_resource(asker, _bucket(asker))
    asker.ask("s3express:CreateSession", resource, context=mode, keys=False)


def _rename(asker: Asker) -> None:
    _is_directory(asker, _bucket(asker))


def _write_response(asker: Asker) -> None:
    asker.ask("s3-object-lambda:WriteGetObjectResponse", Resource("*", known=False), keys=False)


HANDLERS = {
    ("s3", "*"): _on_bucket,
    ("s3", "CopyObject"): _copy,
    ("s3", "UploadPartCopy"): _copy,
    ("s3", "CreateBucket"): _create_bucket,
    ("s3", "CreateSession"): _create_session,
    ("s3", "DeleteObjects"): _delete_objects,
    ("s3", "GetObjectAttributes"): _attributes,
    ("s3", "ListBuckets"): _list_buckets,
    ("s3", "ListDirectoryBuckets"): _list_directory_buckets,
    ("s3", "RenameObject"): _rename,
    ("s3", "WriteGetObjectResponse"): _write_response,
    **{("s3", operation): _on_object for operation in OBJECT},
}
