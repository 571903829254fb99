"""`iamsim replay`: the calls of a trail against a world, and against the world after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN, code_with_unknowns
from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options
from iamsim.cli.logs import COUNTED_BY, counted_by
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import DOCUMENT_FORMATS, output, write_result
from iamsim.cli.worlds import load_any, missing_world, overlay_option, world_option
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.api import World
    from iamsim.api.inputs import PolicyInput
    from iamsim.api.trails import Replay

FAIL_ON = ("never", "denied", "any", "disagreement")


def _run(options: Options, arguments: Arguments) -> int:
    """Count the records, decide each kind of request once, and write what came out."""
    from iamsim.api import World

    quiet = bool(options["quiet"])
    model = load_any(options.texts("worlds"), quiet=quiet)
    if model is None:
        raise missing_world()
    world = World(model)
    after = _after(options, world)
    with ProgressBar("replaying", quiet=quiet) as bar:
        result = world.replay(*arguments, after=after, **counted_by(options, bar))
    write_result(options, result)
    return _code(options, result, model.unverified)


def _code(options: Options, result: Replay, unverified: int) -> int:
    """1 where something came out that was not to. A trail without a record fails every gate; what
    could not be read, asked or decided does unless it is accepted."""
    from iamsim.core.decision import Verdict

    fail_on = options.text("fail_on") or FAIL_ON[0]
    if fail_on == "never" and not options["accept_unknown"]:
        return 0
    certain = [row for row in result.changes if row.is_certain]
    failed = {
        "never": False,
        "denied": any(row.after is not Verdict.ALLOWED for row in certain),
        "any": bool(certain),
        "disagreement": bool(result.disagreements),
    }[fail_on]
    code = int(failed or (fail_on != "never" and not result.events))
    uncertain = result.uncertain(undecided=fail_on == "disagreement")
    return code_with_unknowns(options, (), code, uncertain, unverified=unverified)


def _after(options: Options, world: World) -> World | None:
    """The world after the change, if there is one."""
    from iamsim.syntax.read import parse_policy

    overlays = options.texts("overlays")
    additions, without = options.texts("with_policies"), options.texts("without")
    if not overlays and not additions and not without:
        return None
    changed, _ = world.lay_over(*overlays)
    if not additions and not without:
        return changed
    policies: dict[str, list[PolicyInput]] = {}
    for addition in additions:
        layer, name, text = _layer_and_text(addition)
        policies.setdefault(layer, []).append(parse_policy(text, name=name))
    return changed.what_if(with_policies=policies, without=without)


def _layer_and_text(given: str) -> tuple[str, str, str]:
    """Split `LAYER=FILE`, and read the file: layer, name and text; raises `RequestError`."""
    from iamsim.core.decision import Layer
    from iamsim.files.reading import read_text
    from iamsim.query.changed_layers import POLICY_TYPES
    from iamsim.world.examples import example_path

    names = {layer.value: layer.value for layer in Layer}
    names |= {policy_type.value: layer.value for layer, policy_type in POLICY_TYPES.items()}
    word, equals, reference = given.partition("=")
    if not equals or word not in names:
        word, reference = "identity", given
    if reference.lstrip().startswith("{"):
        return names[word], "inline policy", reference
    try:
        return names[word], reference, read_text(example_path(reference))
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not a text file").lower()
        raise RequestError("unreadable-policy", f"can't read `{reference}`: {reason}") from error


COMMAND = Command(
    "replay",
    "Hold the calls of a CloudTrail trail against a world, and against a change of it.\n\n"
    "Every record is asked of the world; where AWS answered otherwise, that is shown with what the"
    " trail can't tell. With a change, the calls that would be decided otherwise come first: by"
    " whom, how often, since when, and because of which statement.",
    (
        world_option(),
        overlay_option(),
        Option(
            ("--with-policy",),
            "Add a policy: `LAYER=FILE`, such as `scp=region-lock.json`.",
            "list",
            "LAYER=FILE",
            kept_as="with_policies",
        ),
        Option(
            ("--without",),
            "Remove a policy, by name or ARN, or a statement of it: `POLICY#SID`.",
            "list",
            "POLICY",
        ),
        Option(
            ("--fail-on",),
            "Exit with 1 where calls would be denied, where any decision changes, or where AWS"
            " answered otherwise than the world. What could not be read, asked or decided fails it"
            " too.",
            metavar="WHAT",
            default=FAIL_ON[0],
            choices=FAIL_ON,
        ),
        ACCEPT_UNKNOWN,
        *COUNTED_BY,
        *output(*DOCUMENT_FORMATS, quiet="A line for each request that would change."),
    ),
    _run,
    Argument("LOGS", "Log files, or folders of them, as CloudTrail writes them.", least=1),
)
