const cdk = require('aws-cdk-lib');
const { aws_iam: iam, aws_s3: s3, aws_sqs: sqs, aws_sns: sns, aws_kms: kms, aws_lambda: lambda, aws_dynamodb: ddb, aws_secretsmanager: sm, aws_ecr: ecr, aws_events: events, aws_ec2: ec2, aws_s3_notifications: s3n, aws_sns_subscriptions: subs, aws_events_targets: targets } = cdk;
class Data extends cdk.Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    this.key = new kms.Key(this, 'Key');
    this.bucket = new s3.Bucket(this, 'Reports', { encryptionKey: this.key, enforceSSL: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL });
    this.table = new ddb.Table(this, 'Orders', { partitionKey: { name: 'id', type: ddb.AttributeType.STRING } });
  }
}
class Inner extends cdk.NestedStack {
  constructor(scope, id, props) {
    super(scope, id, props);
    this.reader = new iam.Role(this, 'Reader', { assumedBy: new iam.AccountPrincipal('333333333333') });
    props.bucket.grantRead(this.reader);
  }
}
class App extends cdk.Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const fn = new lambda.Function(this, 'Fn', { runtime: lambda.Runtime.NODEJS_20_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler=1') });
    props.data.bucket.grantReadWrite(fn);
    props.data.table.grantReadData(fn);
    const q = new sqs.Queue(this, 'Jobs', {enforceSSL: true});
    const t = new sns.Topic(this, 'Events');
    t.addSubscription(new subs.SqsSubscription(q));
    q.grantSendMessages(fn);
    new events.Rule(this, 'Hourly', { schedule: events.Schedule.rate(cdk.Duration.hours(1)), targets: [new targets.LambdaFunction(fn)] });
    const user = new iam.User(this, 'Deployer');
    const group = new iam.Group(this, 'Deployers'); user.addToGroup(group);
    const mp = new iam.ManagedPolicy(this, 'Deploy', { statements: [new iam.PolicyStatement({ actions: ['lambda:UpdateFunctionCode'], resources: [fn.functionArn] })] });
    group.addManagedPolicy(mp);
    const boundary = iam.ManagedPolicy.fromManagedPolicyName(this, 'B', 'dev-boundary');
    iam.PermissionsBoundary.of(fn).apply(boundary);
    new Inner(this, 'Inner', { bucket: props.data.bucket });
    const secret = new sm.Secret(this, 'Db'); secret.grantRead(fn);
    secret.addToResourcePolicy(new iam.PolicyStatement({effect: iam.Effect.DENY, actions: ['secretsmanager:GetSecretValue'], principals: [new iam.AnyPrincipal()], resources: ['*'], conditions: {StringNotEquals: {'aws:PrincipalAccount': this.account}}}));
    const repo = new ecr.Repository(this, 'Images'); repo.grantPull(new iam.AccountPrincipal('333333333333'));
    const oidc = new iam.CfnOIDCProvider(this, 'Gh', { url: 'https://token.actions.githubusercontent.com', clientIdList: ['sts.amazonaws.com'] });
    new iam.Role(this, 'Ci', { assumedBy: new iam.WebIdentityPrincipal(oidc.attrArn, { StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' } }), roleName: 'ci' });
    const bus = new events.EventBus(this, 'Bus'); 
    new events.CfnEventBusPolicy(this, 'BusPolicy', { statementId: 'other', eventBusName: bus.eventBusName, statement: { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::333333333333:root' }, Action: 'events:PutEvents', Resource: bus.eventBusArn } });
    cdk.Tags.of(this).add('team', 'orders');
  }
}
const app = new cdk.App({ outdir: 'cdk.out' });
const env = { account: '222222222222', region: 'eu-west-1' };
const data = new Data(app, 'Data', { env });
new App(app, 'Shop', { env, data });
const stage = new cdk.Stage(app, 'Prod', { env: { account: '444444444444', region: 'eu-central-1' } });
new Data(stage, 'Data');
new Data(app, 'Agnostic');
app.synth();
