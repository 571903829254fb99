"""Keys that a call has because it cannot be made without them: required parameters of the API.

The rows were made from those of the package: they hold the rule apart, not the facts.
"""

# By service: keys, a colon, the operations that have them. A question mark: they may lack it.
CANNOT_LACK = """
[account]
AlternateContactTypes: DeleteAlternateContact GetAlternateContact PutAlternateContact
TargetRegion: DisableRegion EnableRegion GetRegionOptStatus
[acm]
DomainNames: RequestCertificate
[application-autoscaling]
scalable-dimension service-namespace: DeleteScalingPolicy DeleteScheduledAction
  DeregisterScalableTarget PutScalingPolicy PutScheduledAction RegisterScalableTarget
[apprunner]
ServiceArn: CreateVpcIngressConnection
[arc-zonal-shift]
ResourceIdentifier: CreatePracticeRunConfiguration DeletePracticeRunConfiguration
  GetManagedResource StartPracticeRun StartZonalShift UpdatePracticeRunConfiguration
  UpdateZonalAutoshiftConfiguration
[autoscaling]
LoadBalancerNames: AttachLoadBalancers DetachLoadBalancers
MaxSize MinSize: CreateAutoScalingGroup
TargetGroupARNs: AttachLoadBalancerTargetGroups DetachLoadBalancerTargetGroups
[aws-marketplace]
PartyType: ListAgreementCancellationRequests ListAgreementPaymentRequests
[backup]
CopyTargets: CopyFromBackupVault
MaxRetentionDays MinRetentionDays: CreateLogicallyAirGappedBackupVault
MpaApprovalTeamArn: AssociateBackupVaultMpaApprovalTeam
[batch]
SchedulingPriority: UpdateServiceJob
[bedrock-agentcore]
actorId: CreateEvent DeleteEvent GetEvent IngestData ListEvents ListSessions
sessionId: DeleteEvent GetEvent ListEvents
userid: GetWorkloadAccessTokenForUserId
[cloud9]
EnvironmentId UserArn: CreateEnvironmentMembership DeleteEnvironmentMembership
  UpdateEnvironmentMembership
InstanceType: CreateEnvironmentEC2
Permissions: CreateEnvironmentMembership UpdateEnvironmentMembership
[cloudformation]
ChangeSetName: CreateChangeSet DeleteChangeSet DescribeChangeSet DescribeChangeSetHooks
  ExecuteChangeSet
[cloudwatch]
ResourceArn: CreateResourceMetricsConfiguration DeleteResourceMetricsConfiguration
  GetResourceMetricsConfiguration UpdateResourceMetricsConfiguration
namespace: PutMetricData
[codebuild]
authType serverType: ImportSourceCredentials
computeType environmentType: CreateFleet
projectVisibility: UpdateProjectVisibility
[codeconnections]
Branch: CreateSyncConfiguration GetRepositorySyncStatus
ProviderType: CreateHost
[codestar-connections]
Branch: CreateSyncConfiguration GetRepositorySyncStatus
ProviderType: CreateHost
[comprehend]
FlywheelIterationId: DescribeFlywheelIteration
[compute-optimizer]
ResourceType: DeleteRecommendationPreferences GetRecommendationPreferences
  PutRecommendationPreferences
[continuum]
CollectorArn: AssociateCollector DisassociateCollector
[datapipeline]
workerGroup: PollForTask
[deadline]
MembershipLevel: AssociateMemberToFarm AssociateMemberToFleet AssociateMemberToJob
  AssociateMemberToQueue
[ds-data]
MemberName: AddGroupMember RemoveGroupMember
SAMAccountName: CreateGroup CreateUser DeleteGroup DeleteUser DescribeGroup DescribeUser
  DisableUser ListGroupMembers ListGroupsForMember UpdateGroup UpdateUser
[ebs]
VolumeSize: StartSnapshot
[ec2]
AvailabilityZone EbsOptimized InstanceType RootDeviceType Tenancy: AssociateIamInstanceProfile
  DescribeInstanceAttribute DisableApplicationStatusCheckSuppression
  DisableInstanceSqlHaStandbyDetections DisassociateIamInstanceProfile
  EnableApplicationStatusCheckSuppression EnableInstanceSqlHaStandbyDetections GetConsoleOutput
  GetConsoleScreenshot GetInstanceTpmEkPub GetInstanceUefiData GetLaunchTemplateData
  GetPasswordData ModifyInstanceCpuOptions ModifyInstanceCreditSpecification
  ModifyInstanceEventStartTime ModifyInstanceMaintenanceOptions ModifyInstanceMetadataOptions
  ModifyInstanceNetworkPerformanceOptions ModifyPrivateDnsNameOptions MonitorInstances
  RebootInstances ReplaceIamInstanceProfileAssociation ResetInstanceAttribute
  SendDiagnosticInterrupt SendSpotInstanceInterruptions StartInstances StopInstances
  TerminateInstances UnmonitorInstances
AvailabilityZone Encrypted VolumeSize VolumeType: DeleteVolume DescribeVolumeAttribute
  EnableVolumeIO InjectVolumeIOLatency ModifyVolume ModifyVolumeAttribute
  RestoreVolumeFromRecycleBin
InstanceCount InstancePlatform: CreateCapacityReservation
[ecs]
capacity-provider: PutClusterCapacityProviders
cluster: AssociateGatewayWithCluster CreateTaskSet DeleteTaskSet DescribeTaskSets
  DisassociateGatewayFromCluster GetTaskProtection UpdateServicePrimaryTaskSet
  UpdateTaskProtection UpdateTaskSet
container-instances: StartTask
namespace: ListServicesByNamespace
service: CreateTaskSet DeleteTaskSet DescribeTaskSets UpdateTaskSet
task: ExecuteCommand
task-definition: CreateTaskSet
[eks]
accessScope: AssociateAccessPolicy
policyArn: AssociateAccessPolicy DisassociateAccessPolicy
principalArn: CreateAccessEntry
[elasticache]
CacheParameterGroupName: CreateCacheParameterGroup DeleteCacheParameterGroup
  ModifyCacheParameterGroup ResetCacheParameterGroup
[elasticloadbalancing]
SecurityGroup: ApplySecurityGroupsToLoadBalancer SetSecurityGroups
Subnet: AttachLoadBalancerToSubnets
[emr-containers]
ExecutionRoleArn: CreateManagedEndpoint
[iam]
AWSServiceName: CreateServiceLinkedRole
NotificationChannel: CreateDelegationRequest
PermissionsBoundary: PutRolePermissionsBoundary PutUserPermissionsBoundary
PolicyARN: AttachGroupPolicy AttachRolePolicy AttachUserPolicy DetachGroupPolicy DetachRolePolicy
  DetachUserPolicy
ServiceSpecificCredentialServiceName: CreateServiceSpecificCredential
  DeleteServiceSpecificCredential ResetServiceSpecificCredential UpdateServiceSpecificCredential
[iotmanagedintegrations]
cloudConnectorId: CreateConnectorDestination
connectorDestinationId: CreateAccountAssociation
[kms]
EncapsulationAlgorithm: Decapsulate Encapsulate
KeyAgreementAlgorithm: DeriveSharedSecret
[lambda]
CodeSigningConfigArn: PutFunctionCodeSigningConfig
[logs]
LogGeneratingResourceArns: PutDeliverySource
[networkmanager]
directConnectGatewayArn edgeLocations: CreateDirectConnectGatewayAttachment
subnetArns vpcArn: CreateVpcAttachment
vpnConnectionArn: CreateSiteToSiteVpnAttachment
[oam]
ResourceTypes: CreateLink UpdateLink
[organizations]
PolicyType: AttachPolicy CreatePolicy DeletePolicy DescribeEffectivePolicy DescribePolicy
  DetachPolicy DisablePolicyType EnablePolicyType ListAccountsWithInvalidEffectivePolicy
  ListEffectivePolicyValidationErrors ListPolicies ListPoliciesForTarget ListTargetsForPolicy
  UpdatePolicy
ServicePrincipal: DeregisterDelegatedAdministrator DisableAWSServiceAccess EnableAWSServiceAccess
  RegisterDelegatedAdministrator
[organizations]
PolicyType?: ListTagsForResource TagResource UntagResource
[partnercentral]
Catalog: CreateMarketplaceRevenueShare CreateMarketplaceRevenueShareAllocation
  CreateRevenueAttribution GetMarketplaceRevenueShare GetMarketplaceRevenueShareAllocation
  GetRevenueAttribution GetRevenueAttributionAllocation GetRevenueAttributionAllocationsTask
  ListMarketplaceRevenueShareAllocations ListMarketplaceRevenueShares
  ListRevenueAttributionAllocations ListRevenueAttributions StartRevenueAttributionAllocationsTask
  UpdateMarketplaceRevenueShareAllocation UpdateRevenueAttribution
[ram]
AllowsExternalPrincipals: AssociateResourceShare DeleteResourceShare DisassociateResourceShare
  ListResourceSharePermissions UpdateResourceShare
PermissionArn: CreatePermissionVersion DeletePermission DeletePermissionVersion GetPermission
  ListPermissionAssociations PromotePermissionCreatedFromPolicy ReplacePermissionAssociations
  SetDefaultPermissionVersion
PermissionResourceType: CreatePermission CreatePermissionVersion DeletePermission
  DeletePermissionVersion ListPermissionAssociations PromotePermissionCreatedFromPolicy
  ReplacePermissionAssociations SetDefaultPermissionVersion
ResourceShareName: AcceptResourceShareInvitation AssociateResourceShare DeleteResourceShare
  DisassociateResourceShare ListPendingInvitationResources ListResourceSharePermissions
  RejectResourceShareInvitation UpdateResourceShare
ShareOwnerAccountId: AcceptResourceShareInvitation RejectResourceShareInvitation
[ram]
AllowsExternalPrincipals? RequestedAllowsExternalPrincipals?: CreateResourceShare
[rds]
EndpointType: CreateDBClusterEndpoint
[redshift]
ConsumerIdentifier: AuthorizeDataShare DeauthorizeDataShare
DbUser: GetClusterCredentials
[route53]
ChangeResourceRecordSetsActions ChangeResourceRecordSetsNormalizedRecordNames
  ChangeResourceRecordSetsRecordTypes: ChangeResourceRecordSets
VPCs: AssociateVPCWithHostedZone CreateVPCAssociationAuthorization
  DeleteVPCAssociationAuthorization DisassociateVPCFromHostedZone ListHostedZonesByVPC
[route53profiles]
ResourceArns: AssociateResourceToProfile DisassociateResourceFromProfile
ResourceIds: AssociateProfile DisassociateProfile
[sagemaker]
AuthMode: CreateDomain
InstanceTypes: CreateNotebookInstance
PipelineVersionId: UpdatePipelineVersion
[secretsmanager]
AddReplicaRegions: ReplicateSecretToRegions
[servicecatalog]
Resource ResourceType: AssociateResource DisassociateResource GetAssociatedResource
[servicediscovery]
NamespaceName ServiceName: DiscoverInstances DiscoverInstancesRevision
[signer]
ProfileVersion: RevokeSigningProfile
[ssm]
SyncType: UpdateResourceDataSync
[sts]
SigningAlgorithm: GetWebIdentityToken
TaskPolicyArn: AssumeRoot
[swf]
name version: RegisterActivityType RegisterWorkflowType
[transcribe]
OutputBucketName: StartMedicalScribeJob StartMedicalTranscriptionJob
[vpc-lattice]
AuthType: UpdateServiceNetwork
DomainName: StartDomainVerification
Protocol: CreateListener
[vpc-lattice-svcs]
Port RequestMethod RequestPath ServiceArn SourceVpc ServiceNetworkArn?
  SourceVpcOwnerAccount?: Invoke
[workmail]
ImpersonationRoleId: AssumeImpersonationRole
"""


def cannot_lack(service: str, operation: str) -> dict[str, str]:
    """Give the keys (of a service and an operation in lower case) with what their values are."""
    found: dict[str, str] = {}
    block = f"{CANNOT_LACK}[".partition(f"\n[{service}]\n")[2].partition("\n[")[0]
    for row in block.replace("\n  ", " ").splitlines():
        keys, _, operations = row.partition(": ")
        if operation in operations.lower().split():
            for key in keys.split():
                found[f"{service}:{key.rstrip('?')}"] = "text?" if key.endswith("?") else "text"
    return found
