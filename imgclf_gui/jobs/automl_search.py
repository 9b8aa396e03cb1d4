"""The search for the best custom model on this machine: one candidate after the other, in time.

What it has come to lies in `search.json` in the custom model's folder and is written anew with
each step, so that a search that was interrupted goes on with what is left of its budget.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.plan.automl import Candidate, Trial, Work, best_trial, next_trial

FILE = "search.json"
STOP_FILE = "stop"
"""Where it lies in the folder, the search ends in order."""
KEPT_EVERY = 5.0
"""Seconds: no more of the budget than this is forgotten when the process is killed."""
TOLD_EVERY = 0.2
RANKING_SHARE = 0.25
"""Of the budget that the ranking of backbones may take."""
TOO_LITTLE = "automl.budget"
"""The code of a trial's error that plainly does not fit into what is left."""


class SearchState(BaseModel):
    """Everything known of a search; times are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    budget: float = Field(gt=0)
    used: float = Field(0, ge=0)
    ranked: tuple[str, ...] = ()
    """Backbones, the most promising first; () as long as they are not ranked."""
    trials: tuple[Trial, ...] = ()
    """In the order of their beginning."""
    over: bool = False

    @property
    def left(self) -> float:
        """Of the budget."""
        return max(0.0, self.budget - self.used)

    @property
    def best(self) -> Trial | None:
        """The one that is the model; None if there is none yet."""
        return best_trial(self.trials)

    @classmethod
    def read(cls, folder: Path) -> SearchState | None:
        """What is kept in `folder`; None if nothing is.

        Raises:
            UserError: `automl.damaged`.
        """
        path = folder / FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise UserError(
                "automl.damaged",
                f"The search of custom model {folder.name} cannot be read.",
                "Its runs are as they were. Order the model again.",
                f"{path}: {error}",
            ) from error

    def write(self, folder: Path) -> None:
        """Keep it.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        write_text_atomic(folder / FILE, self.model_dump_json(indent=1) + "\n")


class Trainer(Protocol):
    """Who carries out what a search asks for. All block."""

    def wait(self) -> None:
        """Until it is this search's turn; that does not count."""

    def rank(self, seconds: float, tick: Callable[[str], None]) -> tuple[str, ...]:
        """The backbones, the most promising first, as known within so many seconds."""

    def blocks(self, ranked: Sequence[str]) -> Mapping[str, int]:
        """How many blocks each has."""

    def work(self, ranked: Sequence[str]) -> Mapping[Candidate, Work]:
        """All candidates that can be trained."""

    def train(
        self,
        trial: Trial,
        seconds: float,
        begun: Callable[[str], None],
        tick: Callable[[str], None],
    ) -> Trial:
        """`trial` as it is when it is over, in order after so many seconds at the latest.

        One that has a run goes on with it, or begins anew where that was deleted. `begun` hears
        which run it is, `tick` every moment what is being done; both may raise, and nothing more
        is then done.
        """


class Search:
    """Tries candidates until the budget is used up, nothing more fits, or it is told to end."""

    def __init__(
        self,
        state: SearchState,
        trainer: Trainer,
        keep: Callable[[SearchState], None],
        *,
        ended: Callable[[], bool] = lambda: False,
        told: Callable[[SearchState, str], None] = lambda state, words: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`keep` gets each new state, `told` a few times a second also what is being done."""
        self.state = state
        self._trainer = trainer
        self._keep = keep
        self._ended = ended
        self._told = told
        self._clock = clock
        self._kept_at = self._told_at = clock()

    def run(self) -> SearchState:
        """The search that is over.

        Raises:
            UserError: `automl.budget` where the first candidate plainly takes longer,
                `automl.nothing` or `automl.stopped` if there is no model yet at the end; what two
                candidates in a row failed with; what `keep`, `told` and the trainer raise.
        """
        if self.state.over:
            return self.state
        self._rank()
        blocks = self._trainer.blocks(self.state.ranked)
        work = self._trainer.work(self.state.ranked)
        while not self._ended():
            trial = self._unfinished(work) or next_trial(
                self.state.ranked, blocks, self.state.trials, work, self.state.left
            )
            if trial is None:
                break
            self._train(trial)
            self._give_up_where_all_fails()
        return self._finished()

    def _rank(self) -> None:
        if not self.state.ranked:
            with self._timed() as tick:
                ranked = self._trainer.rank(RANKING_SHARE * self.state.left, tick)
            self._change(ranked=ranked)

    def _unfinished(self, able: Collection[Candidate]) -> Trial | None:
        """What was interrupted, unless its backbone was removed since."""
        trials = self.state.trials
        return next((it for it in trials if not it.over and it.candidate in able), None)

    def _train(self, trial: Trial) -> None:
        with self._timed() as tick:
            ended = self._trainer.train(
                trial,
                self.state.left,
                lambda run: self._note(trial.model_copy(update={"run": run})),
                tick,
            )
        self._note(ended)

    def _note(self, trial: Trial) -> None:
        """Keep `trial` in the place of what was known of it."""
        others = [it for it in self.state.trials if it.candidate != trial.candidate]
        self._change(trials=(*others, trial))

    @contextmanager
    def _timed(self) -> Iterator[Callable[[str], None]]:
        """What happens inside counts; it says every moment what it does."""
        self._trainer.wait()
        began, before = self._clock(), self.state.used

        def count() -> None:
            used = before + self._clock() - began
            self.state = self.state.model_copy(update={"used": used})

        def tick(words: str) -> None:
            count()
            if self._clock() - self._kept_at >= KEPT_EVERY:
                self._change()
            if self._clock() - self._told_at >= TOLD_EVERY:
                self._told_at = self._clock()
                self._told(self.state, words)

        try:
            yield tick
        finally:
            count()
            self._change()

    def _change(self, **change: object) -> None:
        self.state = self.state.model_copy(update=change)
        self._kept_at = self._clock()
        self._keep(self.state)

    def _give_up_where_all_fails(self) -> None:
        errors = [trial.error for trial in self.state.trials[-2:]]
        last = errors[-1]
        hopeless = self.state.best is None and last is not None and last.code == TOO_LITTLE
        if last is not None and (hopeless or (len(errors) == 2 and errors[0] is not None)):
            raise UserError.from_report(last)

    def _finished(self) -> SearchState:
        if self.state.best is not None:
            self._change(over=True)
            return self.state
        failed = next((trial.error for trial in self.state.trials if trial.error), None)
        if failed is not None:
            raise UserError.from_report(failed)
        if self._ended():
            raise UserError("automl.stopped", "Stopped before the first model had learned.")
        raise UserError(
            "automl.nothing",
            f"The budget of {self.state.budget / 60:g} min ended before the first model had "
            "learned.",
            "Order the model with a larger budget.",
        )
