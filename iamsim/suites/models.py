"""The shape of a scenario file, as pydantic models.

Unknown keys are errors. Policies and worlds stay plain data here: the rooms that own them read
them. YAML scalars arrive as text, so numbers and booleans become the text that AWS compares.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (  # noqa: TID253 - loaded for scenarios only
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from iamsim.core.arn import is_account_id


def _as_text(value: object) -> object:
    """Write numbers and booleans of JSON as AWS does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _as_list(value: object) -> object:
    """One text stands for a list of one."""
    return [value] if isinstance(value, str | bool | int | float) else value


def _as_context_value(value: object) -> object:
    """A context value is a text, or a list of texts for a multivalued key."""
    if isinstance(value, list):
        texts = [_as_text(entry) for entry in value]
        if all(isinstance(text, str) for text in texts):
            return tuple(texts)
    else:
        text = _as_text(value)
        if isinstance(text, str):
            return text
    kind = "invalid_context_value"
    message = "a context value is text or a list of texts"
    raise PydanticCustomError(kind, message)


def _not_empty(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        kind = "empty_list"
        message = "at least one entry is needed"
        raise PydanticCustomError(kind, message)
    return value


def _account_id(value: str) -> str:
    if not is_account_id(value):
        kind = "invalid_account_id"
        message = "an account id is twelve digits"
        raise PydanticCustomError(kind, message)
    return value


# What files may hold before it becomes text, as editors are told.
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_SCALARS: dict[str, Any] = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}

Text = Annotated[str, BeforeValidator(_as_text), WithJsonSchema(_SCALAR)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list), WithJsonSchema(_SCALARS)]
AccountId = Annotated[Text, AfterValidator(_account_id)]
SomeTexts = Annotated[Texts, AfterValidator(_not_empty)]
ContextText = Annotated[
    str | tuple[str, ...], BeforeValidator(_as_context_value), WithJsonSchema(_SCALARS)
]
Context = dict[str, ContextText]

Expectation = Literal["allowed", "denied", "explicitDeny", "implicitDeny", "conditional"]
LayerText = Literal[
    "service-control-policy",
    "resource-control-policy",
    "resource-based-policy",
    "identity-based-policy",
    "permissions-boundary",
    "session-policy",
    "vpc-endpoint-policy",
    "s3-block-public-access",
]


class _Strict(BaseModel):
    """No key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SessionModel(_Strict):
    """How the caller's session was made."""

    policies: object = None
    name: Text | None = None
    tags: dict[str, Text] = Field(default_factory=dict)
    transitive_tags: Texts = ()
    source_identity: Text | None = None
    source_user: Text | None = None
    credentials: Literal["session-token", "federation-token"] | None = None


class ViaModel(_Strict):
    """The way that the request took."""

    vpc_endpoint: Text | None = None
    service: Texts = ()


class CompletionModel(_Strict):
    """Values for unknown keys, and the decision that they give."""

    context: Context = Field(default_factory=dict)
    expect: Expectation


class PublicAccessBlockModel(_Strict):
    """The settings of S3 Block Public Access, by the names of worlds or by those of AWS.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
    """

    block_public_acls: bool = Field(
        default=False, validation_alias=AliasChoices("block_public_acls", "BlockPublicAcls")
    )
    ignore_public_acls: bool = Field(
        default=False, validation_alias=AliasChoices("ignore_public_acls", "IgnorePublicAcls")
    )
    block_public_policy: bool = Field(
        default=False, validation_alias=AliasChoices("block_public_policy", "BlockPublicPolicy")
    )
    restrict_public_buckets: bool = Field(
        default=False,
        validation_alias=AliasChoices("restrict_public_buckets", "RestrictPublicBuckets"),
    )


class AttachedModel(_Strict):
    """Policies that are attached without a world."""

    identity_policies: object = None
    resource_policy: object = None
    boundary: object = None
    session_policies: object = None
    scps: object = None
    rcps: object = None
    vpce_policies: object = None
    public_access_block: (
        Annotated[PublicAccessBlockModel, WithJsonSchema({"type": "object"})] | None
    ) = None


class DefaultsModel(_Strict):
    """What all requests share, unless they say otherwise; contexts are merged."""

    principal: Text | None = None
    action: SomeTexts | None = None
    resource: SomeTexts | None = None
    context: Context = Field(default_factory=dict)
    session: SessionModel | None = None
    via: ViaModel | None = None
    unknown: Texts | None = None
    partial: bool | None = None
    resource_account: AccountId | None = None


class ColumnsModel(_Strict):
    """One row of a matrix: the actions that its principal can and cannot do."""

    allowed: Texts = ()
    denied: Texts = ()


class RequestModel(AttachedModel):
    """One request and what is expected of it, or a table that stands for many."""

    name: Text | None = None
    about: Text | None = None
    tags: Texts = ()
    principal: Text | None = None
    action: SomeTexts | None = None
    resource: SomeTexts | None = None
    call: Text | None = None
    region: Text | None = None
    context: Context = Field(default_factory=dict)
    principals: SomeTexts | None = None
    actions: SomeTexts | None = None
    resources: SomeTexts | None = None
    contexts: dict[str, Context] | None = None
    allowed: Texts | None = None
    denied: Texts | None = None
    matrix: dict[str, ColumnsModel] | None = None
    session: SessionModel | None = None
    via: ViaModel | None = None
    unknown: Texts | None = None
    partial: bool | None = None
    expect: Expectation | None = None
    expect_error: Text | None = None
    because: LayerText | None = None
    completions: tuple[CompletionModel, ...] = ()
    resource_account: AccountId | None = None
    known: Texts = ()


class VariationModel(_Strict):
    """A small change of a lesson: the request that shows it, and what is said before and after."""

    request: Text
    change: Text
    question: Text | None = None
    hints: Texts = ()
    learned: Text


class LessonModel(_Strict):
    """What makes a scenario a lesson; its first request is the one that is asked about."""

    number: int
    topic: Text
    text: Text
    question: Text
    hints: SomeTexts
    learned: Text
    after: Texts = ()
    variations: tuple[VariationModel, ...] = Field(min_length=1)


class ExerciseModel(_Strict):
    """What makes a scenario an exercise: `edit` names the policies of its world that a learner
    writes, `statements` how many they may have together. Requests with the tag `hidden` are not
    shown before they fail; `about` of a request says why it is asked. `given` are texts to read,
    by their names, and `after` are lessons that come before it."""

    number: int
    topic: Text
    goal: Text
    text: Text
    edit: SomeTexts
    statements: int = Field(gt=0)
    hints: SomeTexts
    given: dict[str, Text] = Field(default_factory=dict)
    after: Texts = ()


class ScenarioModel(AttachedModel):
    """A scenario file; `evidence` and `rules` say what a case of the corpus rests on."""

    title: Text
    about: Text | None = None
    tags: Texts = ()
    see: Texts = ()
    evidence: Literal["documentation", "observed-in-aws", "deduced", "unsure"] | None = None
    rules: Texts = ()
    known: Texts = ()
    world: object = None
    defaults: DefaultsModel = DefaultsModel()
    requests: tuple[RequestModel, ...] = Field(min_length=1)
    lesson: LessonModel | None = None
    exercise: ExerciseModel | None = None
