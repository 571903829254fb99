"""Amazon DynamoDB: indexes, batches, transactions, PartiQL, fine-grained access.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from iamsim.calls.arns import Resource
from iamsim.calls.context_keys import carries

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker
    from iamsim.calls.model import ContextValue

NAME = re.compile(r"[#:]?[A-Za-z_][\w.\-]*")
WORDS = frozenset({"and", "or", "not", "between", "in", "set", "remove", "add", "delete"})
FUNCTIONS = frozenset(
    {
        "attribute_exists",
        "attribute_not_exists",
        "attribute_type",
        "begins_with",
        "contains",
        "if_not_exists",
        "list_append",
        "size",
    }
)
NAMED = r'(?:"([^"]+)"|([\w.-]+))(?:\s*\.\s*(?:"([^"]+)"|([\w.-]+)))?'
SELECT = re.compile(
    rf"\s*(?:EXISTS\s*\(\s*)?SELECT\b.*?\bFROM\s+{NAMED}", re.IGNORECASE | re.DOTALL
)
STATEMENTS = (
    ("Select", SELECT),
    ("Insert", re.compile(rf"\s*INSERT\s+INTO\s+{NAMED}", re.IGNORECASE)),
    ("Update", re.compile(rf"\s*UPDATE\s+{NAMED}", re.IGNORECASE)),
    ("Delete", re.compile(rf"\s*DELETE\s+FROM\s+{NAMED}", re.IGNORECASE)),
)


def table(asker: Asker, name: object, index: object = None) -> Resource:
    """The ARN of a table, or of an index of it; tables may be named by their ARN."""
    text = str(name or "*")
    base = text if text.startswith("arn:") else asker.arn("dynamodb", f"table/{text}")
    arn = f"{base}/index/{index}" if index else base
    return Resource(arn, text != "*" and "*" not in arn)


def _item(asker: Asker) -> None:
    """One table: items by key, queries and scans, of an index where there is one."""
    name = asker.operation.name
    resource = table(asker, asker.get("TableName"), asker.get("IndexName"))
    context, unknown = _keys(name, asker.parameters)
    _ask(asker, name, resource, context, unknown)


def _ask(
    asker: Asker,
    name: str,
    resource: Resource,
    context: dict[str, ContextValue],
    unknown: list[str],
    because: str = "",
) -> None:
    action = f"dynamodb:{name}"
    asker.ask(
        action,
        resource,
        context={key: value for key, value in context.items() if carries(action, key)},
        unknown=[key for key in unknown if carries(action, key)],
        because=because,
        keys=False,
    )


def _keys(name: str, given: dict[str, Any]) -> tuple[dict[str, ContextValue], list[str]]:
    """The keys of fine-grained access; the name of the partition key is not in a call."""
    context: dict[str, ContextValue] = {}
    unknown: list[str] = []
    for member, name_of_key in (
        ("Select", "dynamodb:Select"),
        ("ReturnValues", "dynamodb:ReturnValues"),
        ("ReturnConsumedCapacity", "dynamodb:ReturnConsumedCapacity"),
    ):
        if given.get(member):
            context[name_of_key] = str(given[member])
    key = given.get("Key")
    if isinstance(key, dict) and len(key) == 1:
        context["dynamodb:LeadingKeys"] = [_plain(next(iter(key.values())))]
    elif name != "Scan":
        unknown.append("dynamodb:LeadingKeys")
    attributes = _attributes(given)
    if attributes is None:
        unknown.append("dynamodb:Attributes")
    elif attributes:
        context["dynamodb:Attributes"] = attributes
    return context, unknown


def _plain(value: object) -> str:
    """The value of an attribute, without its type: ``{"S": "1"}``."""
    if isinstance(value, dict) and len(value) == 1:
        return str(next(iter(value.values())))
    return str(value)


def _attributes(given: dict[str, Any]) -> list[str] | None:
    """The names of top-level attributes in a call; None where expressions can't be read."""
    names: dict[str, None] = {}
    for member in (
        "Item",
        "Key",
        "Expected",
        "AttributeUpdates",
        "KeyConditions",
        "QueryFilter",
        "ScanFilter",
    ):
        if isinstance(given.get(member), dict):
            names |= dict.fromkeys(map(str, given[member]))
    if isinstance(given.get("AttributesToGet"), list):
        names |= dict.fromkeys(map(str, given["AttributesToGet"]))
    aliases = given.get("ExpressionAttributeNames")
    aliases = aliases if isinstance(aliases, dict) else {}
    for member, text in given.items():
        if not member.endswith("Expression"):
            continue
        if not isinstance(text, str):
            return None
        for word in NAME.findall(text):
            name = word.partition(".")[0]
            if name.startswith(":") or name.lower() in WORDS or name.lower() in FUNCTIONS:
                continue
            names[str(aliases.get(name, name))] = None
    return list(names)


def _batch(asker: Asker) -> None:
    """A batch asks for every table in it.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
    """
    items = asker.get("RequestItems")
    if not isinstance(items, dict) or not items:
        _ask(asker, asker.operation.name, table(asker, None), {}, ["dynamodb:LeadingKeys"])
        return
    for name in items:
        unknown = ["dynamodb:LeadingKeys", "dynamodb:Attributes"]
        _ask(asker, asker.operation.name, table(asker, name), {}, unknown)


ITEM_ACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def _transact(asker: Asker) -> None:
    for item in asker.get("TransactItems") or []:
        if not isinstance(item, dict):
            continue
        for kind, given in item.items():
            action = ITEM_ACTIONS.get(kind)
            if action is None or not isinstance(given, dict):
                continue
            context, unknown = _keys(action, given)
            context["dynamodb:EnclosingOperation"] = asker.operation.name
            resource = table(asker, given.get("TableName"))
            _ask(asker, action, resource, context, unknown, f"`{kind}` in the transaction")
    if not asker.reading.asked:
        asker.note("the items of the transaction are not in the call: what they ask is not known")
        asker.ask_all()


def _partiql(asker: Asker) -> None:
    given = [asker.get("Statement")]
    for member in ("Statements", "TransactStatements"):
        given += [
            entry.get("Statement") for entry in asker.get(member) or [] if isinstance(entry, dict)
        ]
    for statement in given:
        if not isinstance(statement, str):
            continue
        for kind, pattern in STATEMENTS:
            match = pattern.match(statement)
            if match is None:
                continue
            name, index = match[1] or match[2], match[3] or match[4]
            unknown = ["dynamodb:LeadingKeys", "dynamodb:Attributes"]
            if kind == "Select":
                unknown.append("dynamodb:FullTableScan")
            context: dict[str, ContextValue] = {}
            if asker.operation.name == "ExecuteTransaction":
                context["dynamodb:EnclosingOperation"] = "ExecuteTransaction"
            _ask(asker, f"PartiQL{kind}", table(asker, name, index), context, unknown)
            break
        else:
            asker.note(f"the statement `{statement}` is not understood")
    if not asker.reading.asked:
        asker.note("which statements are run is not in the call: it may ask any of these")
        for kind, _ in STATEMENTS:
            asker.ask(f"dynamodb:PartiQL{kind}", table(asker, None), needed="depends", keys=False)


def _create(asker: Asker) -> None:
    asker.ask_all()
    specification = asker.get("SSESpecification")
    if isinstance(specification, dict) and specification.get("KMSMasterKeyId"):
        from iamsim.calls.extras import key_resource

        resource, context = key_resource(asker, str(specification["KMSMasterKeyId"]))
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            asker.ask(
                action,
                resource,
                context=context,
                because="the table is encrypted with the key",
                via="dynamodb.amazonaws.com",
                keys=False,
            )


HANDLERS = {
    ("dynamodb", "BatchExecuteStatement"): _partiql,
    ("dynamodb", "BatchGetItem"): _batch,
    ("dynamodb", "BatchWriteItem"): _batch,
    ("dynamodb", "CreateTable"): _create,
    ("dynamodb", "DeleteItem"): _item,
    ("dynamodb", "ExecuteStatement"): _partiql,
    ("dynamodb", "ExecuteTransaction"): _partiql,
    ("dynamodb", "GetItem"): _item,
    ("dynamodb", "PutItem"): _item,
    ("dynamodb", "Query"): _item,
    ("dynamodb", "Scan"): _item,
    ("dynamodb", "TransactGetItems"): _transact,
    ("dynamodb", "TransactWriteItems"): _transact,
    ("dynamodb", "UpdateItem"): _item,
    ("dynamodb", "UpdateTable"): _create,
}
