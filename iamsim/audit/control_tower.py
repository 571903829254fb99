"""The mandatory preventive controls of AWS Control Tower, as claims about its own resources.

Actions, resources and conditions are those of the service control policies that AWS prints for each
control. Controls that AWS prints with the same policy share a claim. Those about the buckets of the
log archive are about its account alone, as AWS enables them there alone. The detective controls are
rules of AWS Config, which no policy enforces; the elective ones hold where somebody wants them.

https://docs.aws.amazon.com/controltower/latest/controlreference/mandatory-controls.html, and for
the ids https://docs.aws.amazon.com/controltower/latest/controlreference/cannot-change-with-gr-api.html
"""

from __future__ import annotations

from iamsim.audit.guardrails import CONTROLS, Guardrail
from iamsim.audit.model import Severity

BUCKETS = "arn:*:s3:::aws-controltower*"
TAG = "aws:ResourceTag/aws-control-tower"
OF_CONTROL_TOWER = "managed-by-control-tower"


def _control(
    ids: tuple[str, ...],
    resources: tuple[str, ...],
    actions: tuple[str, ...],
    exempt: tuple[str, ...] = (),
    condition: dict[str, dict[str, str]] | None = None,
) -> Guardrail:
    """A mandatory control, with those that AWS prints with the same policy."""
    id_ = f"AWS-GR_{ids[0]}"
    controls = tuple(f"AWS-GR_{other_id}" for other_id in ids)
    return Guardrail(
        id_,
        "",
        actions,
        Severity.MEDIUM,
        CONTROLS,
        resources,
        controls,
        exempt=exempt,
        condition=condition,
    )


CONTROL_TOWER = (
    _control(
        (
            "CLOUDTRAIL_CHANGE_PROHIBITED",
            "CLOUDTRAIL_CLOUDWATCH_LOGS_ENABLED",
            "CLOUDTRAIL_ENABLED",
            "CLOUDTRAIL_VALIDATION_ENABLED",
        ),
        ("arn:*:cloudtrail:*:*:trail/aws-controltower-*",),
        (
            "cloudtrail:DeleteTrail",
            "cloudtrail:PutEventSelectors",
            "cloudtrail:StopLogging",
            "cloudtrail:UpdateTrail",
        ),
    ),
    _control(
        ("CLOUDWATCH_EVENTS_CHANGE_PROHIBITED",),
        ("arn:*:events:*:*:rule/aws-controltower-*",),
        (
            "events:DeleteRule",
            "events:DisableRule",
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
        ),
    ),
    _control(
        ("CONFIG_AGGREGATION_AUTHORIZATION_POLICY",),
        ("arn:*:config:*:*:aggregation-authorization*",),
        ("config:DeleteAggregationAuthorization",),
        condition={"StringLike": {TAG: OF_CONTROL_TOWER}},
    ),
    _control(
        ("CONFIG_AGGREGATION_CHANGE_PROHIBITED",),
        ("*",),
        ("config:TagResource", "config:UntagResource"),
        condition={"ForAllValues:StringEquals": {"aws:TagKeys": "aws-control-tower"}},
    ),
    _control(
        ("CONFIG_CHANGE_PROHIBITED", "CONFIG_ENABLED"),
        ("*",),
        (
            "config:DeleteConfigurationRecorder",
            "config:DeleteDeliveryChannel",
            "config:DeleteRetentionConfiguration",
            "config:PutConfigurationRecorder",
            "config:PutDeliveryChannel",
            "config:PutRetentionConfiguration",
            "config:StopConfigurationRecorder",
        ),
    ),
    _control(
        ("CONFIG_RULE_CHANGE_PROHIBITED",),
        ("*",),
        (
            "config:DeleteConfigRule",
            "config:DeleteConfigurationAggregator",
            "config:DeleteEvaluationResults",
            "config:PutConfigRule",
            "config:PutConfigurationAggregator",
        ),
        condition={"StringEquals": {TAG: OF_CONTROL_TOWER}},
    ),
    _control(
        ("IAM_ROLE_CHANGE_PROHIBITED",),
        (
            "arn:*:iam::*:role/aws-controltower-*",
            "arn:*:iam::*:role/*AWSControlTower*",
            "arn:*:iam::*:role/stacksets-exec-*",
        ),
        (
            "iam:AttachRolePolicy",
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
            "iam:UpdateRoleDescription",
        ),
        ("arn:*:iam::*:role/stacksets-exec-*",),
    ),
    _control(
        ("LAMBDA_CHANGE_PROHIBITED",),
        ("arn:*:lambda:*:*:function:aws-controltower-*",),
        (
            "lambda:AddPermission",
            "lambda:CreateEventSourceMapping",
            "lambda:CreateFunction",
            "lambda:DeleteEventSourceMapping",
            "lambda:DeleteFunction",
            "lambda:DeleteFunctionConcurrency",
            "lambda:PutFunctionConcurrency",
            "lambda:RemovePermission",
            "lambda:UpdateEventSourceMapping",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ),
    ),
    _control(
        ("LOG_GROUP_POLICY",),
        ("arn:*:logs:*:*:log-group:*aws-controltower*",),
        ("logs:DeleteLogGroup", "logs:PutRetentionPolicy"),
    ),
    _control(
        ("SNS_CHANGE_PROHIBITED",),
        ("arn:*:sns:*:*:aws-controltower-*",),
        (
            "sns:AddPermission",
            "sns:CreateTopic",
            "sns:DeleteTopic",
            "sns:RemovePermission",
            "sns:SetTopicAttributes",
        ),
    ),
    _control(
        ("SNS_SUBSCRIPTION_CHANGE_PROHIBITED",),
        ("arn:*:sns:*:*:aws-controltower-SecurityNotifications",),
        ("sns:Subscribe",),  # AWS's policy names sns:Unsubscribe too, which no policy controls
    ),
)
LOG_ARCHIVE = (
    _control(("AUDIT_BUCKET_DELETION_PROHIBITED",), (BUCKETS,), ("s3:DeleteBucket",)),
    _control(
        ("CT_AUDIT_BUCKET_ENCRYPTION_CHANGES_PROHIBITED",),
        (BUCKETS,),
        ("s3:PutEncryptionConfiguration",),
    ),
    _control(
        ("CT_AUDIT_BUCKET_LIFECYCLE_CONFIGURATION_CHANGES_PROHIBITED",),
        (BUCKETS,),
        ("s3:PutLifecycleConfiguration",),
    ),
    _control(
        ("CT_AUDIT_BUCKET_LOGGING_CONFIGURATION_CHANGES_PROHIBITED",),
        (BUCKETS,),
        ("s3:PutBucketLogging",),
    ),
    _control(
        ("CT_AUDIT_BUCKET_POLICY_CHANGES_PROHIBITED",),
        (BUCKETS,),
        ("s3:DeleteBucketPolicy", "s3:PutBucketPolicy"),
    ),
)
