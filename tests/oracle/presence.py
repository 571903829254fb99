"""Keys that every request of a kind has, whatever somebody said of it (semantics R19.5)."""

from typing import Any

from tests.oracle.context import DO_NOT_TELL_THE_VPC, owner_keys
from tests.oracle.layers import Case
from tests.oracle.principals import IAM_KINDS
from tests.oracle.required import cannot_lack
from tests.oracle.text import as_list

EVERY_REQUEST = {
    "aws:userid": "user id",
    "aws:PrincipalType": "text",
    "aws:PrincipalAccount": "text",
    "aws:UserAgent": "text",
    "aws:RequestedRegion": "Region",
    "aws:SecureTransport": "truth",
    "aws:CurrentTime": "moment",
    "aws:EpochTime": "moment",
    "aws:ViaAWSService": "truth",
}
SIGNED = {"aws:PrincipalArn": "text", "aws:PrincipalIsAWSService": "truth"}
OF_A_KEY = {
    "kms:CustomerMasterKeySpec": "text",
    "kms:CustomerMasterKeyUsage": "text",
    "kms:KeyOrigin": "text",
    "kms:KeySpec": "text",
    "kms:KeyUsage": "text",
    "kms:MultiRegion": "text",
    "kms:MultiRegionKeyType": "text?",
    "kms:ResourceAliases": "text?",
}
OF_A_CALL = {
    "kms:creategrant": {"kms:GrantOperations": "text", "kms:GranteePrincipal": "text?"},
    "kms:generatemac kms:verifymac": {"kms:MacAlgorithm": "text"},
    "kms:sign kms:verify": {"kms:SigningAlgorithm": "text", "kms:MessageType": "text"},
    "kms:generatedatakeypair kms:generatedatakeypairwithoutplaintext": {
        "kms:DataKeyPairSpec": "text"
    },
    "kms:encrypt kms:decrypt kms:reencryptfrom kms:reencryptto": {
        "kms:EncryptionAlgorithm": "text"
    },
    "kms:reencryptto kms:reencryptfrom": {"kms:ReEncryptOnSameKey": "text"},
    "kms:getparametersforimport": {"kms:WrappingAlgorithm": "text", "kms:WrappingKeySpec": "text"},
    "kms:replicatekey": {"kms:ReplicaRegion": "text"},
    "kms:updateprimaryregion": {"kms:PrimaryRegion": "text"},
    "secretsmanager:createsecret": {"secretsmanager:Name": "text"},
    "secretsmanager:updatesecretversionstage": {"secretsmanager:VersionStage": "text"},
    "lambda:createfunctionurlconfig lambda:deletefunctionurlconfig lambda:getfunctionurlconfig"
    " lambda:invokefunctionurl": {"lambda:FunctionUrlAuthType": "text"},
    "lambda:addpermission": {"lambda:Principal": "text"},
    "lambda:removepermission": {"lambda:Principal": "text?"},
    "lambda:createeventsourcemapping lambda:updateeventsourcemapping"
    " lambda:deleteeventsourcemapping lambda:createfunctionurlconfig lambda:getfunctionurlconfig"
    " lambda:updatefunctionurlconfig lambda:deletefunctionurlconfig": {
        "lambda:FunctionArn": "text"
    },
    "events:putevents": {
        "events:detail-type": "text",
        "events:source": "text",
        "events:eventBusInvocation": "text",
    },
    "events:puttargets": {"events:TargetArn": "text"},
    "events:deleterule events:describerule events:disablerule events:enablerule"
    " events:listtargetsbyrule events:puttargets events:removetargets events:putrule"
    " events:tagresource events:untagresource events:listtagsforresource": {
        "events:creatorAccount": "text?"
    },
    "iam:passrole": {"iam:PassedToService": "text?", "iam:AssociatedResourceArn": "text?"},
    "ec2:createvpcendpoint": {"ec2:VpceServiceName": "text?", "ec2:VpceServiceOwner": "text?"},
    "sns:subscribe": {"sns:Protocol": "text", "sns:Endpoint": "text?"},
    "ecr:getaccountsetting ecr:putaccountsetting": {"ecr:AccountSetting": "text"},
}
WITH_AN_ID = (
    "cancelrotatesecret deleteresourcepolicy deletesecret describesecret getresourcepolicy "
    "getsecretvalue listsecretversionids putresourcepolicy putsecretvalue "
    "removeregionsfromreplication replicatesecrettoregions restoresecret rotatesecret "
    "stopreplicationtoreplica tagresource untagresource updatesecret updatesecretversionstage"
)
WITH_ITS_ID = {
    "secretsmanager:SecretId": "text",
    "secretsmanager:resource/AllowRotationLambdaArn": "text?",
    "secretsmanager:resource/Type": "text?",
    "secretsmanager:SecretPrimaryRegion": "text?",
}
ABOUT_NO_KEY = (
    "listkeys listaliases listretirablegrants generaterandom createalias deletealias updatealias "
    "connectcustomkeystore createcustomkeystore deletecustomkeystore describecustomkeystores "
    "disconnectcustomkeystore updatecustomkeystore"
)
# Keys that a call has by what it is: an item has a key, an e-mail a sender, a table a name.
OF_CALLS = {
    "dynamodb": {
        "dynamodb:LeadingKeys": (
            "getitem putitem updateitem deleteitem query batchgetitem batchwriteitem "
            "conditioncheckitem"
        )
    },
    "s3tables": {
        "s3tables:namespace s3tables:tableName": (
            "gettable deletetable renametable gettabledata puttabledata gettablepolicy "
            "puttablepolicy deletetablepolicy gettableencryption puttableencryption "
            "gettablemetadatalocation updatetablemetadatalocation gettablemaintenancejobstatus "
            "gettablemaintenanceconfiguration puttablemaintenanceconfiguration "
            "gettablereplication puttablereplication deletetablereplication "
            "gettablereplicationstatus gettablestorageclass puttablestorageclass "
            "gettablerecordexpirationconfiguration puttablerecordexpirationconfiguration "
            "gettablerecordexpirationjobstatus"
        )
    },
    "ses": {
        "ses:FromAddress ses:Recipients": (
            "sendemail sendrawemail sendtemplatedemail sendbulktemplatedemail"
        )
    },
    "glacier": {"glacier:ArchiveAgeInDays": "deletearchive"},
    "elasticfilesystem": {"elasticfilesystem:Encrypted": "createfilesystem"},
}
WITHOUT = {"codeartifact": "aws:UserAgent"}  # its guide: neither this key nor aws:Referer
AGE_OF_MFA = {  # by what is said of aws:MultiFactorAuthPresent
    "none": {"aws:MultiFactorAuthAge": "number?"},
    "true": {"aws:MultiFactorAuthAge": "number"},
}
NETWORK = ("aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip")


def sent_keys(case: Case) -> dict[str, str]:
    """Give the keys that a request is sure to have, with what their values look like; those that
    may be missing all the same have a question mark."""
    kind, via = case.caller["kind"], case.request.get("via") or {}
    given = {key.lower() for key, value in (case.request.get("context") or {}).items() if value}
    found = dict(EVERY_REQUEST)
    found.pop(WITHOUT.get(case.request["action"].lower().partition(":")[0], ""), None)
    if kind not in ("anonymous", "federated", "origin-access-identity"):
        found |= SIGNED
    found |= keys_of_service(case.request["action"].lower(), kind)
    forwarded = as_list(via.get("service"))
    by_endpoint = (via.get("vpc_endpoint") and not forwarded) or given & set(NETWORK)
    if by_endpoint:
        found |= {"aws:SourceVpce": "text", "aws:SourceVpc": "text", "aws:VpcSourceIp": "address"}
    if by_endpoint and kind != "service":
        owner = owner_keys(case.request["action"])
        if "aws:VpceAccount" in owner:
            found["aws:VpceAccount"] = "text"
            service = case.request["action"].lower().partition(":")[0]
            if f" {service} " not in DO_NOT_TELL_THE_VPC:
                found["aws:SourceVpcArn"] = "text"
    elif not by_endpoint and kind != "service":
        found["aws:SourceIp"] = "address"
    temporary = kind in ("role", "federated-user") or case.caller.get("assumed_root")
    with_token = kind == "user" and case.session.get("credentials") == "session-token"
    if temporary and kind in IAM_KINDS:
        found["aws:TokenIssueTime"] = "moment"
    if with_token:
        found |= {"aws:TokenIssueTime": "moment", "aws:MultiFactorAuthPresent": "truth"}
    openers = openers_of(case)
    if temporary and kind != "federated-user" and not only_federated(openers):
        found["aws:MultiFactorAuthPresent"] = "truth?"
    if kind in ("user", "root") or "aws:MultiFactorAuthPresent" in found:
        said = str(case.context.get("aws:multifactorauthpresent")).lower()
        found |= AGE_OF_MFA.get(said, {})
    return found | (provider_key(openers) if kind == "role" else {})


def provider_key(openers: list[Any] | None) -> dict[str, str]:
    """Give the key of the provider that opened a role's session, where one may have."""
    if openers is None:
        return {"aws:FederatedProvider": "text?"}
    if not any(by_open_id(opener) or "*" in as_list(opener) for opener in openers):
        return {}
    sure = all(by_open_id(opener) and set(opener) == {"Federated"} for opener in openers)
    return {"aws:FederatedProvider": "text" if sure else "text?"}


def keys_of_service(action: str, kind: str) -> dict[str, str]:
    """Give the keys of the call's own service that every such call has, or may well have."""
    service, _, operation = action.partition(":")
    found = {"ec2:Region": "Region"} if service == "ec2" else {}
    if service == "kms" and operation not in ABOUT_NO_KEY.split():
        found = dict(OF_A_KEY)
        if operation == "createkey":
            del found["kms:ResourceAliases"]
    elif service == "s3" and kind in IAM_KINDS:
        found = {"s3:authType": "text", "s3:signatureversion": "text"}
    elif service == "sts" and operation in (
        "assumerole",
        "assumerolewithsaml",
        "assumerolewithwebidentity",
    ):
        found = {"sts:RoleSessionName": "text"}
    elif service == "secretsmanager" and operation in WITH_AN_ID.split():
        found = dict(WITH_ITS_ID)
    for keys, operations in OF_CALLS.get(service, {}).items():
        if operation in operations.split():
            found |= dict.fromkeys(keys.split(), "text")
    for actions, keys_of_action in OF_A_CALL.items():
        if action in actions.split():
            found |= keys_of_action
    return found | cannot_lack(service, operation)


def openers_of(case: Case) -> list[Any] | None:
    """Give whom the trust policy of the caller's role lets in; None where nobody knows it."""
    if case.caller["kind"] != "role":
        return None
    if ":role/aws-reserved/sso.amazonaws.com/" in case.caller["arn"]:
        return [{"Federated": "arn:aws:iam::111122223333:saml-provider/IdentityCenter"}]
    trust = (case.caller["entity"] or {}).get("trust")
    if not isinstance(trust, dict):
        return None
    return [
        statement.get("Principal", "*")
        for statement in as_list(trust.get("Statement"))
        if statement.get("Effect") == "Allow"
    ]


def only_federated(openers: list[Any] | None) -> bool:
    """Say whether only identity providers can have opened the caller's session."""
    return openers is not None and all(
        isinstance(opener, dict) and set(opener) == {"Federated"} for opener in openers
    )


def by_open_id(principal: Any) -> bool:
    """Say whether a principal names a provider of OpenID Connect, and none of SAML."""
    names = as_list(principal.get("Federated")) if isinstance(principal, dict) else []
    return bool(names) and not any(":saml-provider/" in name for name in names)
