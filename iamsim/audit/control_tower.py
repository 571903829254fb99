"""The preventive controls that every landing zone of AWS Control Tower has about its resources.

Left out are those of the log archive alone (its buckets), that about tags of AWS Config (it asks
for all keys of a request, which no claim says), and the detective ones, which no policy enforces.

https://docs.aws.amazon.com/controltower/latest/controlreference/mandatory-controls.html
"""

from __future__ import annotations

from iamsim.audit.guardrails import CONTROLS, Guardrail
from iamsim.audit.model import Severity

__all__ = ["CONTROL_TOWER"]

OTHERS = {"StringNotEquals": {"aws:ResourceTag/aws-control-tower": "managed-by-control-tower"}}


def _control(
    id_: str,
    resource: str,
    actions: tuple[str, ...],
    unless: tuple[dict[str, dict[str, str]], ...] = (),
) -> Guardrail:
    """A mandatory control."""
    return Guardrail(id_, "", actions, Severity.MEDIUM, CONTROLS, resource, unless=unless)


CONTROL_TOWER = (
    _control(
        "AWS-GR_CLOUDTRAIL_CHANGE_PROHIBITED",
        "arn:*:cloudtrail:*:*:trail/aws-controltower-*",
        (
            "cloudtrail:DeleteTrail",
            "cloudtrail:PutEventSelectors",
            "cloudtrail:StopLogging",
            "cloudtrail:UpdateTrail",
        ),
    ),
    _control(
        "AWS-GR_CLOUDWATCH_EVENTS_CHANGE_PROHIBITED",
        "arn:*:events:*:*:rule/aws-controltower-*",
        (
            "events:DeleteRule",
            "events:DisableRule",
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
        ),
    ),
    _control(
        "AWS-GR_CONFIG_AGGREGATION_AUTHORIZATION_POLICY",
        "arn:*:config:*:*:aggregation-authorization*",
        ("config:DeleteAggregationAuthorization",),
        (OTHERS,),
    ),
    _control(
        "AWS-GR_CONFIG_CHANGE_PROHIBITED",
        "*",
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
        "AWS-GR_CONFIG_RULE_CHANGE_PROHIBITED",
        "*",
        (
            "config:DeleteConfigRule",
            "config:DeleteConfigurationAggregator",
            "config:DeleteEvaluationResults",
            "config:PutConfigRule",
            "config:PutConfigurationAggregator",
        ),
        (OTHERS,),
    ),
    _control(
        "AWS-GR_IAM_ROLE_CHANGE_PROHIBITED",
        "arn:*:iam::*:role/aws-controltower-*",
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
        ({"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:role/stacksets-exec-*"}},),
    ),
    _control(
        "AWS-GR_LAMBDA_CHANGE_PROHIBITED",
        "arn:*:lambda:*:*:function:aws-controltower-*",
        (
            "lambda:AddPermission",
            "lambda:CreateFunction",
            "lambda:DeleteFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ),
    ),
    _control(
        "AWS-GR_LOG_GROUP_POLICY",
        "arn:*:logs:*:*:log-group:*aws-controltower*",
        ("logs:DeleteLogGroup", "logs:PutRetentionPolicy"),
    ),
    _control(
        "AWS-GR_SNS_CHANGE_PROHIBITED",
        "arn:*:sns:*:*:aws-controltower-*",
        (
            "sns:AddPermission",
            "sns:CreateTopic",
            "sns:DeleteTopic",
            "sns:RemovePermission",
            "sns:SetTopicAttributes",
        ),
    ),
    _control(
        "AWS-GR_SNS_SUBSCRIPTION_CHANGE_PROHIBITED",
        "arn:*:sns:*:*:aws-controltower-SecurityNotifications",
        ("sns:Subscribe",),
    ),
)
