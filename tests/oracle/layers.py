"""Which policies apply to a request, layer by layer, and what each layer says."""

from typing import Any

from tests.oracle import context, places, principals, public
from tests.oracle.conditions import condition_holds
from tests.oracle.document import BUILT_IN, statements
from tests.oracle.principals import IAM_KINDS, Caller
from tests.oracle.text import action_matches, as_list, resource_matches, scalar

RCP_SERVICES = (  # the list of 2026-09-26 (R4.7)
    " appstream dsql clouddirectory cloudfront cloudsearch logs networkmonitor cognito-identity "
    " cognito-idp comprehend comprehendmedical firehose dynamodb dax autoscaling ecr ecr-public "
    " gamelift inspector-scan kendra kinesisvideo memorydb aoss personalize polly s3 swf sqs "
    " textract timestream-influxdb transcribe translate workspaces appconfig autoscaling-plans "
    " budgets servicediscovery cloudtrail-data codeartifact codebuild codecommit codepipeline "
    " compute-optimizer cost-optimization-hub events fms fis health rolesanywhere kms opensearch "
    " pricing pca-connector-ad resource-groups secretsmanager sts signin support transfer "
    " notifications wafv2 xray "
)
TRUST_CALLS = (  # what a trust policy is asked about (R6.7, R6.12, R6.18)
    " sts:assumerole sts:assumerolewithsaml sts:assumerolewithwebidentity "
    " sts:tagsession sts:setsourceidentity sts:setcontext "
)


class Case:
    """One request in its world: who, what, whose, and under which context."""

    def __init__(self, request: dict[str, Any], world: dict[str, Any] | None) -> None:
        """Look the caller and the resource up, and build the context."""
        self.request, self.world = request, world or {}
        self.action = request["action"]
        self.service, _, self.operation = self.action.lower().partition(":")
        self.resource = scalar(request.get("resource") or "*")
        if self.resource == "*" and self.action.lower() == "s3:listallmybuckets":
            self.resource = "arn:aws:s3:::*"  # R1.2
        if self.resource == "*" and self.action.lower() == "logs:describeloggroups":
            self.resource = places.log_groups(request)  # R19.18
        self.session = request.get("session") or {}
        self.via = request.get("via") or {}
        who = scalar(request["principal"])
        self.caller: Caller = principals.caller_of(who, self.session, self.world)
        self.caller["assumed_root"] = self.is_assumed_root()
        self.parts = self.resource.split(":", 5) if self.resource.startswith("arn:") else []
        self.owner = self.find_owner()
        kind = self.parts[5].partition("/")[0] if len(self.parts) == 6 else ""
        self.is_role = self.resource.split(":")[2:3] == ["iam"] and kind == "role"
        self.is_trust = self.is_role and f" {self.action.lower()} " in TRUST_CALLS
        tail = self.parts[5] if len(self.parts) == 6 else ""
        self.is_managed_key = self.service == "kms" and tail.startswith("alias/aws/")
        self.is_key = (self.service == "kms" and kind == "key") or self.is_managed_key
        self.context = context.build(request, self.world, self.caller, self.owner)

    def is_assumed_root(self) -> bool:
        """Say whether a root ARN stands for a session of sts:AssumeRoot."""
        given = {key.lower(): of for key, of in (self.request.get("context") or {}).items()}
        passed = [self.request.get("session_policies"), self.session.get("policies")]
        said = given.get("aws:assumedroot") == "true" or any(entry is not None for entry in passed)
        return self.caller["kind"] == "root" and said

    def find_owner(self) -> str | None:
        """Find the account of the resource."""
        given = self.request.get("resource_account")
        written = self.parts[4] if len(self.parts) == 6 else ""
        in_arn = written if written.isdigit() and len(written) == 12 else None
        listed, _ = places.resource_entry(self.world, self.resource)
        found = given or in_arn or listed or self.caller["account"]
        return None if found is None else scalar(found)

    def entity(self) -> dict[str, Any]:
        """Give the world's user or role behind the caller; of a federated user, its source."""
        if self.caller["kind"] == "federated-user" and self.caller["source_user"]:
            source = principals.caller_of(self.caller["source_user"], {}, self.world)
            return source["entity"] or {}
        return self.caller["entity"] or {}

    def read(self, policies: list[Any], kind: str) -> list[dict[str, Any]]:
        """Resolve names and read the documents into one list of statements."""
        found = places.documents(self.world, self.caller["account"], policies)
        return [statement for policy in found for statement in statements(policy, kind)]

    def has_boundary(self) -> bool:
        """Say whether a permissions boundary is set on the caller."""
        return self.boundary() is not None

    def boundary(self) -> list[dict[str, Any]] | None:
        """Give the statements of the boundary, or None."""
        if self.caller["kind"] not in ("user", "role", "federated-user"):
            return None
        policy = self.request.get("boundary") or self.entity().get("boundary")
        return self.read(as_list(policy), "boundary") if policy else None

    def identity(self) -> list[dict[str, Any]]:
        """Give the statements of the identity-based policies: the caller's and its groups'."""
        if self.caller["kind"] not in ("user", "role", "federated-user"):
            return []
        given = self.request.get("identity_policies")
        if given is not None:
            return self.read(as_list(given), "identity")
        entity = self.entity()
        groups = places.section(places.account_of(self.world, self.caller["account"]), "groups")
        policies = as_list(entity.get("policies"))
        for name in as_list(entity.get("groups")):
            policies += as_list((groups.get(name) or {}).get("policies"))
        return self.read(policies, "identity")

    def session_policies(self) -> list[dict[str, Any]] | None:
        """Give the statements of the session policies, or None if the session has none."""
        given = as_list(self.request.get("session_policies")) + as_list(
            self.session.get("policies")
        )
        kind = self.caller["kind"]
        if kind == "user" or kind not in IAM_KINDS:
            return None
        if kind == "federated-user" and not given:
            return []
        return self.read(given, "session") if given else None

    def resource_policies(self) -> list[tuple[list[dict[str, Any]], str]]:
        """Give the resource-based policies that must all allow, each with the resource that it
        sees: one, or that of an access point and those of the buckets behind it (R19.4)."""
        own = self.resource_policy()
        buckets = self.buckets_behind()
        found = [] if own is None and not buckets else [(own or [], self.resource)]
        for bucket in buckets:
            account, entry = places.resource_entry(self.world, bucket)
            policy = places.document(self.world, account, entry.get("policy"))
            seen = places.behind_access_point(self.resource, bucket)
            found.append((statements(policy, "resource") if policy is not None else [], seen))
        return found

    def is_through_access_point(self) -> bool:
        """Say whether an access point stands before what the request is about; calls that manage
        the access point itself are another matter."""
        through = places.access_point(self.resource) is not None
        of_point = ["tagresource", "untagresource", "listtagsforresource"]
        manages = "accesspoint" in self.operation or self.operation in of_point
        return through and not manages

    def buckets_behind(self) -> list[str]:
        """Give the ARNs of the buckets behind the access point that the request goes through."""
        if not self.is_through_access_point():
            return []
        _, entry = places.resource_entry(self.world, self.resource)
        return [
            scalar(member)
            for member in as_list(entry.get("bucket")) + as_list(entry.get("buckets"))
        ]

    def bucket_owners(self) -> list[str | None]:
        """Give the owners of those buckets; of a bucket that nobody lists, the access point's."""
        found = [places.resource_entry(self.world, entry)[0] for entry in self.buckets_behind()]
        return [self.owner if account is None else account for account in found]

    def is_outside_of_access_point(self) -> bool:
        """Say whether the access point turns the request away: without TLS, or from outside of the
        VPC that is its origin (R19.4)."""
        if not self.is_through_access_point():
            return False
        _, entry = places.resource_entry(self.world, self.resource)
        secure = self.context.get("aws:securetransport")
        by_tls = ":s3:" in str(places.access_point(self.resource))
        if by_tls and secure is not None and scalar(secure).lower() != "true":
            return True
        if places.origin(entry) != "VPC":
            return False
        if entry.get("vpc") is not None:
            return self.context.get("aws:sourcevpc") != entry["vpc"]
        return self.context.get("aws:sourcevpce") is None

    def resource_policy(self) -> list[dict[str, Any]] | None:
        """Give the statements of the resource-based policy, trust policy or key policy, or None."""
        if self.is_role and not self.is_trust:
            return None
        if self.service == "kms" and self.resource == "*":
            return None
        kind = "trust" if self.is_trust else "resource"
        policy, account = self.request.get("resource_policy"), self.owner
        if policy is None and self.is_trust:
            name = self.resource.rpartition("/")[2]
            role = places.find_role(self.world, self.parts[4], name) or {}
            same = places.full_name(role, name) == self.parts[5].removeprefix("role/")
            policy = role.get("trust") if same else None
        elif policy is None:
            account, entry = places.resource_entry(self.world, self.resource)
            policy = entry.get("policy")
        own = places.document(self.world, account, policy)
        found = [statements(own, kind)] if policy is not None else []
        account, entry = places.container(self.world, self.resource, self.action, self.caller)
        if entry.get("policy") is not None:  # both count together (R19.9)
            around = places.document(self.world, account, entry["policy"])
            found.append(statements(around, "resource"))
        if not found:
            return self.managed_key_policy() if self.is_managed_key else None
        return [member for some in found for member in some]

    def managed_key_policy(self) -> list[dict[str, Any]]:
        """Give what AWS lets be done to its managed keys (R19.6)."""
        name = self.resource.rpartition("/")[2]
        service = f"{'ec2' if name == 'ebs' else name}.{self.parts[3]}.amazonaws.com"
        used = [
            "Encrypt",
            "Decrypt",
            "ReEncrypt*",
            "GenerateDataKey*",
            "CreateGrant",
            "DescribeKey",
        ]
        by_service = {"kms:CallerAccount": self.owner, "kms:ViaService": service}
        document = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": [f"kms:{entry}" for entry in used],
                    "Resource": "*",
                    "Condition": {"StringEquals": by_service},
                },
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": self.owner},
                    "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                    "Resource": "*",
                },
            ],
        }
        return statements(document, "resource")

    def scps(self) -> list[list[dict[str, Any]]]:
        """Give the statements of each SCP level that applies; no levels, no layer."""
        account = self.caller["account"]
        if self.caller["kind"] not in IAM_KINDS or self.caller["service_linked"]:
            return []
        given = self.request.get("scps")
        management = places.section(self.world, "organization").get("management_account")
        if given is not None and account != management:
            return [self.read(as_list(level), "scp") for level in given]
        if not places.is_member(self.world, account):
            return []
        found = places.levels(self.world, account, "scps", "FullAWSAccess")
        return [self.read(level, "scp") for level in found]

    def rcps(self) -> list[tuple[list[dict[str, Any]], str]]:
        """Give the statements of each RCP level that applies, of the resource's account and of the
        owners of buckets behind an access point, with the resource that it sees."""
        found = [(level, self.resource) for level in self.rcps_of(self.owner)]
        for bucket, owner in zip(self.buckets_behind(), self.bucket_owners(), strict=True):
            seen = places.behind_access_point(self.resource, bucket)
            found += [(level, seen) for level in self.rcps_of(owner)]
        return found

    def rcps_of(self, owner: str | None) -> list[list[dict[str, Any]]]:
        """Give the statements of each RCP level over an account; no levels, no layer."""
        exempt = (
            f" {self.service} " not in RCP_SERVICES
            or self.caller["service_linked"]
            or self.action.lower() == "kms:retiregrant"
            or ":alias/aws/" in self.resource
            or (self.is_trust and self.trusts_a_service_linked_role())
        )
        management = places.section(self.world, "organization").get("management_account")
        given = self.request.get("rcps")
        if exempt:
            return []
        if given is not None and (owner is None or owner != management):
            built_in = BUILT_IN["RCPFullAWSAccess"]
            return [self.read([built_in, *as_list(level)], "rcp") for level in given]
        if owner is None or not places.is_member(self.world, owner):
            return []
        found = places.levels(self.world, owner, "rcps", "RCPFullAWSAccess")
        return [self.read(level, "rcp") for level in found]

    def trusts_a_service_linked_role(self) -> bool:
        """Say whether the resource is a service-linked role."""
        role = principals.caller_of(self.resource, {}, self.world)
        return bool(role["service_linked"])

    def endpoint_policies(self) -> list[dict[str, Any]] | None:
        """Give the statements of the VPC endpoint policy, or None if there is no such layer."""
        if self.via.get("service"):
            return None
        given = self.request.get("vpce_policies")
        if given:
            return self.read(as_list(given), "vpce")
        account, entry = places.endpoint(self.world, self.via.get("vpc_endpoint"))
        policy = entry.get("policy")
        if policy is None:
            return None
        return statements(places.document(self.world, account, policy), "vpce")

    def names_root_only(self) -> tuple[str, ...]:
        """Give the kinds of grant that don't count at the endpoint: a gateway endpoint takes an
        account as principal for that account's root user (R2.19)."""
        _, entry = places.endpoint(self.world, self.via.get("vpc_endpoint"))
        root = self.caller["kind"] == "root" and not self.caller["assumed_root"]
        return ("ACCOUNT",) if entry.get("type") == "Gateway" and not root else ()

    def is_public_access_blocked(self) -> bool:
        """Say whether S3 Block Public Access cuts the request off."""
        policies = [policy for policy, _ in self.resource_policies()]
        owners = [self.owner, *self.bucket_owners()]
        insider = self.caller["account"] is not None and self.caller["account"] in owners
        outsider = self.caller["kind"] != "service" and not insider
        if self.service != "s3" or not policies or not outsider:
            return False
        _, entry = places.resource_entry(self.world, self.resource)
        buckets = [places.resource_entry(self.world, member)[1] for member in self.buckets_behind()]
        accounts = [places.account_of(self.world, owner) for owner in owners]
        settings = [member.get("public_access_block") for member in (entry, *buckets, *accounts)]
        if self.request.get("public_access_block") is not None:
            settings = [self.request["public_access_block"]]
        on = [scalar((block or {}).get("restrict_public_buckets", False)) for block in settings]
        point = places.access_point(self.resource) is not None and entry != {}
        open_to_all = [public.is_public(policies[0], point), *map(public.is_public, policies[1:])]
        if point and places.origin(entry) == "VPC":
            open_to_all[0] = False
        return "true" in [flag.lower() for flag in on] and any(open_to_all)

    def applies(
        self, statement: dict[str, Any], seen: str | None = None, ignored: tuple[str, ...] = ()
    ) -> bool:
        """Say whether every part of a statement fits the request. `seen` is what the policy takes
        for the resource, `ignored` are kinds of grant that don't count for it."""
        return (
            not statement["void"]
            and principals.is_caller(statement, self.caller, self.has_boundary(), ignored)
            and self.fits_action(statement)
            and self.fits_resource(statement, seen or self.resource)
            and condition_holds(
                statement["condition"], self.context, statement["substitute"], statement["effect"]
            )
        )

    def fits_action(self, statement: dict[str, Any]) -> bool:
        """Match Action or NotAction."""
        negated, patterns = statement["actions"]
        return bool(negated) != any(action_matches(pattern, self.action) for pattern in patterns)

    def fits_resource(self, statement: dict[str, Any], resource: str) -> bool:
        """Match Resource or NotResource; a statement without either means its own resource."""
        if statement["resources"] is None:
            return True
        negated, patterns = statement["resources"]
        resource = places.log_group(self.action, resource)
        if statement["attached"] and resource.split(":")[2:3] == ["execute-api"]:
            # API Gateway expands the short form when it saves a policy (R19.10).
            api = resource.partition("/")[0]
            short = "execute-api:"
            patterns = [
                api + text[len(short) :] if text.startswith(short + "/") else text
                for text in patterns
            ]
        return bool(negated) != any(
            resource_matches(pattern, resource, self.context, statement["substitute"])
            for pattern in patterns
        )

    def denies(
        self,
        found: list[dict[str, Any]] | None,
        seen: str | None = None,
        ignored: tuple[str, ...] = (),
    ) -> bool:
        """Say whether some Deny statement applies."""
        denying = [entry for entry in found or [] if entry["effect"] == "Deny"]
        return any(self.applies(entry, seen, ignored) for entry in denying)

    def allows(
        self,
        found: list[dict[str, Any]] | None,
        ignored: tuple[str, ...] = (),
        seen: str | None = None,
    ) -> bool:
        """Say whether some Allow statement applies; a layer that isn't there allows."""
        if found is None:
            return True
        return any(
            entry["effect"] == "Allow" and self.applies(entry, seen, ignored) for entry in found
        )

    def seen(self) -> list[str]:
        """Give the names of what the request is about: through an access point, two or more."""
        behind = [
            places.behind_access_point(self.resource, entry) for entry in self.buckets_behind()
        ]
        return [self.resource, *behind]

    def grants(self) -> list[set[str]]:
        """Give the kinds of grant that each resource-based policy holds for the caller."""
        kinds = []
        for found, seen in self.resource_policies():
            allowing = [
                entry for entry in found if entry["effect"] == "Allow" and self.applies(entry, seen)
            ]
            kinds.append(
                {kind for entry in allowing for kind in principals.grants(entry, self.caller)}
            )
        return kinds

    def has_key_grant(self, to_account: bool) -> bool:
        """Say whether a KMS grant covers the operation, for the caller or for its account."""
        _, entry = places.resource_entry(self.world, self.resource)
        kinds = {kind for grant in as_list(entry.get("grants")) for kind in self.granted(grant)}
        return "ACCOUNT" in kinds if to_account else bool(kinds - {"ACCOUNT"})

    def granted(self, grant: dict[str, Any]) -> set[str]:
        """Give what a KMS grant, in the shape that ListGrants prints, is to the caller."""
        grantee = scalar(grant.get("GranteePrincipal"))
        operations = [scalar(name).lower() for name in as_list(grant.get("Operations"))]
        limits = grant.get("Constraints") or {}
        prefix = "kms:encryptioncontext:"
        # A pair has one value, whether it is given alone or as a list of one.
        given = {
            key: scalar(of[0]) if isinstance(of, list) and len(of) == 1 else of
            for key, of in self.context.items()
            if key.startswith(prefix)
        }
        for name in as_list(self.context.get("kms:encryptioncontextkeys")):
            given.setdefault(f"{prefix}{scalar(name).lower()}", None)  # a pair of unknown value
        exact = lowered(prefix, limits.get("EncryptionContextEquals"))
        part = lowered(prefix, limits.get("EncryptionContextSubset"))
        source = limits.get("SourceArn")
        if self.operation == "retiregrant":
            named = [grant.get("RetiringPrincipal"), grant.get("IssuingAccount")]
            named += [grantee] if "retiregrant" in operations else []
            kinds = {self.named_in_grant(scalar(entry)) for entry in named if entry}
            return {entry for entry in kinds if entry is not None}
        if self.operation == "describekey":
            exact = part = None
        made = as_list(self.context.get("kms:grantoperations"))
        sort = as_list(self.context.get("kms:grantconstrainttype"))
        if self.operation == "creategrant" and (
            not {scalar(entry) for entry in made}
            <= {scalar(operation) for operation in grant["Operations"]}
            or (exact is not None and "EncryptionContextEquals" not in sort)
        ):
            return set()  # a grant under a grant is at least as strict (R19.7)
        kind = self.named_in_grant(grantee)
        fits = (
            kind is not None
            and self.operation in operations
            and (exact is None or exact == given)
            and (part is None or all(given.get(key) == of for key, of in part.items()))
            and (source is None or source == self.context.get("aws:sourcearn"))
        )
        return {str(kind)} if fits else set()

    def named_in_grant(self, name: str) -> str | None:
        """Give what a principal that a grant names is to the caller."""
        kind = "Service" if name.endswith(".com") and not name.startswith("arn:") else "AWS"
        return principals.grant_kind((kind, name), self.caller)


def lowered(prefix: str, pairs: dict[str, Any] | None) -> dict[str, str] | None:
    """Write an encryption context as condition keys."""
    if pairs is None:
        return None
    return {prefix + key.lower(): scalar(value) for key, value in pairs.items()}
