
collect_organization() {
  local dir="$out/organizations" kind policy root account
  get "$dir/describe-organization.json" organizations describe-organization
  get "$dir/list-roots.json" organizations list-roots
  get "$dir/list-organizations-features.json" iam list-organizations-features
  get "$dir/list-delegated-administrators.json" organizations list-delegated-administrators
  for account in $(each organizations list-delegated-administrators --query 'DelegatedAdministrators[].Id'); do
    get "$dir/list-delegated-services-for-account.$account.json" organizations list-delegated-services-for-account --account-id "$account"
  done
  for kind in SERVICE_CONTROL_POLICY RESOURCE_CONTROL_POLICY; do
    get "$dir/list-policies.$kind.json" organizations list-policies --filter "$kind"
    for policy in $(each organizations list-policies --filter "$kind" --query 'Policies[].Id'); do
      get "$dir/describe-policy.$policy.json" organizations describe-policy --policy-id "$policy"
      get "$dir/list-targets-for-policy.$policy.json" organizations list-targets-for-policy --policy-id "$policy"
    done
  done
  for root in $(each organizations list-roots --query 'Roots[].Id'); do
    collect_node "$dir" "$root"
  done
}

collect_node() {
  local dir="$1" parent="$2" unit
  get "$dir/list-accounts-for-parent.$parent.json" organizations list-accounts-for-parent --parent-id "$parent"
  get "$dir/list-organizational-units-for-parent.$parent.json" organizations list-organizational-units-for-parent --parent-id "$parent"
  accounts="$accounts $(each organizations list-accounts-for-parent --parent-id "$parent" --query 'Accounts[].Id' | tr '\n' ' ')"
  for unit in $(each organizations list-organizational-units-for-parent --parent-id "$parent" --query 'OrganizationalUnits[].Id'); do
    collect_node "$dir" "$unit"
  done
}

collect_identity_center() {
  local instance="$1" dir="$out/identity-center" set id account
  for set in $(each sso-admin list-permission-sets --instance-arn "$instance" --query 'PermissionSets'); do
    id="${set##*/}"
    about=(--instance-arn "$instance" --permission-set-arn "$set")
    get "$dir/describe-permission-set.$id.json" sso-admin describe-permission-set "${about[@]}"
    get "$dir/get-inline-policy-for-permission-set.$id.json" sso-admin get-inline-policy-for-permission-set "${about[@]}"
    get "$dir/get-permissions-boundary-for-permission-set.$id.json" sso-admin get-permissions-boundary-for-permission-set "${about[@]}"
    get "$dir/list-managed-policies-in-permission-set.$id.json" sso-admin list-managed-policies-in-permission-set "${about[@]}"
    get "$dir/list-customer-managed-policy-references-in-permission-set.$id.json" sso-admin list-customer-managed-policy-references-in-permission-set "${about[@]}"
    get "$dir/list-accounts-for-provisioned-permission-set.$id.json" sso-admin list-accounts-for-provisioned-permission-set "${about[@]}"
    for account in $(each sso-admin list-accounts-for-provisioned-permission-set "${about[@]}" --query 'AccountIds'); do
      get "$dir/list-account-assignments.$id.$account.json" sso-admin list-account-assignments "${about[@]}" --account-id "$account"
    done
  done
}

# as_member ACCOUNT COMMAND...: run a command with the role of a member account.
as_member() (
  local account="$1" keys
  shift
  keys="$(aws sts assume-role --role-arn "arn:$partition:iam::$account:role/${COLLECT_ROLE:-iamsim-collect}" --role-session-name iamsim \
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text)" || exit 1
  read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$keys"
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
  "$@"
)

management="$(aws sts get-caller-identity --query Account --output text)" || exit 1
partition="$(aws sts get-caller-identity --query Arn --output text | cut -d: -f2)"
accounts=""
collect_organization
# Identity Center answers in the region that it was set up in.
export AWS_DEFAULT_REGION="${IDENTITY_CENTER_REGION:-${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}}"
export AWS_REGION="$AWS_DEFAULT_REGION"
for instance in $(each sso-admin list-instances --query 'Instances[].InstanceArn'); do
  collect_identity_center "$instance"
done
for account in $accounts; do
  if [ "$account" = "$management" ]; then
    (collect_account "$account")
  else
    as_member "$account" collect_account "$account"
  fi
done
seal
