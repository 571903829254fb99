"""The calls that delete a user, a role or a policy, with what AWS wants to be gone before.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iamsim.audit.looking import keys_of
from iamsim.world.model import Account, AnyPolicy, PolicyDocument, Role, RootUser, User

ANOTHER = "ID"


def deleting_user(user: User, policies: Mapping[int, str]) -> str:
    """The calls that delete a user; `policies` are the ARNs of the account's managed policies by
    the identity of their documents."""
    option = f"--user-name {user.name}"
    lines = [f"aws iam delete-login-profile {option}"] if user.password_enabled else []
    lines += [
        f"aws iam delete-access-key {option} --access-key-id {key.id}"
        for key in keys_of(user) or ()
    ]
    for credentials, kind, name in (
        (user.signing_certificates, "signing-certificate", "certificate-id"),
        (user.ssh_public_keys, "ssh-public-key", "ssh-public-key-id"),
        (
            user.service_specific_credentials,
            "service-specific-credential",
            "service-specific-credential-id",
        ),
    ):
        if credentials is None:
            lines.append(f"# what `aws iam list-{kind}s {option}` lists, if anything:")
        numbers = [ANOTHER] if credentials is None else map(_id_of, credentials)
        lines += [f"aws iam delete-{kind} {option} --{name} {number}" for number in numbers]
    if user.mfa_devices != 0:
        lines.append(f"# what `aws iam list-mfa-devices {option}` lists, if anything:")
        lines.append(f"aws iam deactivate-mfa-device {option} --serial-number SERIAL")
        lines.append("# a virtual one, too:")
        lines.append("aws iam delete-virtual-mfa-device --serial-number SERIAL")
    lines += _without_policies("user", user.name, user.policies, policies)
    lines += [
        f"aws iam remove-user-from-group --group-name {group} {option}" for group in user.groups
    ]
    return "\n".join([*lines, f"aws iam delete-user {option}"])


def deleting_root_credentials(account: Account) -> str:
    """The calls that delete the credentials of a member's root user, from the account that manages
    them.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
    """
    root = account.root_user
    task = f"arn:{account.partition}:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"
    lines = [
        f"aws sts assume-root --target-principal {account.id} --task-policy-arn arn={task}",
        "# with the credentials of that session:",
        *([] if root is None else root_credentials(root)),
    ]
    if root is None or root.mfa_devices:
        lines += [
            "# what `aws iam list-mfa-devices` lists, if anything:",
            "aws iam deactivate-mfa-device --serial-number SERIAL",
        ]
    return "\n".join(lines)


def root_credentials(root: RootUser) -> Iterator[str]:
    """The calls of a root session that delete its password, keys and certificates."""
    if root.password_enabled:
        yield "aws iam delete-login-profile"
    for key in keys_of(root) or ():
        if not key.is_named:
            yield "# what `aws iam list-access-keys` lists, if anything:"
        yield f"aws iam delete-access-key --access-key-id {key.id if key.is_named else ANOTHER}"
    for number in map(_id_of, root.signing_certificates or ()):
        if number == ANOTHER:
            yield "# what `aws iam list-signing-certificates` lists, if anything:"
        yield f"aws iam delete-signing-certificate --certificate-id {number}"


def deleting_role(role: Role, policies: Mapping[int, str]) -> str:
    """The calls that delete a role; `policies` are as in `deleting_user`."""
    option = f"--role-name {role.name}"
    lines = list(_without_policies("role", role.name, role.policies, policies))
    for profile in role.instance_profiles:
        name = profile.rpartition("/")[2]
        lines.append(
            f"aws iam remove-role-from-instance-profile --instance-profile-name {name} {option}"
        )
    return "\n".join([*lines, f"aws iam delete-role {option}"])


def deleting_policy(arn: str) -> str:
    """The calls that delete a managed policy that nobody has; its other versions go first."""
    return (
        f"# what `aws iam list-policy-versions --policy-arn {arn}` lists but the default, if"
        f" anything:\naws iam delete-policy-version --policy-arn {arn} --version-id ID\n"
        f"aws iam delete-policy --policy-arn {arn}"
    )


def _without_policies(
    kind: str, name: str, policies: tuple[AnyPolicy, ...], managed: Mapping[int, str]
) -> Iterator[str]:
    for policy in policies:
        arn = managed.get(id(policy), policy.arn)
        if arn is not None:
            yield f"aws iam detach-{kind}-policy --{kind}-name {name} --policy-arn {arn}"
        elif isinstance(policy, PolicyDocument):
            inline = name_of_inline(policy)
            yield f"aws iam delete-{kind}-policy --{kind}-name {name} --policy-name {inline}"


def name_of_inline(policy: AnyPolicy) -> str:
    """The name of an inline policy; a world may say none, and then where it stands."""
    return policy.name if " " not in policy.name else "NAME"


def _id_of(credential: object) -> str:
    return str(credential.get("id", ANOTHER)) if isinstance(credential, Mapping) else ANOTHER
