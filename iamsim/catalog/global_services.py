"""Services with one endpoint for all Regions, and with gateway endpoints. State: 2026-12.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
"""

GLOBAL_REGION = "us-east-1"
GLOBAL_SERVICES = frozenset({"cloudfront", "iam", "organizations", "route53"})
# Whose gateway endpoints read an account principal in a way of their own:
# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
GATEWAY_SERVICES = frozenset({"dynamodb", "s3"})
# What a guardrail by Region has to spare, after AWS's own example:
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html
SPARED_BY_REGION = (
    "account:*",
    "billing:*",
    "budgets:*",
    "cloudfront:*",
    "globalaccelerator:*",
    "health:*",
    "iam:*",
    "organizations:*",
    "route53:*",
    "route53domains:*",
    "shield:*",
    "sso:*",
    "sts:*",
    "support:*",
    "trustedadvisor:*",
    "waf:*",
)
