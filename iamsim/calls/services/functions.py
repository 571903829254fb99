"""AWS Lambda: functions by name, partial ARN or ARN, with versions and aliases.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.calls.arns import Resource
from iamsim.core.arn import is_account_id

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker


def function_arn(asker: Asker, name: str, qualifier: str | None = None) -> str:
    """The ARN of a function in any of the forms that FunctionName takes."""
    if name.startswith("arn:"):
        arn = name
    else:
        pieces = name.split(":")
        account = asker.place.account or "*"
        if len(pieces) > 1 and is_account_id(pieces[0]):  # alone it is a name
            account = pieces.pop(0)
        if len(pieces) > 1 and pieces[0] == "function":
            pieces.pop(0)
        region = asker.place.region or "*"
        rest = ":".join(pieces)
        arn = f"arn:{asker.place.partition}:lambda:{region}:{account}:function:{rest}"
    if qualifier and arn.count(":") == 6:  # noqa: PLR2004 - an ARN without a qualifier
        arn = f"{arn}:{qualifier}"
    return arn


def _prepare(asker: Asker) -> None:
    name = asker.get("FunctionName")
    if not isinstance(name, str) or not name:
        return
    qualifier = asker.get("Qualifier")
    asker.parameters["FunctionName"] = function_arn(
        asker, name, str(qualifier) if qualifier and asker.operation.name not in BARE else None
    )


# Operations whose permission is on the function itself, whatever the qualifier.
BARE = frozenset({"ListVersionsByFunction", "DeleteFunctionConcurrency"})


def _function(asker: Asker) -> None:
    """Actions on a function: the ARN of what is called, with its qualifier."""
    name = asker.get("FunctionName")
    for asks in asker.operation.asks:
        resource = (
            Resource(str(name), "*" not in str(name), "function")
            if name
            else Resource(asker.arn("lambda", "function:*"), False, "function")
        )
        asker.ask(asks.action, resource)


def _mapping(asker: Asker) -> None:
    """Event source mappings: the function is the key lambda:FunctionArn.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
    (event source mappings: the function is the key lambda:FunctionArn)
    """
    uuid = asker.get("UUID")
    name = asker.get("FunctionName")
    context = {"lambda:FunctionArn": str(name)} if name else {}
    resource = (
        Resource(
            asker.arn("lambda", f"event-source-mapping:{uuid}"), type_name="eventSourceMapping"
        )
        if uuid
        else Resource("*")
    )
    unknown = () if name else ("lambda:FunctionArn",)
    asker.ask(f"lambda:{asker.operation.name}", resource, context=context, unknown=unknown)


def _layer_by_arn(asker: Asker) -> None:
    arn = asker.get("Arn")
    asker.ask("lambda:GetLayerVersion", Resource(str(arn) if arn else "*", bool(arn)))


def _create(asker: Asker) -> None:
    _function(asker)
    layers = asker.get("Layers")
    for layer in layers if isinstance(layers, list) else ():
        asker.ask("lambda:GetLayerVersion", Resource(str(layer)), because="uses the layer")


def _list_mappings(asker: Asker) -> None:
    asker.ask("lambda:ListEventSourceMappings", "*")


PROFILES = ("us.", "eu.", "apac.", "jp.", "au.", "ca.", "us-gov.", "global.")


def _model(asker: Asker) -> None:
    """A model, or an inference profile with the models behind it.

    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    model = str(asker.get("modelId") or "")
    if not model.startswith(PROFILES) and ":inference-profile/" not in model:
        asker.ask_all()
        return
    arn = model if model.startswith("arn:") else asker.arn("bedrock", f"inference-profile/{model}")
    for asks in asker.operation.asks:
        asker.ask(asks.action, Resource(arn))
        models = f"arn:{asker.place.partition}:bedrock:*::foundation-model/*"
        asker.ask(
            asks.action,
            Resource(models, known=False),
            context={"bedrock:InferenceProfileArn": arn},
            because="the models of the inference profile, in every Region that it has",
        )


FUNCTIONS = (
    "AddPermission",
    "CreateAlias",
    "CreateFunctionUrlConfig",
    "DeleteAlias",
    "DeleteFunction",
    "DeleteFunctionConcurrency",
    "DeleteFunctionEventInvokeConfig",
    "DeleteFunctionUrlConfig",
    "DeleteProvisionedConcurrencyConfig",
    "GetAlias",
    "GetFunction",
    "GetFunctionCodeSigningConfig",
    "GetFunctionConcurrency",
    "GetFunctionConfiguration",
    "GetFunctionEventInvokeConfig",
    "GetFunctionUrlConfig",
    "GetPolicy",
    "GetProvisionedConcurrencyConfig",
    "GetRuntimeManagementConfig",
    "Invoke",
    "InvokeAsync",
    "InvokeWithResponseStream",
    "ListAliases",
    "ListFunctionEventInvokeConfigs",
    "ListFunctionUrlConfigs",
    "ListProvisionedConcurrencyConfigs",
    "ListVersionsByFunction",
    "PublishVersion",
    "PutFunctionConcurrency",
    "PutFunctionEventInvokeConfig",
    "PutProvisionedConcurrencyConfig",
    "PutRuntimeManagementConfig",
    "RemovePermission",
    "UpdateAlias",
    "UpdateFunctionCode",
    "UpdateFunctionEventInvokeConfig",
    "UpdateFunctionUrlConfig",
)
HANDLERS = {
    **{
        ("bedrock-runtime", name): _model
        for name in (
            "Converse",
            "ConverseStream",
            "InvokeModel",
            "InvokeModelWithResponseStream",
            "InvokeModelWithBidirectionalStream",
        )
    },
    **{("lambda", name): _function for name in FUNCTIONS},
    ("lambda", "CreateFunction"): _create,
    ("lambda", "UpdateFunctionConfiguration"): _create,
    ("lambda", "CreateEventSourceMapping"): _mapping,
    ("lambda", "UpdateEventSourceMapping"): _mapping,
    ("lambda", "DeleteEventSourceMapping"): _mapping,
    ("lambda", "GetEventSourceMapping"): _mapping,
    ("lambda", "ListEventSourceMappings"): _list_mappings,
    ("lambda", "GetLayerVersionByArn"): _layer_by_arn,
}
PREPARE = {"lambda": _prepare}
