"""CloudTrail's logs, held against worlds, and least policies made of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from iamsim import __version__
from iamsim.api.results import Result
from iamsim.core.errors import RequestError
from iamsim.query.batch.processes import no_progress
from iamsim.query.what_if import ChangedWorld
from iamsim.questions.names import principal_named
from iamsim.replay import generate as generation
from iamsim.replay.alike import Alike
from iamsim.replay.logs import PARQUET_ENDING, log_files
from iamsim.replay.run import ChangedCall, Disagreement, replay
from iamsim.replay.run import Replay as Replayed
from iamsim.replay.state import State
from iamsim.replay.workers import count_logs
from iamsim.report import generated as generated_layout
from iamsim.report import replay as replay_layout
from iamsim.report.snippets import snippet

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld
    from iamsim.replay.counting import Count
    from iamsim.report.document import Document
    from iamsim.world.model import World


class Counted(TypedDict, total=False):
    """How logs are counted: in so many `processes`; with what is counted kept in the folder
    `state`, so that a later run reads only new logs; or by Apache Spark, whose master `spark` is
    (``auto`` for what spark-submit was told). `progress` hears of files, then of requests."""

    processes: int
    state: str | None
    spark: str | None
    progress: Callable[[int, int], None]


class Replay(Result):
    """The calls of a trail, as a world decides them, and as it does after a change."""

    def __init__(self, replayed: Replayed, *, changed: bool, models: Sequence[World] = ()) -> None:
        """Wrap what came out; use `World.replay` to ask."""
        self._replayed = replayed
        self._changed = changed
        self._asked = models

    @property
    def events(self) -> int:
        """How many records the logs have."""
        return self._replayed.count.events

    @property
    def changes(self) -> Sequence[ChangedCall]:
        """The requests that the change decides otherwise, the frequent ones first."""
        return self._replayed.changes

    @property
    def disagreements(self) -> Sequence[Disagreement]:
        """The calls that AWS answered otherwise than the world does."""
        return self._replayed.disagree

    def uncertain(self, *, undecided: bool = False) -> list[str]:
        """What could not be read or asked, in sentences; with `undecided` also how many answers of
        AWS could not be compared, since they hang on what is not known."""
        return replay_layout.uncertain(self._replayed, undecided=undecided)

    @property
    def _models(self) -> Sequence[World]:
        return self._asked

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        """What would change, where AWS answered otherwise, and what was not asked."""
        return replay_layout.replay_document(self._replayed, changed=self._changed)

    def _data(self) -> dict[str, Any]:
        """The same as `iamsim replay --format json` has it."""
        return replay_layout.replay_data(self._replayed)

    def lines(self) -> list[str]:
        """A line for each request that would change."""
        return replay_layout.replay_lines(self._replayed)


class GeneratedPolicy(Result):
    """The least policy for what a principal did; `generated` has what it covers and rests on."""

    def __init__(
        self,
        generated: generation.Generated,
        principal: str,
        count: Count,
        form: str,
        model: World | None = None,
    ) -> None:
        """Wrap what was generated; use `World.generate` or `iamsim.generate_policy` to ask."""
        self.generated = generated
        self.principal = principal
        self._count = count
        self._form = form
        self._asked = () if model is None else (model,)

    @property
    def policy(self) -> dict[str, Any]:
        """The policy."""
        return self.generated.policy

    @property
    def _models(self) -> Sequence[World]:
        return self._asked

    @property
    def is_sure(self) -> bool:
        """Whether every log was read whole, and the policy is proved to stay within today's where
        there is a world."""
        return not self._count.problems and self.generated.proof not in ("FAIL", "UNKNOWN")

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        """The policy, how it differs from today's, and what was left out of it."""
        return generated_layout.generated_document(
            self.generated, self.principal, self._count, self._form
        )

    def _data(self) -> dict[str, Any]:
        """The same as `iamsim generate --format json` has it."""
        return generated_layout.generated_data(self.generated, self._count)

    def lines(self) -> list[str]:
        """The policy alone, or the snippet that attaches it."""
        return snippet(self.generated.policy, self.principal, self._form)


def count_of(
    paths: Sequence[str | os.PathLike[str]],
    alike: Alike,
    *,
    processes: int = 1,
    state: str | None = None,
    spark: str | None = None,
    progress: Callable[[int, int], None] = no_progress,
) -> Count:
    """Count the records of all log files below some paths; raises `RequestError` for none."""
    texts = [os.fspath(path) for path in paths]
    if spark is not None:
        from iamsim.replay.spark import count_files, count_table, open_session

        session = open_session(spark or "auto")
        if all(text.rstrip("/").endswith(PARQUET_ENDING) for text in texts):
            return count_table(session.read.parquet(*texts), alike)
        return count_files(session, texts, alike)
    files = log_files(texts)
    if not files:
        raise RequestError(
            "no-logs",
            "there is no log file in what was given",
            hint="give files or folders with CloudTrail's `.json.gz`, `.json` or `.jsonl`",
        )
    kept = None if state is None else State(state, alike, __version__)
    return count_logs(files, alike, processes, progress, kept)


def replay_logs(
    logs: Sequence[str | os.PathLike[str]],
    before: CompiledWorld,
    after: CompiledWorld | None,
    counted: Counted,
) -> Replay:
    """Count the records, and decide each kind of request once in each world."""
    worlds = [before] if after is None else [before, after]
    models = {id(world.model): world.model for world in worlds}
    texts = [
        addition.policy.source.text
        for world in worlds
        if isinstance(world, ChangedWorld)
        for change in world.changes
        for addition in change.additions
    ]
    count = count_of(logs, Alike(models.values(), texts), **counted)
    replayed = replay(count, before, after, counted.get("progress", no_progress))
    return Replay(replayed, changed=after is not None, models=[world.model for world in worlds])


def generate_policy(
    principal: str,
    *logs: str | os.PathLike[str],
    world: CompiledWorld | None = None,
    most_resources: int = 10,
    most_characters: int = generation.MANAGED_QUOTA,
    conditions: bool = False,
    form: str = "policy",
    **counted: Unpack[Counted],
) -> GeneratedPolicy:
    """Write the least policy under which what a principal did, by CloudTrail's `logs`, would pass.

    `principal` is the ARN of a user or role. More than `most_resources` resources of one action and
    kind become a pattern (0: never), and fewer where the policy would have more than
    `most_characters`. With `conditions` calls must come from where they came from. `form` says how
    it is written: ``policy``, or ``terraform`` and ``cloudformation`` for what attaches it. Raises
    `RequestError` where there are no logs, or no call of the principal that succeeded.
    """
    model = None if world is None else world.model
    principal = principal_named(principal, model)
    read = ("aws:SourceIp", "aws:SourceVpce") if conditions else ()
    alike = Alike([] if model is None else [model], read, objects=True)
    count = count_of(logs, alike, **counted)
    generated = generation.generate(
        count,
        principal,
        world,
        most_resources=most_resources,
        most_characters=most_characters,
        conditions=conditions,
    )
    if not generated.calls:
        raise RequestError(
            "no-calls",
            f"the logs hold no call of `{principal}` that succeeded",
            hint="give the ARN of the role, not of a session, and the logs of its account",
        )
    return GeneratedPolicy(generated, principal, count, form, model)
