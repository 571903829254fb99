"""Glue, Athena, the Data API of Redshift, Batch.

https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.calls.arns import Resource, fill, resources_of

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker

CATALOG_TYPES = frozenset(
    {
        "rootcatalog",
        "catalog",
        "database",
        "table",
        "userdefinedfunction",
        "connection",
        "tableVersion",
    }
)


def _glue(asker: Asker) -> None:
    """What is in the Data Catalog is asked with all that it is in: table, database, catalog."""
    account = asker.get("CatalogId")
    if isinstance(account, str) and account.isdigit():
        asker.place = asker.place._replace(account=account)
    for asks in asker.operation.asks:
        facts = catalog.find_action(asks.action)
        if facts is None:
            continue
        resources = resources_of(facts, asks, asker.parameters, asker.place, asker.operation.name)
        if any(use.name == "rootcatalog" for use in facts.resource_types):
            resources = [resource for resource in resources if resource.arn != "*"]
            named = {resource.type_name for resource in resources}
            for use in facts.resource_types:
                kind = catalog.find_resource_type("glue", use.name)
                if (
                    use.required
                    and use.name not in named
                    and kind is not None
                    and (use.name in CATALOG_TYPES)
                ):
                    resources += fill(kind.arn_formats[0], {}, asker.place, use.name)
        asker.ask(asks.action, *resources)
    if not asker.operation.asks:
        asker.note(f"which permission `{asker.operation.name}` needs is not known")


def _prepare_glue(asker: Asker) -> None:
    for member in ("TableInput", "DatabaseInput", "FunctionInput", "ConnectionInput"):
        given = asker.get(member)
        if isinstance(given, dict) and given.get("Name"):
            name = {"TableInput": "TableName", "FunctionInput": "FunctionName"}.get(member)
            if name is not None:
                asker.parameters.setdefault(name, given["Name"])
    for member in ("SchemaId", "RegistryId"):
        given = asker.get(member)
        if isinstance(given, dict):
            for name in ("SchemaName", "RegistryName", "SchemaArn", "RegistryArn"):
                if given.get(name):
                    asker.parameters.setdefault(name, given[name])


def _athena(asker: Asker) -> None:
    """Queries run in the workgroup `primary` unless another is named."""
    asker.parameters.setdefault("WorkGroup", "primary")
    asker.ask_all()
    if asker.operation.name == "StartQueryExecution":
        asker.note(
            "what the query reads and writes (S3, the Glue Data Catalog, keys of KMS) is asked in"
            " the caller's name as well: https://docs.aws.amazon.com/athena/latest/ug/"
            "security-iam-athena.html"
        )


def _redshift_data(asker: Asker) -> None:
    """The statement, and the temporary credentials of the database user, or the secret."""
    name = asker.operation.name
    if name in (
        "CancelStatement",
        "DescribeStatement",
        "GetStatementResult",
        "ListStatements",
        "GetStatementResultV2",
    ):
        asker.ask(f"redshift-data:{name.removesuffix('V2')}", "*")
        return
    cluster, workgroup = asker.get("ClusterIdentifier"), asker.get("WorkgroupName")
    if cluster:
        target = Resource(asker.arn("redshift", f"cluster:{cluster}"))
    elif workgroup:
        text = str(workgroup)
        named = text.startswith("arn:")
        target = Resource(text if named else asker.arn("redshift-serverless", "workgroup/*"), named)
    else:
        target = Resource("*", known=False)
    asker.ask(f"redshift-data:{name}", target)
    secret, user, database = asker.get("SecretArn"), asker.get("DbUser"), asker.get("Database")
    if secret:
        arn = str(secret)
        asker.ask(
            "secretsmanager:GetSecretValue",
            Resource(
                arn if arn.startswith("arn:") else asker.arn("secretsmanager", f"secret:{arn}-*"),
                arn.startswith("arn:"),
            ),
            because="the credentials of the database user",
            keys=False,
        )
    elif cluster and user:
        asker.ask(
            "redshift:GetClusterCredentials",
            Resource(asker.arn("redshift", f"dbuser:{cluster}/{user}"), type_name="dbuser"),
            because="temporary credentials of the database user",
            keys=False,
        )
        if database:
            asker.ask(
                "redshift:GetClusterCredentials",
                Resource(asker.arn("redshift", f"dbname:{cluster}/{database}"), type_name="dbname"),
                because="temporary credentials for the database",
                keys=False,
            )
    elif cluster:
        asker.ask(
            "redshift:GetClusterCredentialsWithIAM",
            Resource(asker.arn("redshift", f"dbname:{cluster}/{database or '*'}"), bool(database)),
            because="temporary credentials of the caller",
            keys=False,
        )
    elif workgroup:
        asker.ask(
            "redshift-serverless:GetCredentials",
            target,
            because="temporary credentials of the caller",
            keys=False,
        )


def _rds_data(asker: Asker) -> None:
    """The statement, and the secret that it signs in with.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html
    """
    asker.ask_all()
    secret = str(asker.get("secretArn") or asker.get("awsSecretStoreArn") or "")
    if secret:
        asker.ask(
            "secretsmanager:GetSecretValue",
            Resource(secret),
            because="the credentials of the database user",
            keys=False,
        )


def _submit(asker: Asker) -> None:
    """A job asks for its queue and its definition.

    https://docs.aws.amazon.com/batch/latest/userguide/batch-supported-iam-actions-resources.html
    """
    found = []
    for member, kind in (("jobDefinition", "job-definition"), ("jobQueue", "job-queue")):
        text = str(asker.get(member) or "*")
        if not text.startswith("arn:"):
            more = kind == "job-definition" and ":" not in text and text != "*"
            text = asker.arn("batch", f"{kind}/{text}{':*' if more else ''}")
        found.append(Resource(text, "*" not in text, kind))
    asker.ask("batch:SubmitJob", *found)


HANDLERS = {
    ("glue", "*"): _glue,
    **{
        ("athena", name): _athena
        for name in (
            "StartQueryExecution",
            "GetWorkGroup",
            "ListQueryExecutions",
            "ListNamedQueries",
            "CreateNamedQuery",
        )
    },
    ("rds-data", "*"): _rds_data,
    ("redshift-data", "*"): _redshift_data,
    ("batch", "SubmitJob"): _submit,
}
PREPARE = {"glue": _prepare_glue}
