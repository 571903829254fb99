
collect_account() {
  local account="$1" dir="$out/$1" region bucket
  get "$dir/get-account-authorization-details.json" iam get-account-authorization-details
  aws iam generate-credential-report >/dev/null 2>&1 && sleep 5
  get "$dir/get-credential-report.json" iam get-credential-report
  get "$dir/list-open-id-connect-providers.json" iam list-open-id-connect-providers
  get "$dir/list-saml-providers.json" iam list-saml-providers
  get "$dir/list-virtual-mfa-devices.json" iam list-virtual-mfa-devices
  get "$dir/get-public-access-block.$account.json" s3control get-public-access-block --account-id "$account"
  get "$dir/list-buckets.json" s3api list-buckets
  for bucket in $(each s3api list-buckets --query 'Buckets[].Name'); do
    get "$dir/get-bucket-policy.$bucket.json" s3api get-bucket-policy --bucket "$bucket"
    get "$dir/get-public-access-block.$bucket.json" s3api get-public-access-block --bucket "$bucket"
    get "$dir/get-bucket-tagging.$bucket.json" s3api get-bucket-tagging --bucket "$bucket"
  done
  for region in ${AWS_REGIONS:-$(each ec2 describe-regions --query 'Regions[].RegionName')}; do
    collect_region "$account" "$region" "$dir/$region"
  done
}

collect_region() {
  local account="$1" region="$2" dir="$3" arn url point partition
  export AWS_DEFAULT_REGION="$region" AWS_REGION="$region"
  get "$dir/describe-vpc-endpoints.json" ec2 describe-vpc-endpoints
  get "$dir/list-event-buses.json" events list-event-buses
  get "$dir/list-access-points.json" s3control list-access-points --account-id "$account"
  for point in $(each s3control list-access-points --account-id "$account" --query 'AccessPointList[].Name'); do
    get "$dir/get-access-point-policy.$point.json" s3control get-access-point-policy --account-id "$account" --name "$point"
  done
  for arn in $(each kms list-keys --query 'Keys[].KeyArn'); do
    get "$dir/get-key-policy.$(name "$arn").json" kms get-key-policy --key-id "$arn" --policy-name default
    get "$dir/list-grants.$(name "$arn").json" kms list-grants --key-id "$arn"
  done
  for url in $(each sqs list-queues --query 'QueueUrls'); do
    get "$dir/get-queue-attributes.${url##*/}.json" sqs get-queue-attributes --queue-url "$url" --attribute-names QueueArn Policy
  done
  for arn in $(each sns list-topics --query 'Topics[].TopicArn'); do
    get "$dir/get-topic-attributes.$(name "$arn").json" sns get-topic-attributes --topic-arn "$arn"
  done
  get "$dir/list-functions.json" lambda list-functions
  for arn in $(each lambda list-functions --query 'Functions[].FunctionArn'); do
    get "$dir/get-policy.$(name "$arn").json" lambda get-policy --function-name "$arn"
  done
  for arn in $(each secretsmanager list-secrets --query 'SecretList[].ARN'); do
    get "$dir/get-resource-policy.$(name "$arn").json" secretsmanager get-resource-policy --secret-id "$arn"
  done
  get "$dir/describe-repositories.json" ecr describe-repositories
  for arn in $(each ecr describe-repositories --query 'repositories[].repositoryArn'); do
    get "$dir/get-repository-policy.$(name "$arn").json" ecr get-repository-policy --repository-name "${arn#*:repository/}"
  done
  partition="$(aws sts get-caller-identity --query Arn --output text | cut -d: -f2)"
  for arn in $(each dynamodb list-tables --query 'TableNames'); do
    arn="arn:${partition:-aws}:dynamodb:$region:$account:table/$arn"
    get "$dir/get-resource-policy.$(name "$arn").json" dynamodb get-resource-policy --resource-arn "$arn"
  done
}
