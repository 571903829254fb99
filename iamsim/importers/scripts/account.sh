
collect_account() {
  local account="$1" dir="$out/$1" region bucket user
  get "$dir/get-account-authorization-details.json" iam get-account-authorization-details
  aws iam generate-credential-report >/dev/null 2>&1 && sleep 5
  get "$dir/get-credential-report.json" iam get-credential-report
  if [ "${LAST_ACCESSED:-}" = 1 ]; then collect_last_accessed "$dir"; fi
  get "$dir/list-open-id-connect-providers.json" iam list-open-id-connect-providers
  get "$dir/list-saml-providers.json" iam list-saml-providers
  get "$dir/list-virtual-mfa-devices.json" iam list-virtual-mfa-devices
  get "$dir/get-account-summary.json" iam get-account-summary
  get "$dir/get-account-password-policy.json" iam get-account-password-policy
  get "$dir/get-alternate-contact.json" account get-alternate-contact --alternate-contact-type SECURITY
  for user in $(each iam list-users --query 'Users[].UserName'); do
    get "$dir/list-access-keys.$(name "$user").json" iam list-access-keys --user-name "$user"
    get "$dir/list-mfa-devices.$(name "$user").json" iam list-mfa-devices --user-name "$user"
    get "$dir/list-service-specific-credentials.$(name "$user").json" iam list-service-specific-credentials --user-name "$user"
    get "$dir/list-signing-certificates.$(name "$user").json" iam list-signing-certificates --user-name "$user"
    get "$dir/list-ssh-public-keys.$(name "$user").json" iam list-ssh-public-keys --user-name "$user"
  done
  get "$dir/get-public-access-block.$account.json" s3control get-public-access-block --account-id "$account"
  get "$dir/list-buckets.json" s3api list-buckets
  for bucket in $(each s3api list-buckets --query 'Buckets[].Name'); do
    policy "$dir/get-bucket-policy.$bucket.json" s3api get-bucket-policy --bucket "$bucket"
    get "$dir/get-bucket-encryption.$bucket.json" s3api get-bucket-encryption --bucket "$bucket"
    get "$dir/get-bucket-location.$bucket.json" s3api get-bucket-location --bucket "$bucket"
    get "$dir/get-public-access-block.$bucket.json" s3api get-public-access-block --bucket "$bucket"
    get "$dir/get-bucket-tagging.$bucket.json" s3api get-bucket-tagging --bucket "$bucket"
    get "$dir/get-bucket-abac.$bucket.json" s3api get-bucket-abac --bucket "$bucket"
  done
  collect_policies_of_account "$account" "$dir"
  for region in ${AWS_REGIONS:-$(each ec2 describe-regions --query 'Regions[].RegionName')}; do
    collect_region "$account" "$region" "$dir/$region"
  done
}

collect_region() {
  local account="$1" region="$2" dir="$3" arn name
  export AWS_DEFAULT_REGION="$region" AWS_REGION="$region"
  get "$dir/describe-vpc-endpoints.json" ec2 describe-vpc-endpoints
  get "$dir/list-analyzers.json" accessanalyzer list-analyzers
  if [ "${SNAPSHOTS:-}" = 1 ]; then collect_snapshots "$dir"; fi
  get "$dir/list-access-points.json" s3control list-access-points --account-id "$account"
  for name in $(each s3control list-access-points --account-id "$account" --query 'AccessPointList[].Name'); do
    get "$dir/get-access-point.$name.json" s3control get-access-point --account-id "$account" --name "$name"
  done
  get "$dir/list-aliases.json" kms list-aliases
  for arn in $(each kms list-keys --query 'Keys[].KeyArn'); do
    get "$dir/list-grants.$(name "$arn").json" kms list-grants --key-id "$arn"
  done
  get "$dir/list-functions.json" lambda list-functions
  get "$dir/describe-instances.json" ec2 describe-instances
  get "$dir/list-backup-vaults.json" backup list-backup-vaults
  get "$dir/describe-file-systems.json" efs describe-file-systems
  get "$dir/describe-log-groups.json" logs describe-log-groups
  get "$dir/describe-db-clusters.json" rds describe-db-clusters
  get "$dir/describe-db-instances.json" rds describe-db-instances
  get "$dir/list-secrets.json" secretsmanager list-secrets
  get "$dir/describe-repositories.json" ecr describe-repositories
  for arn in $(each dynamodb list-tables --query 'TableNames'); do
    get "$dir/describe-table.$arn.json" dynamodb describe-table --table-name "$arn"
  done
  for arn in $(each kinesis list-streams --query 'StreamNames'); do
    get "$dir/describe-stream-summary.$arn.json" kinesis describe-stream-summary --stream-name "$arn"
  done
  get "$dir/describe-parameters.json" ssm describe-parameters
  collect_policies "$account" "$region" "$dir"
}

collect_snapshots() {
  local dir="$1" name
  for name in $(each ec2 describe-snapshots --owner-ids self --query 'Snapshots[].SnapshotId'); do
    get "$dir/describe-snapshot-attribute.$name.json" ec2 describe-snapshot-attribute --attribute createVolumePermission --snapshot-id "$name"
  done
  for name in $(each ec2 describe-images --owners self --query 'Images[].ImageId'); do
    get "$dir/describe-image-attribute.$name.json" ec2 describe-image-attribute --attribute launchPermission --image-id "$name"
  done
  for name in $(each rds describe-db-snapshots --snapshot-type manual --query 'DBSnapshots[].DBSnapshotIdentifier'); do
    get "$dir/describe-db-snapshot-attributes.$name.json" rds describe-db-snapshot-attributes --db-snapshot-identifier "$name"
  done
  for name in $(each rds describe-db-cluster-snapshots --snapshot-type manual --query 'DBClusterSnapshots[].DBClusterSnapshotIdentifier'); do
    get "$dir/describe-db-cluster-snapshot-attributes.$name.json" rds describe-db-cluster-snapshot-attributes --db-cluster-snapshot-identifier "$name"
  done
}

collect_last_accessed() {
  local dir="$1" arn job
  for arn in $(each iam list-users --query 'Users[].Arn') $(each iam list-roles --query 'Roles[?!starts_with(Path, `/aws-service-role/`)].Arn'); do
    job="$(aws iam generate-service-last-accessed-details --arn "$arn" --granularity ACTION_LEVEL --query JobId --output text)" || continue
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      get "$dir/get-service-last-accessed-details.$(name "$arn").json" iam get-service-last-accessed-details --job-id "$job" --max-items 1000
      grep -q IN_PROGRESS "$dir/get-service-last-accessed-details.$(name "$arn").json" 2>/dev/null || break
      sleep 2
    done
  done
}
