"""Sentences about twins: said when the figures show it, and only then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.findings import DEAD_SEEN, UPDATES_SEEN, VANISHING, Twin, findings
from imgclf_gui.protocol.run_state import RunState, fold

BLOCKS = 20
CPU = DeviceSummary(label="cpu", name="A processor")

Figures = dict[str, float | None]
SOUND: Figures = {"mean": 0.0, "spread": 1.0, "dead": 0.01, "gradient": 0.1, "update": 1e-3}


def observed(step: int, change: Callable[[int, int], Figures]) -> e.BlocksObserved:
    """One observation; `change(step, block)` says how a block differs from a sound one."""
    blocks = [{**SOUND, **change(step, block)} for block in range(1, BLOCKS + 1)]
    return e.BlocksObserved.model_validate({"step": step, "epoch": 1, "blocks": blocks})


def epoch(number: int, accuracy: float | None) -> e.EpochEnded:
    summary = e.EpochSummary(
        epoch=number,
        step=100 * number,
        loss=0.5,
        accuracy=0.8,
        validation_loss=None if accuracy is None else 0.5,
        validation_accuracy=accuracy,
        learning_rate=1e-3,
        seconds=1,
        images_per_second=1,
    )
    return e.EpochEnded(summary=summary, best=True)


def twin(
    change: Callable[[int, int], Figures] = lambda step, block: {},
    *,
    steps: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
    ended: Sequence[e.Event] = (),
    images: int = 1000,
) -> Twin:
    """A run that was observed in `steps`, and what else it reported."""
    started = e.RunStarted(device=CPU, epochs_total=3, steps_per_epoch=100)
    return Twin(fold([started, *(observed(step, change) for step in steps), *ended]), images)


def told(whole: Twin, reduced: Twin, what: str = "shortcuts", **more: Any) -> str:
    return "\n".join(findings(what, whole, reduced, **more))


def falling(factor: float) -> Callable[[int, int], Figures]:
    """Gradients that fall by `factor` from the last block to the second."""

    def change(step: int, block: int) -> Figures:
        return {"gradient": 0.31 * factor ** -((BLOCKS - max(block, 2)) / (BLOCKS - 2))}

    return change


def test_vanishing_gradients_are_told_with_their_blocks_and_figures() -> None:
    sentence = told(twin(), twin(falling(780)))
    assert "Vanishing gradients: without shortcuts the gradient norm falls from" in sentence
    assert "from 0.31 at block 20 to 0.0004 at block 2, by 780×; with them by 1× (med" in sentence


def test_it_is_told_of_the_twin_that_shows_it() -> None:
    assert "Vanishing gradients: with shortcuts" in told(twin(falling(5000)), twin())
    assert "without it by 1×" in told(twin(falling(5000)), twin(), "dropout")


@pytest.mark.parametrize(("factor", "shown"), [(0.7 * VANISHING, False), (1.1 * VANISHING, True)])
def test_the_bound_of_vanishing(factor: float, shown: bool) -> None:
    assert ("Vanishing" in told(twin(), twin(falling(factor)))) is shown


def test_gradients_that_vanish_in_both_are_told_of_both() -> None:
    sentence = told(twin(falling(900)), twin(falling(1000)))
    assert "Vanishing gradients in both twins: without shortcuts" in sentence


def test_exploding_gradients() -> None:
    sentence = told(twin(), twin(falling(1 / 5000)), "batch normalisation")
    assert "Exploding gradients: without batch normalisation the gradient norm grows" in sentence
    assert "Vanishing" not in sentence


def test_a_gradient_of_zero_has_no_factor() -> None:
    def silent(step: int, block: int) -> Figures:
        return {"gradient": 0.0} if block == 3 else {}

    assert "to 0 at block 3, to nothing; with them by 1×" in told(twin(), twin(silent))


def test_one_batch_that_is_unlike_the_others_is_not_told() -> None:
    def once(step: int, block: int) -> Figures:
        return {"gradient": 1e-9} if (step, block) == (4, 2) else {}

    assert "Vanishing" not in told(twin(), twin(once))


def test_figures_that_are_missing_are_passed_over() -> None:
    def frozen(step: int, block: int) -> Figures:
        return {"gradient": None, "update": None, "dead": None, "spread": None, "mean": None}

    assert "nothing unusual" in told(twin(frozen), twin(frozen))


def moving(far: float) -> Callable[[int, int], Figures]:
    """The mean moves by `far` of the first spread."""
    return lambda step, block: {"mean": 0.0 if step == 1 else far}


@pytest.mark.parametrize(
    ("with_it", "without_it", "shown"),
    [(0.2, 0.5, True), (0.2, 0.3, False), (0.01, 0.05, False), (0.0, 0.5, True)],
)
def test_drift_is_told_where_it_is_halved(with_it: float, without_it: float, shown: bool) -> None:
    sentence = told(twin(moving(with_it)), twin(moving(without_it)), "batch normalisation")
    assert ("Activation drift: without batch normalisation" in sentence) is shown


def test_a_spread_that_grows_is_drift() -> None:
    sentence = told(twin(), twin(lambda step, block: {"spread": float(step)}))
    assert "move by 2.4 of their first spread, and do not move with them (0; median" in sentence


@pytest.mark.parametrize(("share", "shown"), [(0.9 * DEAD_SEEN, False), (1.1 * DEAD_SEEN, True)])
def test_dead_units(share: float, shown: bool) -> None:
    def dead(step: int, block: int) -> Figures:
        return {"dead": share + (0.2 if block == 7 else -0.2 / (BLOCKS - 1))}

    sentence = told(twin(), twin(dead))
    assert ("Dead units: without shortcuts" in sentence) is shown
    assert (f"({100 * share + 20:.1f} % in block 7), with them 1.0 %" in sentence) is shown


@pytest.mark.parametrize(("blocks", "shown"), [(UPDATES_SEEN * BLOCKS, True), (4, False)])
@pytest.mark.parametrize(("ratio", "words"), [(1e-6, "less than 0.0001"), (0.5, "more than 0.1")])
def test_updates_out_of_the_usual(blocks: float, shown: bool, ratio: float, words: str) -> None:
    change: Figures = {"update": ratio}
    sentence = told(twin(), twin(lambda step, block: change if block <= blocks else {}))
    assert (f"of 20 blocks change by {words} of their size" in sentence) is shown


def test_nothing_to_see_is_said() -> None:
    assert told(twin(), twin()) == (
        "Gradients, activations, dead units and updates show nothing unusual, and no clear "
        "difference, up to step 64."
    )


def test_only_steps_that_both_have_reached_are_compared() -> None:
    def late(step: int, block: int) -> Figures:
        return {"gradient": 1e-9} if step > 8 and block == 1 else {}

    assert "Vanishing" not in told(twin(steps=(1, 2, 8)), twin(late))
    assert "Vanishing" in told(twin(), twin(late, steps=(1, 16, 32, 64)))
    assert "Vanishing" not in told(twin(), twin(late, steps=(1, 16, 32, 64)), until=10)


def test_twins_that_are_not_observed_yet() -> None:
    assert told(twin(), Twin(RunState())) == "The twins have not both been observed yet."


def test_a_run_whose_loss_was_no_number_any_more() -> None:
    message = "The loss became infinite or not a number at step 70."
    failed = e.JobFailed(error=ErrorReport(code="run.not_finite", message=message))
    sentences = findings("batch normalisation", twin(), twin(ended=[failed]))
    assert sentences[0] == f"Without batch normalisation the run broke off. {message}"


@pytest.mark.parametrize(
    ("accuracies", "verdict"),
    [
        ((0.95, 0.80), "it is higher with shortcuts"),
        ((0.80, 0.95), "it is higher without shortcuts"),
        ((0.91, 0.90), "the 95 % intervals overlap, no difference is shown"),
    ],
)
def test_learning(accuracies: tuple[float, float], verdict: str) -> None:
    whole = twin(ended=[epoch(1, accuracies[0]), epoch(2, 0.99)])
    sentences = findings("shortcuts", whole, twin(ended=[epoch(1, accuracies[1])]))
    assert sentences[-2].startswith("Learning: after epoch 1 the training loss is 0.5 with")
    assert sentences[-1].endswith(f": {verdict}.")


def test_the_same_accuracies_say_more_with_more_images() -> None:
    def pair(images: int) -> str:
        whole, reduced = (twin(ended=[epoch(1, it)], images=images) for it in (0.92, 0.90))
        return told(whole, reduced)

    assert "no difference is shown" in pair(500)
    assert "it is higher with" in pair(20_000)


def test_without_validation_images_accuracy_is_not_compared() -> None:
    whole, reduced = (twin(ended=[epoch(1, None)], images=0) for _ in range(2))
    assert "Validation" not in told(whole, reduced)
