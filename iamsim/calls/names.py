"""Names of services: as botocore, boto3, the AWS CLI, CloudTrail and people write them."""

from __future__ import annotations

import re
from functools import lru_cache

from iamsim.calls.data import Service, find_service, plain, service_names, table
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

# Names that neither botocore nor a service's id has.
OTHERWISE = {
    "s3api": "s3",
    "apigatewayv1": "apigateway",
    "deploy": "codedeploy",
    "configservice": "config",
    "elbv1": "elb",
    "elasticloadbalancing": "elbv2",
    "elasticloadbalancingv2": "elbv2",
    "states": "stepfunctions",
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "monitoring": "cloudwatch",
    "email": "ses",
    "tagging": "resourcegroupstaggingapi",
    "ssoadmin": "sso-admin",
    "cognitoidentityprovider": "cognito-idp",
    "elasticmapreduce": "emr",
    "elasticfilesystem": "efs",
    "systemsmanager": "ssm",
    "simplesystemsmanagement": "ssm",
}
# eventSource of CloudTrail where the endpoint's name does not say which of several models it is.
SOURCES = {
    "apigateway": ("apigateway", "apigatewayv2"),
    "elasticloadbalancing": ("elbv2", "elb"),
    "es": ("opensearch", "es"),
    "ses": ("sesv2", "ses"),
    "email": ("ses", "sesv2"),
    "waf-regional": ("waf-regional",),
    "kinesisanalytics": ("kinesisanalyticsv2", "kinesisanalytics"),
    "autoscaling": ("autoscaling", "application-autoscaling", "autoscaling-plans"),
    "application-autoscaling": ("application-autoscaling",),
    "monitoring": ("cloudwatch",),
    "logs": ("logs",),
    "tagging": ("resourcegroupstaggingapi",),
    "states": ("stepfunctions",),
    "elasticmapreduce": ("emr",),
    "elasticfilesystem": ("efs",),
    "s3": ("s3", "s3control"),
    "s3express": ("s3",),
    "s3-outposts": ("s3outposts", "s3control"),
    "dynamodb": ("dynamodb", "dynamodbstreams", "dax"),
    "sso": ("sso-admin", "sso", "sso-oidc"),
    "rds": ("rds", "neptune", "docdb"),
    "ecr-public": ("ecr-public",),
    "iot": ("iot",),
    "iotdata": ("iot-data",),
    "lex": ("lexv2-models", "lex-models", "lexv2-runtime", "lex-runtime"),
    "bedrock": ("bedrock", "bedrock-runtime", "bedrock-agent", "bedrock-agent-runtime"),
    "bedrock-agentcore": ("bedrock-agentcore", "bedrock-agentcore-control"),
    "sagemaker": ("sagemaker", "sagemaker-runtime", "sagemaker-featurestore-runtime"),
    "cloudhsm": ("cloudhsmv2", "cloudhsm"),
    "timestream": ("timestream-query", "timestream-write"),
    "servicecatalog": ("servicecatalog", "servicecatalog-appregistry"),
    "mobiletargeting": ("pinpoint",),
    "wafv2": ("wafv2",),
    "route53resolver": ("route53resolver",),
    "catalog.marketplace": ("marketplace-catalog",),
    "discovery": ("discovery",),
    "models.lex": ("lex-models",),
    "runtime.lex": ("lex-runtime",),
    "streams.dynamodb": ("dynamodbstreams",),
    "events": ("events",),
    "schemas": ("schemas",),
    "ssmmessages": (),
    "ec2messages": (),
    "aoss": ("opensearchserverless",),
    "aps": ("amp",),
    "profile": ("customer-profiles",),
    "airflow": ("mwaa",),
    "codeguru-profiler": ("codeguruprofiler",),
    "deploy": ("codedeploy",),
    "cur": ("cur",),
    "detective": ("detective",),
    "ds": ("ds",),
    "qldb": ("qldb",),
    "redshift-serverless": ("redshift-serverless",),
    "transcribe": ("transcribe",),
    "access-analyzer": ("accessanalyzer",),
    "dms": ("dms",),
    "serverlessrepo": ("serverlessrepo",),
    "execute-api": (),
}


@lru_cache(maxsize=1)
def _by_plain() -> dict[str, str]:
    """All names of services in plain letters; botocore's own names win."""
    found = {plain(name): service for name, service in OTHERWISE.items()}
    pack = table()
    for name in service_names():
        endpoint, signing, service_id, *_ = pack.note(name).split("|")
        for other in (service_id, signing, endpoint):
            found.setdefault(plain(other), name)
    found |= {plain(name): name for name in service_names()}
    found["s3api"] = "s3"
    return found


def service_of(name: str) -> str:
    """Find a service by any of its names.

    Raises `RequestError` for a name that is none, with the closest ones.
    """
    service = _by_plain().get(plain(name))
    if service is None:
        raise RequestError(
            "unknown-service",
            f"`{name}` names no service of AWS",
            hint=did_you_mean(plain(name), _by_plain(), shown=_by_plain()),
        )
    return service


@lru_cache(maxsize=8192)
def service_of_source(source: str, operation: str) -> Service | None:
    """Find the service of a CloudTrail record by its eventSource and an operation that it has."""
    host = source.lower().removesuffix(".cn").removesuffix(".amazonaws.com")
    pack = table()
    names: list[str] = list(SOURCES.get(host, ()))
    for name in service_names():
        endpoint, signing, *_ = pack.note(name).split("|")
        if host in (endpoint, signing, name) and name not in names:
            names.append(name)
    services = [service for name in names if (service := find_service(name)) is not None]
    for service in services:
        if service.operation(operation) is not None:
            return service
    return services[0] if services else None


def close_operation(service: Service, name: str) -> str | None:
    """Suggest an operation for a name that is none, in the spelling of the caller."""
    by_plain = {plain(operation): operation for operation in service.operations}
    if name == name.lower():
        mark = "_" if "_" in name else "-"
        by_plain = {key: _in_words(operation, mark) for key, operation in by_plain.items()}
    return did_you_mean(plain(name), by_plain, shown=by_plain)


def _in_words(operation: str, mark: str) -> str:
    """Write an operation's name in lower case, with a mark between its words."""
    return re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", mark, operation).lower()
