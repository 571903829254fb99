"""People sign in with passwords and keys of IAM users, and not through an identity provider.

## What it finds
`console-user`: an IAM user that has a password, so that somebody signs in with it.
`key-of-console-user`: such a user that has an active access key, too: a person's long-term key.
`aws-login-denied`: such a user with a key whom no policy lets call what `aws login` calls, in an
account without IAM Identity Center: the key can't go before that is allowed.
`password-policy`: an account in which people have passwords that may be shorter than 14 characters,
or that they may use again.
`no-federation`: an account in which people have IAM users, and in which neither IAM Identity Center
has provisioned a role nor an identity provider stands through which people sign in: those of
GitHub, GitLab and EKS clusters serve workloads.

## Why it matters
A person whom an identity provider signs in has temporary credentials, and leaves with the company:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-users-federation-idp>. For
the command line AWS has `aws sso login` where IAM Identity Center gives access, and since November
2025 recommends `aws login` to everybody else, which makes temporary credentials of a sign-in to the
console: <https://docs.aws.amazon.com/signin/latest/userguide/command-line-sign-in.html>. An IAM
user needs two actions for it, which the AWS managed policy SignInLocalDevelopmentAccess allows:
<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html>.

## What it needs
Whether a user has a password, the credential report says. A role under the path
`/aws-reserved/sso.amazonaws.com/` shows that Identity Center provisions the account. Users for an
emergency are good reasons for a suppression.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.audit.asking import request_of
from iamsim.audit.looking import REGION, Key, Looking, is_provisioned, keys_of
from iamsim.audit.model import (
    Evidence,
    Finding,
    Fix,
    Gap,
    Outcome,
    Passed,
    Severity,
    fact,
    some_of,
)
from iamsim.audit.registry import audits
from iamsim.audit.sources import CREDENTIAL_REPORT, PASSWORD_POLICY
from iamsim.checks.issuers import ISSUERS
from iamsim.core.decision import Layer, PolicyType, Verdict
from iamsim.query.batch.answers import decide_one, opened

if TYPE_CHECKING:
    from iamsim.world.model import Account, User

HEADING = "human-federation"
SIGN_IN = "https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html"
LOCAL_CLIENT = "arn:{partition}:signin:{region}:{account}:oauth2/public-client/localhost"
LOCAL_SIGN_IN = ("signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token")
PASSWORDS = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html"
)
LEAST_LENGTH, LEAST_REUSE = 14, 24  # as the CIS benchmark has them
DEMANDS = {
    "RequireSymbols": "require-symbols",
    "RequireNumbers": "require-numbers",
    "RequireUppercaseCharacters": "require-uppercase-characters",
    "RequireLowercaseCharacters": "require-lowercase-characters",
    "AllowUsersToChangePassword": "allow-users-to-change-password",
    "HardExpiry": "hard-expiry",
}
SAML = ":saml-provider/"
PRACTICE = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-users-federation-idp"
)


def _may_serve_people(provider: str) -> bool:
    """Whether people may sign in through a provider: those of clusters and of public services of
    OpenID Connect, such as GitHub's, serve workloads alone."""
    issuer = provider.partition(":oidc-provider/")[2]
    return not issuer.startswith("oidc.eks.") and issuer not in ISSUERS


def has_password(user: User) -> bool | None:
    """Whether a user has a password; `None` where nobody says. That it was used says it, too."""
    if user.password_enabled is None and user.password_last_used is not None:
        return True
    return user.password_enabled


def _signed_in(user: User) -> tuple[Evidence, ...]:
    used = user.password_last_used
    return (Evidence("date", f"last signed in {used}" if used else "no sign-in is known"),)


@audits("console-user", HEADING, "No IAM user has a password", Severity.MEDIUM, PRACTICE)
def console_users(looking: Looking) -> Iterator[Outcome]:
    """Users with a password."""
    for account, user in looking.users:
        known = has_password(user)
        if known is None:
            yield CREDENTIAL_REPORT.gap(
                user.arn, "whether the user has a password", account=account.id
            )
        elif known:
            yield Finding(
                user.arn,
                "signs in to the console with a password of its own"
                + (", beside IAM Identity Center" if _has_identity_center(account) else ""),
                Fix("commands", f"aws iam delete-login-profile --user-name {user.name}"),
                account.id,
                _signed_in(user),
                span=user.span,
            )
        else:
            yield Passed(user.arn)


@audits(
    "key-of-console-user",
    HEADING,
    "Nobody who signs in has an access key",
    Severity.MEDIUM,
    SIGN_IN,
)
def keys_of_people(looking: Looking) -> Iterator[Outcome]:
    """Users with a password and an active key."""
    for account, user, keys in _people_with_keys(looking):
        if keys is None:
            yield _gap_of_keys(account, user)
            continue
        instead = "aws sso login" if _has_identity_center(account) else "aws login"
        for key in keys:
            last = "never" if key.last_used is None else f"{key.last_used:%Y-%m-%d}"
            yield Finding(
                user.arn,
                f"a person has the access key {key.id}; `{instead}` gives temporary credentials"
                " instead",
                Fix(
                    "commands",
                    f"aws iam update-access-key --user-name {user.name} --access-key-id {key.id}"
                    f" --status Inactive\naws iam delete-access-key --user-name {user.name}"
                    f" --access-key-id {key.id}",
                ),
                account.id,
                (Evidence("date", f"the key was last used: {last}"),),
                span=user.span,
            )
        if not keys:
            yield Passed(user.arn)


@audits(
    "aws-login-denied",
    HEADING,
    "People with access keys may sign in from the command line instead",
    Severity.LOW,
    SIGN_IN,
)
def local_sign_in(looking: Looking) -> Iterator[Outcome]:
    """Users with a password and an active key whom nothing lets sign in with `aws login`."""
    for account, user, keys in _people_with_keys(looking):
        if keys is None:
            yield _gap_of_keys(account, user)
        elif keys:
            gives_sessions = _has_identity_center(account)
            yield Passed(user.arn) if gives_sessions else _signs_in_locally(looking, account, user)
    yield from looking.policy_gaps(PolicyType.IDENTITY)


def _signs_in_locally(looking: Looking, account: Account, user: User) -> Outcome:
    """Whether the engine lets a user call both actions of `aws login`, for itself."""
    resource = LOCAL_CLIENT.format(partition=account.partition, region=REGION, account=account.id)
    for action in LOCAL_SIGN_IN:
        question = looking.batch.question(user.arn, action, resource)
        answer = decide_one(opened(question), looking.batch.world)
        gap = looking.open_gap(user.arn, answer, f"whether {action} is allowed")
        if gap is not None:
            return gap
        if answer.possible:
            continue
        decision = answer.decision
        lacks_allow = decision.verdict is Verdict.IMPLICIT_DENY
        is_missing = lacks_allow and decision.layer is Layer.IDENTITY_BASED_POLICY
        return Finding(
            user.arn,
            "has an access key and may not sign in with `aws login`",
            Fix(
                "commands",
                f"aws iam attach-user-policy --user-name {user.name} --policy-arn"
                f" arn:{account.partition}:iam::aws:policy/SignInLocalDevelopmentAccess"
                if is_missing
                else f"iamsim explain -p {user.arn} -a {action} -r {resource} --world WORLD"
                " --edits",
            ),
            account.id,
            (Evidence("request", "denied", request_of(question)),),
            span=user.span,
        )
    return Passed(user.arn)


def _people_with_keys(looking: Looking) -> Iterator[tuple[Account, User, list[Key] | None]]:
    """Every user, with its active keys if it has a password; `None` where nobody says."""
    for account, user in looking.users:
        known, keys = has_password(user), keys_of(user)
        if known is None or (known and keys is None):
            yield account, user, None
        else:
            yield account, user, [key for key in keys or () if key.is_active] if known else []


def _gap_of_keys(account: Account, user: User) -> Gap:
    what = "whether the user has a password and access keys"
    return CREDENTIAL_REPORT.gap(user.arn, what, account=account.id)


@audits(
    "no-federation", HEADING, "People can sign in through a provider", Severity.MEDIUM, PRACTICE
)
def no_federation(looking: Looking) -> Iterator[Outcome]:
    """Accounts with people and without a provider."""
    for account in looking.accounts:
        known = [has_password(user) for user in account.users.values()]
        others = [arn for arn in account.providers if _may_serve_people(arn)]
        if _has_identity_center(account) or any(SAML in arn for arn in others):
            yield Passed(account.id)
        elif True in known and others:
            what = f"whether people sign in through {others[0]}, or workloads alone"
            yield Gap(account.id, what, "", "suppress this if people do")
        elif True in known:
            people = [user.name for user in account.users.values() if has_password(user)]
            count = len(people)
            yield Finding(
                account.id,
                f"{count} {'person signs' if count == 1 else 'people sign'} in as IAM users, and no"
                " identity provider stands in the account",
                Fix(
                    "commands",
                    "aws sso-admin create-account-assignment --instance-arn INSTANCE --target-type"
                    f" AWS_ACCOUNT --target-id {account.id} --permission-set-arn PERMISSION_SET"
                    " --principal-type GROUP --principal-id GROUP_ID",
                ),
                account.id,
                fact(f"with a password: {some_of(people)}"),
                span=account.span,
            )
        elif None in known:
            yield CREDENTIAL_REPORT.gap(
                account.id, "whether its users have passwords", account=account.id
            )


@audits(
    "password-policy", HEADING, "Passwords are long, and not used again", Severity.LOW, PASSWORDS
)
def password_policies(looking: Looking) -> Iterator[Outcome]:
    """Accounts whose password policy is weak, where somebody has a password."""
    for account in looking.accounts:
        known = [has_password(user) for user in account.users.values()]
        if True not in known:
            if None in known:
                yield CREDENTIAL_REPORT.gap(
                    account.id, "whether its users have passwords", account=account.id
                )
            continue
        if account.password_policy is None:
            yield PASSWORD_POLICY.gap(account.id, "its password policy", account=account.id)
            continue
        length = _number(account.password_policy.get("MinimumPasswordLength"))
        reuse = _number(account.password_policy.get("PasswordReusePrevention"))
        weak = [] if length >= LEAST_LENGTH else [f"may have {length or 'few'} characters"]
        weak += [] if reuse >= LEAST_REUSE else ["may be used again"]
        if not weak:
            yield Passed(account.id)
            continue
        yield Finding(
            account.id,
            f"passwords {' and '.join(weak)}",
            Fix(
                "commands",
                "aws iam update-account-password-policy"
                f" --minimum-password-length {max(length, LEAST_LENGTH)}"
                f" --password-reuse-prevention {max(reuse, LEAST_REUSE)}"
                + _kept(account.password_policy),
            ),
            account.id,
            fact(f"MinimumPasswordLength {length}, PasswordReusePrevention {reuse}"),
            span=account.span,
        )


def _kept(policy: Mapping[str, object]) -> str:
    """The options that keep what else a policy asks: the call takes back what it does not name.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
    """
    kept = [f" --{option}" for name, option in DEMANDS.items() if policy.get(name) is True]
    age = _number(policy.get("MaxPasswordAge"))
    return "".join([*kept, *([f" --max-password-age {age}"] if age else [])])


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0


def _has_identity_center(account: Account) -> bool:
    return bool(account.permission_sets) or any(map(is_provisioned, account.roles.values()))
