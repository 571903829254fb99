"""Names of services as people know them, where the service reference has another.

One prefix may belong to several services, of which the reference names the last: the actions of AWS
CloudFormation and of the Cloud Control API both begin with ``cloudformation``. Others are listed by
a version or by a name that AWS has changed since. The pages of
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
have the prefixes and all names.
"""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False

KNOWN_NAMES: Mapping[str, str] = {
    # several services with one prefix
    "apigateway": "Amazon API Gateway",
    "aws-marketplace": "AWS Marketplace",
    "cloudformation": "AWS CloudFormation",
    "elasticloadbalancing": "Elastic Load Balancing",
    "greengrass": "AWS IoT Greengrass",
    "kinesisanalytics": "Amazon Managed Service for Apache Flink",
    "lex": "Amazon Lex",
    "ses": "Amazon Simple Email Service (SES)",
    "sms-voice": "AWS End User Messaging SMS and Voice",
    # names of a version, or that were changed
    "budgets": "AWS Budgets",
    "ce": "AWS Cost Explorer",
    "elasticmapreduce": "Amazon EMR",
    "firehose": "Amazon Data Firehose",
    "geo": "Amazon Location Service",
    "inspector": "Amazon Inspector Classic",
    "inspector2": "Amazon Inspector",
    "odb": "Oracle Database@AWS",
    "rolesanywhere": "IAM Roles Anywhere",
    "waf": "AWS WAF Classic",
    "waf-regional": "AWS WAF Classic Regional",
    "wafv2": "AWS WAF",
}


def known_name(prefix: str, name: str) -> str:
    """The name by which people know a service that a reference calls `name`."""
    return KNOWN_NAMES.get(prefix.lower(), name)
