"""The search for a custom model: what is tried in which order, and how time is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from imgclf_gui.core.cloud import cancelled
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.spec import ProjectSpec, TrainingSpec
from imgclf_gui.jobs.automl_search import FILE, Search, SearchState
from imgclf_gui.jobs.automl_trainer import hopeless
from imgclf_gui.plan import EXAMPLE_DATASET, preset_augmentation, resolve
from imgclf_gui.plan.automl import (
    DEEPER,
    HEAD_EPOCHS,
    LEAST_EPOCHS,
    MOST_EPOCHS,
    Candidate,
    Head,
    Trial,
    Work,
    best_trial,
    candidate_spec,
    candidates,
    depths,
    expected_epoch,
    expected_start,
    next_trial,
    with_epochs,
)
from imgclf_gui.plan.automl import work_of as work_of_plan
from imgclf_gui.plan.transfer import phases
from imgclf_gui.protocol.events import PreparingPixels
from imgclf_gui.protocol.run_state import RunState
from tests.helpers.transfer import small_backbone

BLOCKS = {"a": 5, "b": 3}
FRONT = 10.0
"""Of a head's features; each fine-tuned block takes 1 of it."""
PACE = 0.16


def key(candidate: Candidate) -> tuple[str, str, int]:
    return candidate.backbone, candidate.head, candidate.trained_blocks


def work_of(trained: int) -> Work:
    return Work(front=FRONT - trained, images=10, epoch=1.0 + 30 * trained)


def all_work(*names: str) -> dict[Candidate, Work]:
    heads: list[Head] = ["linear", "dense"]
    return {
        Candidate(backbone=name, head=head, trained_blocks=depth): work_of(depth)
        for name in names
        for head in heads
        for depth in (0, *depths(BLOCKS[name]))
    }


def trial(
    name: str,
    head: Head = "linear",
    trained: int = 0,
    *,
    accuracy: float | None = 0.8,
    seconds: float = 20.0,
    epoch_seconds: float | None = None,
    epochs: int = 0,
) -> Trial:
    return Trial(
        candidate=Candidate(backbone=name, head=head, trained_blocks=trained),
        epochs=epochs,
        work=work_of(trained),
        run="001",
        seconds=seconds,
        pace=None if head == "dense" else PACE,
        epoch_seconds=epoch_seconds,
        accuracy=accuracy,
        over=True,
    )


# The strategy


def test_heads_come_first_then_more_and_more_blocks_of_the_best() -> None:
    heads = list(candidates(["a", "b"], BLOCKS, []))
    assert list(map(key, heads)) == [("a", "linear", 0), ("a", "dense", 0), ("b", "linear", 0)]
    tried = [
        trial("a", accuracy=0.8),
        trial("a", "dense", accuracy=0.9),
        trial("b", accuracy=None),
    ]
    rest = list(candidates(["a", "b"], BLOCKS, tried))[3:]
    assert list(map(key, rest)) == [
        *(("a", "dense", depth) for depth in (2, 4, 5)),
        *(("a", "linear", depth) for depth in (2, 4, 5)),
    ]
    assert depths(2) == (2,) and depths(1) == (1,) and depths(10) == (2, 4, 8, 10)


def test_a_backbone_that_was_removed_since_is_passed_over() -> None:
    tried = [trial("gone"), trial("a")]
    rest = [key(it) for it in candidates(["gone", "a"], BLOCKS, tried)]
    assert rest[:2] == [("a", "linear", 0), ("a", "dense", 0)]
    assert {name for name, _, _ in rest} == {"a"}
    assert list(candidates(["gone"], BLOCKS, tried)) == []


def test_the_first_is_begun_whatever_the_budget_and_later_ones_only_if_they_fit() -> None:
    work = all_work("a")
    first = next_trial(["a"], BLOCKS, [], work, left=1)
    assert first is not None and key(first.candidate) == ("a", "linear", 0)
    one = trial("a", seconds=20)
    second = next_trial(["a"], BLOCKS, [one], work, left=5)
    assert second is not None and key(second.candidate) == ("a", "dense", 0)  # features are there
    both = [one, trial("a", "dense", seconds=4)]
    third = next_trial(["a"], BLOCKS, both, work, left=1_000)
    assert third is not None and key(third.candidate) == ("a", "linear", 2)
    assert third.epochs == MOST_EPOCHS
    # As any 4 s, and 80 multiply-adds of features at the pace of the first.
    assert expected_start(third.candidate, third.work, both) == pytest.approx(4 + 12.8)
    an_epoch = expected_epoch(third.candidate, third.work, both)
    assert an_epoch == pytest.approx(PACE * 61)
    left = 16.8 + 3.5 * an_epoch
    fewer = next_trial(["a"], BLOCKS, both, work, left)
    assert fewer is not None and fewer.epochs == 3
    assert next_trial(["a"], BLOCKS, both, work, 16.8 + (LEAST_EPOCHS - 0.5) * an_epoch) is None
    assert next_trial(["a"], BLOCKS, both, work, 0) is None


def test_what_was_measured_takes_the_place_of_the_guess_with_room_for_what_is_deeper() -> None:
    tried = [
        trial("a", seconds=20),
        trial("a", "dense", seconds=4),
        trial("a", trained=2, seconds=60, epochs=8, epoch_seconds=6.1),
    ]
    deeper, same = (
        Candidate(backbone="a", trained_blocks=4),
        Candidate(backbone="a", head="dense", trained_blocks=2),
    )
    assert expected_epoch(same, work_of(2), tried) == pytest.approx(6.1)
    assert expected_epoch(deeper, work_of(4), tried) == pytest.approx(DEEPER * 0.1 * 121)
    assert expected_start(same, work_of(2), tried) == pytest.approx(4)


def test_what_cannot_be_planned_is_left_out_and_the_end_comes_when_all_is_tried() -> None:
    work = {one: it for one, it in all_work("a").items() if one.trained_blocks < 4}
    tried: list[Trial] = []
    while (found := next_trial(["a"], BLOCKS, tried, work, 10_000)) is not None:
        tried.append(found.model_copy(update={"accuracy": 0.5, "over": True, "seconds": 10.0}))
    assert [key(it.candidate)[1:] for it in tried] == [
        ("linear", 0), ("dense", 0), ("linear", 2), ("dense", 2),
    ]  # fmt: skip


def test_the_best_is_the_most_accurate_in_validation_then_the_surest() -> None:
    low, high = trial("a", accuracy=0.8), trial("a", "dense", accuracy=0.9)
    surer = trial("a", trained=2, accuracy=0.9).model_copy(update={"loss": -0.1})
    assert best_trial([low, high, surer, trial("b", accuracy=None)]) == surer
    assert best_trial([trial("a", accuracy=None)]) is None


def test_a_candidate_says_what_it_is() -> None:
    assert Candidate(backbone="gone").title({}) == "gone, linear head"
    tuned = Candidate(backbone="gone", head="dense", trained_blocks=2).title({})
    assert tuned == "gone, dense head, last 2 blocks fine-tuned"


def test_a_candidate_is_a_run_that_a_person_could_set_up() -> None:
    backbone = small_backbone()
    dataset = EXAMPLE_DATASET.model_copy(update={"common_width": 12, "common_height": 12})
    project = ProjectSpec(
        augmentation=preset_augmentation("light"),
        training=TrainingSpec(seed=5, class_weights=True, epochs=999, watch_blocks=True),
    )
    tuned = Candidate(backbone="small", head="dense", trained_blocks=2)
    spec = candidate_spec(project, dataset, backbone, tuned)
    head = [block.kind for block in spec.network.blocks]
    assert head == ["backbone", "flatten", "dense", "dropout", "logits"]
    assert not spec.augmentation.steps and not spec.training.watch_blocks
    assert (spec.training.seed, spec.training.class_weights) == (5, True)
    plan = resolve(with_epochs(spec, 3), dataset).plan
    assert plan is not None and [phase.epochs for phase in phases(plan)] == [HEAD_EPOCHS, 3]
    plain = candidate_spec(project, dataset, backbone, Candidate(backbone="small"))
    frozen = resolve(plain, dataset).plan
    assert frozen is not None and len(phases(frozen)) == 1
    whole, part = work_of_plan(frozen), work_of_plan(plan)
    assert whole.images == part.images == dataset.count("train") + dataset.count("validation")
    assert whole.front > part.front and whole.epoch < part.epoch


def test_features_that_take_far_longer_than_what_is_left_are_given_up() -> None:
    state = RunState()
    assert hopeless(state, 60) is None
    state.apply(PreparingPixels(done=10, total=60_000, what="features", seconds_left=600))
    found = hopeless(state, 60)
    assert found is not None and found.code == "automl.budget"
    assert "60,000 images would take 10 min more, and 1.0 min" in found.message
    assert hopeless(state, 500) is None
    state.apply(PreparingPixels(done=10, total=60_000, seconds_left=600))
    assert hopeless(state, 60) is None  # decoding is not known to be the long part


# The search


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Script:
    """A trainer that takes so long for each candidate and comes to such an accuracy."""

    def __init__(self, clock: Clock, **seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self.log: list[str] = []
        self.errors: dict[int, ErrorReport] = {}
        self.cancel_after = 10_000
        self.waits = 50.0
        """Behind other trainings."""

    def wait(self) -> None:
        self.clock.now += self.waits

    def rank(self, seconds: float, tick: Callable[[str], None]) -> tuple[str, ...]:
        del seconds
        self.clock.now += 5
        tick("ranking")
        return ("a",)

    def blocks(self, ranked: Sequence[str]) -> Mapping[str, int]:
        return {name: BLOCKS[name] for name in ranked if name in BLOCKS}

    def work(self, ranked: Sequence[str]) -> Mapping[Candidate, Work]:
        return all_work(*self.blocks(ranked))

    def train(
        self,
        trial: Trial,
        seconds: float,
        begun: Callable[[str], None],
        tick: Callable[[str], None],
    ) -> Trial:
        run = trial.run or f"{len(self.log) + 1:03}"
        self.log.append(f"{'on ' if trial.run else ''}{run} {trial.candidate.trained_blocks}")
        if not trial.run:
            begun(run)
        whole = 10.0 + 2 * trial.epochs
        took = min(seconds, whole)
        for _ in range(10):
            self.clock.now += took / 10
            tick(run)
        if len(self.log) > self.cancel_after:
            raise cancelled()
        error = self.errors.get(len(self.log))
        change = {
            "run": run,
            "seconds": trial.seconds + took,
            "pace": PACE,
            "epoch_seconds": 2.0 if trial.epochs > 1 else None,
            "accuracy": None if error else 0.7 + trial.candidate.trained_blocks / 50,
            "error": error,
            "over": True,
        }
        return trial.model_copy(update=change)


def searched(script: Script, budget: float, folder: Path, **more: object) -> Search:
    folder.mkdir(exist_ok=True)
    state = SearchState.read(folder) or SearchState(budget=budget)
    return Search(state, script, lambda kept: kept.write(folder), clock=script.clock, **more)  # type: ignore[arg-type]


def test_a_search_uses_its_budget_and_no_more(tmp_path: Path) -> None:
    script = Script(Clock())
    told: list[str] = []
    search = searched(script, 40, tmp_path, told=lambda state, words: told.append(words))
    state = search.run()
    # Ranking 5 s, two heads 10 s each; nothing fits into the rest. Waiting, 50 s each, is free.
    assert state.over and [trial.run for trial in state.trials] == ["001", "002"]
    assert state.used == pytest.approx(25) and script.clock.now == pytest.approx(100 + 25 + 3 * 50)
    assert state.best is not None and state.best.run == "001"
    assert "ranking" in told and "002" in told
    assert SearchState.read(tmp_path) == state
    whole = searched(Script(Clock()), 10_000, tmp_path / "more").run()
    assert len(whole.trials) == 8 and whole.best is not None
    assert whole.best.candidate.trained_blocks == 5 and whole.used < 10_000


def test_one_that_was_interrupted_goes_on_with_what_is_left(tmp_path: Path) -> None:
    script = Script(Clock())
    script.cancel_after = 1
    with pytest.raises(UserError) as stopped:
        searched(script, 200, tmp_path).run()
    assert stopped.value.code == "cloud.cancelled"
    kept = SearchState.read(tmp_path)
    assert kept is not None and not kept.over and kept.used == pytest.approx(25)
    assert [trial.over for trial in kept.trials] == [True, False]
    again = Script(Clock())
    state = searched(again, 200, tmp_path).run()
    assert again.log[0] == "on 002 0"
    assert state.over and 100 < state.used <= 200
    assert searched(again, 200, tmp_path).run() == state  # it is over: nothing is done


def test_what_was_interrupted_on_a_backbone_that_was_removed_since_is_not_gone_on_with(
    tmp_path: Path,
) -> None:
    unfinished = trial("gone").model_copy(update={"over": False, "accuracy": None})
    kept = SearchState(budget=200, ranked=("gone", "a"), trials=(unfinished,))
    kept.write(tmp_path)
    script = Script(Clock())
    state = searched(script, 200, tmp_path).run()
    assert state.best is not None and state.best.candidate.backbone == "a"
    assert not any(line.startswith("on ") for line in script.log)


def test_a_killed_search_forgets_little_of_what_it_used(tmp_path: Path) -> None:
    script = Script(Clock())
    search = searched(script, 200, tmp_path, told=lambda state, words: killed(state))

    def killed(state: SearchState) -> None:
        if state.used > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.run()
    kept = SearchState.read(tmp_path)
    assert kept is not None and kept.used > 12 - 5 and kept.trials[0].run == "001"


def test_told_to_end_it_keeps_its_best(tmp_path: Path) -> None:
    script = Script(Clock())
    state = searched(script, 1_000, tmp_path, ended=lambda: len(script.log) >= 3).run()
    assert state.over and len(state.trials) == 3 and state.best is not None
    with pytest.raises(UserError) as nothing:
        searched(Script(Clock()), 1_000, tmp_path / "none", ended=lambda: True).run()
    assert nothing.value.code == "automl.stopped"


def test_a_failure_is_passed_over_two_end_the_search(tmp_path: Path) -> None:
    failed = ErrorReport(code="worker.died", message="The worker died.")
    script = Script(Clock())
    script.errors = {2: failed}
    state = searched(script, 10_000, tmp_path).run()
    assert state.best is not None and state.trials[1].error == failed
    script = Script(Clock())
    script.errors = {1: failed, 2: failed}
    with pytest.raises(UserError) as raised:
        searched(script, 10_000, tmp_path / "two").run()
    assert raised.value.code == "worker.died" and len(script.log) == 2


def test_a_budget_that_is_plainly_too_small_is_said_at_once(tmp_path: Path) -> None:
    script = Script(Clock())
    script.errors = {1: ErrorReport(code="automl.budget", message="Too little.")}
    with pytest.raises(UserError) as raised:
        searched(script, 60, tmp_path).run()
    assert raised.value.code == "automl.budget" and len(script.log) == 1


def test_a_file_that_is_no_search_is_refused(tmp_path: Path) -> None:
    assert SearchState.read(tmp_path) is None
    (tmp_path / FILE).write_text('{"budget": -1}', "utf-8")
    with pytest.raises(UserError) as damaged:
        SearchState.read(tmp_path)
    assert damaged.value.code == "automl.damaged"
