"""How AWS spells condition keys; letter case plays no role when they are compared.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

__all__ = ["spelled"]

_SPELLINGS = {
    name.lower(): name
    for name in (
        "aws:AssumedRoot",
        "aws:CalledVia",
        "aws:CalledViaAWSMCP",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
        "aws:ChatbotSourceArn",
        "aws:CurrentTime",
        "aws:Ec2InstanceSourcePrivateIPv4",
        "aws:Ec2InstanceSourceVpc",
        "aws:EpochTime",
        "aws:FederatedProvider",
        "aws:IsMcpServiceAction",
        "aws:MultiFactorAuthAge",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalId",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgMasterAccountId",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:PrincipalType",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:ResourceOrgPaths",
        "aws:SecureTransport",
        "aws:SignInSessionArn",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceIdentity",
        "aws:SourceIp",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceOwner",
        "aws:SourceVpc",
        "aws:SourceVpcArn",
        "aws:SourceVpce",
        "aws:TagKeys",
        "aws:TokenIssueTime",
        "aws:Type",
        "aws:UserAgent",
        "aws:ViaAWSMCPService",
        "aws:ViaAWSService",
        "aws:ViaCustomerDomain",
        "aws:VpceAccount",
        "aws:VpceOrgID",
        "aws:VpceOrgPaths",
        "aws:VpcSourceIp",
        "codebuild:BuildArn",
        "codebuild:ProjectArn",
        "ec2:RoleDelivery",
        "ec2:SourceInstanceArn",
        "glue:CredentialIssuingService",
        "glue:RoleAssumedBy",
        "iam:PermissionsBoundary",
        "identitystore:UserId",
        "kms:CallerAccount",
        "kms:EncryptionContextKeys",
        "kms:ViaService",
        "lambda:SourceFunctionArn",
        "s3:AccessPointNetworkOrigin",
        "s3:DataAccessPointAccount",
        "s3:DataAccessPointArn",
        "ssm:SourceInstanceArn",
        "sts:ExternalId",
        "sts:RoleSessionName",
        "sts:SourceIdentity",
    )
}
_TAG_KEYS = ("aws:PrincipalTag/", "aws:RequestTag/", "aws:ResourceTag/")


def spelled(key: str) -> str:
    """Give a condition key as AWS's pages write it; one that is not known stays as it is."""
    known = _SPELLINGS.get(key)
    if known is not None:
        return known
    for prefix in _TAG_KEYS:
        if key.startswith(prefix.lower()):
            return prefix + key[len(prefix) :]
    return key
