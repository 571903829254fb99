"""Who may make which call, and how far it reaches: AWS's sentences about single actions.

Written from AWS's pages, a sample of each kind; what is not here is open to everybody, signed, and
goes by policies. Names are without the service, in lower case.
"""

from typing import Any

from tests.oracle import places
from tests.oracle.principals import IAM_KINDS

# A caller from another account is refused, whatever policies say (R19.11).
OWN_ACCOUNT = {
    "sqs": "addpermission removepermission createqueue deletequeue listqueues listqueuetags "
    "setqueueattributes tagqueue untagqueue startmessagemovetask cancelmessagemovetask "
    "listmessagemovetasks",
    "s3": "getbucketpolicy putbucketpolicy deletebucketpolicy getaccessgrantsinstance",
    "kinesis": "putresourcepolicy",
    "dynamodb": "updatetimetolive describetimetolive putresourcepolicy getresourcepolicy "
    "deleteresourcepolicy partiqlselect partiqlinsert partiqlupdate partiqldelete createbackup "
    "describecontinuousbackups updatecontinuousbackups describecontributorinsights "
    "updatecontributorinsights exporttabletopointintime describetablereplicaautoscaling "
    "updatetablereplicaautoscaling enablekinesisstreamingdestination "
    "disablekinesisstreamingdestination describekinesisstreamingdestination "
    "updatekinesisstreamingdestination",
    "ssm": "deleteopsitem",
    "cloudhsm": "copybackuptoregion deletebackup deleteresourcepolicy getresourcepolicy listtags "
    "modifybackupattributes putresourcepolicy restorebackup tagresource untagresource",
    "payment-cryptography": "createalias deletealias getalias updatealias putresourcepolicy "
    "getresourcepolicy deleteresourcepolicy",
    "wafv2": "putpermissionpolicy getpermissionpolicy deletepermissionpolicy",
    "waf": "putpermissionpolicy deletepermissionpolicy",
    "waf-regional": "putpermissionpolicy deletepermissionpolicy",
    "cleanrooms": "deletecollaboration updatecollaboration",
    "refactor-spaces": "tagresource untagresource",
    "codeguru-profiler": "deleteprofilinggroup describeprofilinggroup getprofile putpermission "
    "updateprofilinggroup",
    "s3-outposts": "getbucket getbucketpolicy putbucketpolicy deletebucketpolicy",
    "serverlessrepo": "createapplicationversion deleteapplication putapplicationpolicy "
    "updateapplication",
}
IF_SIGNED = {"rum": "putrumevents"}  # of their account alone, or without a signature
# Services of which only these calls reach other accounts.
REACHING = {
    "kms": "decrypt encrypt reencryptfrom reencryptto generatedatakey decapsulate encapsulate "
    "generatedatakeywithoutplaintext generatedatakeypair generatedatakeypairwithoutplaintext "
    "generatemac verifymac sign verify derivesharedsecret getpublickey creategrant describekey "
    "getkeyrotationstatus listgrants retiregrant revokegrant",
    "backup": "copyintobackupvault",
    "signer": "startsigningjob getsigningprofile revokesignature signpayload",
}
# Services in which resource-based policies are asked about these calls only (R19.19).
BY_RESOURCE_POLICY = {
    "rum": "putrumevents",
    "es": "eshttpget eshttpput eshttppost eshttphead eshttpdelete eshttppatch escrossclusterget",
    "s3express": "createsession",
    # Its guide's list of calls that are compatible with Prometheus.
    "aps": "createalertmanageralerts deletealertmanagersilence getalertmanagersilence "
    "getalertmanagerstatus getlabels getmetricmetadata getseries listalertmanageralertgroups "
    "listalertmanageralerts listalertmanagerreceivers listalertmanagersilences listalerts "
    "listrules putalertmanagersilences querymetrics remotewrite",
    "ses": "sendemail sendrawemail sendtemplatedemail sendbulktemplatedemail sendbulkemail "
    "sendcustomverificationemail",
    "sns": "addpermission removepermission deletetopic gettopicattributes settopicattributes "
    "listsubscriptionsbytopic listtagsforresource publish subscribe getdataprotectionpolicy "
    "putdataprotectionpolicy",
    "logs": "putsubscriptionfilter createdelivery link",
}
NEVER_BY_RESOURCE_POLICY = {
    "s3": "createbucket listallmybuckets createaccesspoint getaccesspoint deleteaccesspoint "
    "getaccesspointpolicy putaccesspointpolicy deleteaccesspointpolicy getaccesspointpolicystatus",
    "dynamodb": "createtable listtables deletebackup importtable restoretablefrombackup "
    "describeglobaltable updateglobaltablesettings",
    "glue": "startjobrun createjob getjob updatejob deletejob batchstopjobrun startcrawler "
    "stopcrawler getcrawler updatecrawler deletecrawler createtrigger startworkflowrun",
    "apigateway": "get post put patch delete",
    "codeartifact": "putrepositorypermissionspolicy putdomainpermissionspolicy",
    "payment-cryptography": "putresourcepolicy getresourcepolicy deleteresourcepolicy",
    "dsql": "createcluster listclusters injecterror getbackupjob getrestorejob",
    "glacier": "createvault getdataretrievalpolicy setdataretrievalpolicy",
}
# Where the policy of the resource and the caller's own must both allow, in one account too ("For
# authorization to succeed, both auth policies and identity-based policies need to have explicit
# allow statements", the guide of VPC Lattice).
BY_BOTH = {"vpc-lattice-svcs": "*"}
# Calls without a signature (R19.12); `*` are all of a service.
UNSIGNED = {
    "rum": "putrumevents",
    "vpc-lattice-svcs": "*",
    "s3": "*",
    "sqs": "*",
    "sns": "confirmsubscription unsubscribe publish subscribe",
    "lambda": "invokefunctionurl invokefunction",
    "execute-api": "invoke manageconnections",
    "es": "eshttpget eshttpput eshttppost eshttphead eshttpdelete eshttppatch",
    "mediastore": "getobject describeobject",
    "mediapackagev2": "getobject getheadobject",
    "elasticfilesystem": "clientmount clientwrite clientrootaccess",
}
UNCONTROLLED = {
    "cognito-idp": "initiateauth signup getuser globalsignout associatesoftwaretoken "
    "changepassword confirmforgotpassword confirmsignup forgotpassword listdevices "
    "resendconfirmationcode respondtoauthchallenge revoketoken updateuserattributes "
    "verifyuserattribute",
    "sso": "getrolecredentials listaccountroles listaccounts logout",
    "sso-oidc": "createtoken registerclient startdeviceauthorization",
    "signin": "createoauth2token",
    "sns": "confirmsubscription unsubscribe",
    "cognito-identity": "getid getcredentialsforidentity getopenidtoken unlinkidentity",
}
MANAGEMENT = {
    "organizations": "createaccount creategovcloudaccount moveaccount deleteorganization "
    "putresourcepolicy deleteresourcepolicy registerdelegatedadministrator enableallfeatures "
    "deregisterdelegatedadministrator enableawsserviceaccess disableawsserviceaccess "
    "createorganizationalunit updateorganizationalunit deleteorganizationalunit "
    "inviteaccounttoorganization inviteorganizationtotransferresponsibility "
    "removeaccountfromorganization",
    "iam": "generateorganizationsaccessreport getorganizationsaccessreport "
    "enableorganizationsrootsessions enableorganizationsrootcredentialsmanagement",
    "guardduty": "enableorganizationadminaccount disableorganizationadminaccount "
    "listorganizationadminaccounts",
    "ram": "enablesharingwithawsorganization",
    "backup": "updateglobalsettings",
    "cloudformation": "activateorganizationsaccess deactivateorganizationsaccess",
    "cloudtrail": "registerorganizationdelegatedadmin deregisterorganizationdelegatedadmin",
    "detective": "enableorganizationadminaccount disableorganizationadminaccount",
    "ec2": "enableipamorganizationadminaccount enablereachabilityanalyzerorganizationsharing",
    "fms": "associateadminaccount putadminaccount listadminaccountsfororganization",
    "health": "describehealthservicestatusfororganization enablehealthserviceaccessfororganization "
    "disablehealthserviceaccessfororganization",
    "inspector2": "enabledelegatedadminaccount disabledelegatedadminaccount",
    "macie2": "enableorganizationadminaccount disableorganizationadminaccount",
    "networkmanager": "startorganizationserviceaccessupdate",
    "resource-explorer-2": "getaccountlevelserviceconfiguration",
    "securityhub": "enableorganizationadminaccount disableorganizationadminaccount "
    "listorganizationadminaccounts",
    "securitylake": "registerdatalakedelegatedadministrator "
    "deregisterdatalakedelegatedadministrator",
    "servicecatalog": "enableawsorganizationsaccess disableawsorganizationsaccess",
    "sso": "listaccountassignmentsforprincipal",
    "tag": "describereportcreation getcompliancesummary startreportcreation",
}
ANYBODY = (
    "createorganization describeorganization describeeffectivepolicy accepthandshake "
    "cancelhandshake declinehandshake describehandshake listhandshakesforaccount"
)
CLOSING = (  # not stated
    "closeaccount describeresponsibilitytransfer terminateresponsibilitytransfer "
    "updateresponsibilitytransfer listinboundresponsibilitytransfers "
    "listoutboundresponsibilitytransfers"
)
ADMINISTRATORS = {
    "account": "acceptprimaryemailupdate getprimaryemail startprimaryemailupdate",
    "config": "putorganizationconfigrule deleteorganizationconfigrule "
    "putorganizationconformancepack deleteorganizationconformancepack",
    "cloudformation": "describeorganizationsaccess",
    "compute-optimizer": "getenrollmentstatusesfororganization",
    "fms": "listmemberaccounts",
    "health": "describeaffectedaccountsfororganization describeeventsfororganization",
    "observabilityadmin": "createcentralizationrulefororganization "
    "createtelemetryrulefororganization listtelemetryrulesfororganization",
    "resource-explorer-2": "listindexesformembers",
    "servicecatalog": "describeportfoliosharestatus getawsorganizationsaccessstatus "
    "listorganizationportfolioaccess",
    "iam": "listorganizationsfeatures disableorganizationsrootsessions "
    "disableorganizationsrootcredentialsmanagement",
}
# The name by which a service is delegated, where it is not its own.
ADMINISTERED = {"cloudformation": "member.org.stacksets.cloudformation.amazonaws.com"}
DELEGATED = {
    "securityhub": "updateconfigurationpolicy createconfigurationpolicy "
    "deleteconfigurationpolicy getconfigurationpolicy listconfigurationpolicies "
    "startconfigurationpolicyassociation updateorganizationconfiguration",
    "inspector2": "batchgetmemberec2deepinspectionstatus "
    "batchupdatememberec2deepinspectionstatus updateorgec2deepinspectionconfiguration",
    "detective": "describeorganizationconfiguration updateorganizationconfiguration",
}
# Objects that come with a service: how their ARN begins behind the account, and what is refused.
DEFAULTS = {
    "rds": (
        "pg:default.",
        "copydbparametergroup deletedbparametergroup modifydbparametergroup resetdbparametergroup",
    ),
    "elasticache": (
        "parametergroup:default.",
        "deletecacheparametergroup modifycacheparametergroup resetcacheparametergroup",
    ),
    "memorydb": (
        "parametergroup/default.",
        "deleteparametergroup updateparametergroup resetparametergroup",
    ),
    "redshift": (
        "parametergroup:default.",
        "deleteclusterparametergroup modifyclusterparametergroup resetclusterparametergroup",
    ),
    "codedeploy": ("deploymentconfig:CodeDeployDefault.", "deletedeploymentconfig"),
    "athena": ("workgroup/primary", "deleteworkgroup"),
    "ecs": ("capacity-provider/FARGATE", "deletecapacityprovider updatecapacityprovider"),
    "ssm": ("document/AWS-", "deletedocument updatedocument modifydocumentpermission"),
    "appconfig": (
        "deploymentstrategy/AppConfig.",
        "deletedeploymentstrategy updatedeploymentstrategy",
    ),
    "xray": ("sampling-rule/Default", "deletesamplingrule"),
    "backup": ("backup-vault:aws/efs/automatic-backup-vault", "deletebackupvault"),
    "config": ("config-rule/aws-service-rule/", "deleteconfigrule putconfigrule"),
    "s3": ("storage-lens/default-account-dashboard", "deletestoragelensconfiguration"),
    "apprunner": (
        "autoscalingconfiguration/DefaultConfiguration/",
        "deleteautoscalingconfiguration",
    ),
    "events": ("event-bus/default", "deleteeventbus"),
}
ON_LINKED_ROLES = (
    "attachrolepolicy detachrolepolicy putrolepolicy deleterolepolicy updateassumerolepolicy "
    "putrolepermissionsboundary deleterolepermissionsboundary addroletoinstanceprofile "
    "removerolefrominstanceprofile deleterole"
)
ON_MANAGED_POLICIES = "createpolicyversion deletepolicyversion setdefaultpolicyversion deletepolicy"
ON_MANAGED_KEYS = (
    "schedulekeydeletion cancelkeydeletion disablekey enablekey putkeypolicy enablekeyrotation "
    "disablekeyrotation rotatekeyondemand tagresource untagresource createalias deletealias "
    "updatealias updatekeydescription importkeymaterial deleteimportedkeymaterial replicatekey "
    "updateprimaryregion"
)
WITH_IDENTITIES = "registerdevice subscribetodataset unsubscribefromdataset"
FROM_SESSIONS = "getcalleridentity getdelegatedaccesstoken getscopedcredentials"
FROM_SESSION_TOKENS = (
    f"{FROM_SESSIONS} assumerole getwebidentitytoken taggetwebidentitytoken "
    "setwebidentitytokenscope tagsession setsourceidentity setcontext"
)


# Services of which every call's rule is here; of the others, those that some table lists.
WHOLE = {"iam", "kms", "organizations", "sts", *REACHING, *BY_RESOURCE_POLICY}
TABLES = [OWN_ACCOUNT, NEVER_BY_RESOURCE_POLICY, UNSIGNED, UNCONTROLLED, MANAGEMENT]
TABLES += [ADMINISTRATORS, DELEGATED]


def knows(action: str) -> bool:
    """Say whether the tables here have what AWS says of an action."""
    service, _, name = action.lower().partition(":")
    return service in WHOLE or any(name in table.get(service, "").split() for table in TABLES)


def says(table: dict[str, str], case: Any) -> bool:
    """Say whether a table has the call."""
    listed = table.get(case.service, "").split()
    return case.operation in listed or listed == ["*"]


def is_identity_only(case: Any) -> bool:
    """Say whether no resource-based policy is asked about the call."""
    asked = BY_RESOURCE_POLICY.get(case.service)
    return says(NEVER_BY_RESOURCE_POLICY, case) or (
        asked is not None and case.operation not in asked.split()
    )


def lets_no_service(case: Any) -> bool:
    """Say whether no policy lets an AWS service make the call for itself (R19.9, R19.19)."""
    written = case.service == "logs" and case.operation in ("createlogstream", "putlogevents")
    return is_identity_only(case) and not written


def reaches_abroad(case: Any) -> bool:
    """Say whether the call works on resources of other accounts."""
    if case.resource == "*":
        return True
    only = REACHING.get(case.service)
    listed = only is None or case.operation in only.split()
    own = says(OWN_ACCOUNT, case) or says(IF_SIGNED, case)
    return listed and not own and not is_identity_only(case)


def is_unsigned(case: Any) -> bool:
    """Say whether the service takes the call without a signature."""
    through_point = places.access_point(case.resource) is not None
    in_s3 = case.service == "s3" and is_identity_only(case)  # what no bucket policy opens
    return says(UNSIGNED, case) and not in_s3 and not through_point


def needs_no_policy(case: Any) -> bool:
    """Say whether no policy controls the call (R19.20)."""
    kind = case.caller["kind"]
    if case.action.lower() == "sts:getsessiontoken":
        with_token = case.session.get("credentials") == "session-token"
        temporary = kind in ("role", "federated-user") or case.caller["assumed_root"] or with_token
        return not temporary and kind != "anonymous"
    if case.action.lower() == "sts:getcalleridentity":
        return kind != "anonymous"
    return says(UNCONTROLLED, case)


def credentials_allow(case: Any) -> bool:
    """Say whether the service takes a call with such credentials (R6.5, R19.13)."""
    kind, name = case.caller["kind"], case.operation
    if case.action.lower() == "codeartifact:getauthorizationtoken":
        return kind != "root"  # its guide, tokens-authentication
    if case.service == "cognito-sync" and name in WITH_IDENTITIES.split():
        return kind == "role" and not case.caller["assumed_root"]  # its API's pages
    federated = kind == "federated-user" or case.session.get("credentials") == "federation-token"
    if case.service == "iam":
        return not federated
    if case.service != "sts":
        return True
    with_token = case.session.get("credentials") == "session-token"
    temporary = kind in ("role", "federated-user") or case.caller["assumed_root"]
    if name in ("getsessiontoken", "getfederationtoken") and (temporary or with_token):
        return False
    if kind == "root" and name in ("assumerole", "assumeroot"):
        return False
    if federated:
        return name in FROM_SESSIONS.split()
    if with_token and kind in ("root", "user"):
        return name in FROM_SESSION_TOKENS.split()
    long_term = kind in ("root", "user") and not temporary
    return not (name == "getscopedcredentials" and long_term)


def session_allows(case: Any) -> bool:
    """Say whether what the session is lets it ask: IAM with MFA only for GetSessionToken, an
    unchanged source identity, no inherited tag again (R19.13, R19.21)."""
    context, kind = case.context, case.caller["kind"]
    if case.session.get("credentials") == "session-token" and kind in ("user", "root"):
        mfa = str(context.get("aws:multifactorauthpresent", "false")).lower()
        return case.service != "iam" or mfa == "true"
    if kind != "role" or case.service != "sts":
        return True
    inherited = case.session.get("source_identity")
    asked = context.get("sts:sourceidentity", inherited)
    tags = [f"aws:requesttag/{key.lower()}" for key in case.session.get("transitive_tags") or []]
    return (not inherited or asked == inherited) and not any(tag in context for tag in tags)


def part_in_organization(case: Any, account: str | None) -> tuple[str | None, set[str]]:
    """Give an account's part (management, member, or None) and the services it administers."""
    organization = case.world.get("organization") or {}
    management = organization.get("management_account")
    if not management or account is None:
        return None, set()
    if account == management:
        return "management", set()
    services = set((organization.get("delegated_services") or {}).get(account) or [])
    if account in (organization.get("delegated_administrators") or []):
        services.add("iam.amazonaws.com")
    known = services or places.is_member(case.world, account)
    return "member" if known else None, services


def may_call(case: Any) -> bool | str:
    """Say whether the caller's account may make the call: True, False, or `identity` or `both` for
    delegated administrators of the organization, by whose policies it goes."""
    part, services = part_in_organization(case, case.caller["account"])
    if case.action.lower() == "sts:assumeroot":
        target, _ = part_in_organization(case, case.owner)
        if part is None:
            return target is None
        return target == "member" and (part == "management" or "iam.amazonaws.com" in services)
    if part is None:
        return True
    owner_part, _ = part_in_organization(case, case.owner)
    administered = ADMINISTERED.get(case.service, f"{case.service}.amazonaws.com")
    for_it = case.service == "account" or says(DELEGATED, case) or says(ADMINISTRATORS, case)
    if for_it and owner_part == "management" and administered in services:
        return "identity"
    if says(MANAGEMENT, case):
        return part == "management"
    if says(DELEGATED, case):
        return administered in services
    if says(ADMINISTRATORS, case):
        return part == "management" or administered in services
    if case.service != "organizations" or case.operation in f"{ANYBODY} {CLOSING}".split():
        return True
    if case.operation == "leaveorganization":
        return part == "member"
    if part == "management":
        return True
    if services and case.operation.startswith(("describe", "list")):
        return "identity"
    return "both" if case.resource_policies() else False


def retires_grant(case: Any) -> bool:
    """Say whether the call retires a grant of a key, which grants decide alone (R19.7)."""
    return bool(case.is_key) and case.action.lower() == "kms:retiregrant"


def is_fixed(case: Any) -> bool:
    """Say whether the service refuses to change such an object (R19.6, R19.14)."""
    if case.caller["service_linked"]:
        return False
    tail = case.parts[5] if len(case.parts) == 6 else ""
    if case.service == "iam":
        if ":aws:policy/" in case.resource:
            return case.operation in ON_MANAGED_POLICIES.split()
        if tail.startswith("role/aws-reserved/sso.amazonaws.com/"):
            more = "updaterole updateroledescription"
            return case.operation in f"{ON_LINKED_ROLES} {more}".split()
        linked = case.is_role and case.trusts_a_service_linked_role()
        return bool(linked) and case.operation in ON_LINKED_ROLES.split()
    if case.service == "kms":
        return tail.startswith("alias/aws/") and case.operation in ON_MANAGED_KEYS.split()
    of_aws = len(case.parts) == 6 and case.parts[4] == "aws"
    if of_aws and case.service in ("organizations", "ram"):
        changes = "updatepolicy deletepolicy deletepermission createpermissionversion"
        return case.operation in changes.split()
    start, refused = DEFAULTS.get(case.service, ("", ""))
    return bool(start) and tail.startswith(start) and case.operation in refused.split()


def refuses(case: Any) -> bool:
    """Say whether the service refuses the caller or the call, whatever policies say."""
    kind = case.caller["kind"]
    if not credentials_allow(case):
        return True
    if kind == "anonymous":
        return not is_unsigned(case) or says(OWN_ACCOUNT, case)
    if kind == "origin-access-identity":
        return says(OWN_ACCOUNT, case)
    if kind not in ("service", *IAM_KINDS):
        return False
    if case.parts and case.caller["partition"] not in (None, case.parts[1]):
        return True
    if kind == "service":
        return lets_no_service(case)
    if may_call(case) is False or is_fixed(case):
        return True
    abroad = case.caller["account"] != case.owner
    return abroad and not reaches_abroad(case) and may_call(case) not in ("identity", "both")
