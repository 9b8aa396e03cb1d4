"""StudyState = fold(events) of a study, and the table of what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Literal

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.intervals import holm, t_interval, t_test, wilson_interval
from imgclf_gui.plan.study import StudyPlan
from imgclf_gui.protocol import events as e

Status = Literal["waiting", "preparing", "running", "completed", "stopped", "failed", "interrupted"]
Verdict = Literal["compared with", "helps", "hurts", "no difference", "none yet"]
"""What a row says; the first is that of the variant without augmentation."""

SIGNIFICANT = 0.05
"""A difference is shown if its corrected p-value is below this."""

MINUS = "\N{MINUS SIGN}"


@dataclass
class StudyState:
    """Everything known of one study. `apply` is its only change."""

    status: Status = "waiting"
    trainings: int = 0
    trained: dict[tuple[int, int], e.VariantTrained] = field(default_factory=dict)
    """By variant and seed."""
    failed: dict[tuple[int, int], e.VariantFailed] = field(default_factory=dict)
    progress: e.StudyProgressed | None = None
    preparing: e.PreparingPixels | None = None
    started_at: float | None = None
    error: ErrorReport | None = None
    log: list[e.Logged] = field(default_factory=list)

    @property
    def done(self) -> tuple[tuple[int, int], ...]:
        """Variant and seed of each training that is over."""
        return (*self.trained, *self.failed)

    @property
    def active(self) -> bool:
        """Whether a worker has it in hand."""
        return self.status in ("waiting", "preparing", "running")

    @property
    def resumable(self) -> bool:
        """Whether it ended before its time."""
        return self.status in ("stopped", "failed", "interrupted")

    @property
    def seconds(self) -> float:
        """What its trainings have taken."""
        trained = sum(event.seconds for event in self.trained.values())
        return trained + sum(event.seconds for event in self.failed.values())

    def apply(self, event: e.Event) -> None:
        """Take in one event; those that do not concern a study change nothing."""
        match event:
            case e.PreparingPixels():
                self.status, self.preparing = "preparing", event
            case e.StudyStarted():
                self.status, self.trainings = "running", event.trainings
                self.preparing = self.progress = self.error = None
                self.started_at = self.started_at or event.at
            case e.StudyProgressed():
                self.progress = event
            case e.VariantTrained():
                self.trained[event.variant, event.seed] = event
            case e.VariantFailed():
                self.failed[event.variant, event.seed] = event
            case e.StudyFinished():
                self.status = "stopped" if event.stopped else "completed"
            case e.JobFailed():
                self.status, self.error = "failed", event.error
            case e.Logged():
                self.log.append(event)
            case _:
                pass

    def interrupt(self) -> None:
        """Say that no worker has the study in hand any more, whatever its last event said."""
        if self.active:
            self.status = "interrupted"


def fold(events: Iterable[e.Event]) -> StudyState:
    """The state that `events` lead to."""
    state = StudyState()
    for event in events:
        state.apply(event)
    return state


@dataclass(frozen=True)
class StudyRow:
    """What is known of one variant. Accuracies are fractions, on the validation images."""

    title: str
    verdict: Verdict = "none yet"
    sentence: str = ""
    """The verdict for people, which names the variant."""
    seeds: tuple[int, ...] = ()
    """Those it has been trained with."""
    accuracy: float | None = None
    """Mean over the seeds."""
    interval: tuple[float, float] | None = None
    """95 %: of the mean over seeds (t), or, where they do not scatter or there is one, of the
    share of images (Wilson)."""
    difference: float | None = None
    """To the variant without augmentation: mean over the seeds that both were trained with."""
    difference_interval: tuple[float, float] | None = None
    """95 %, of the paired differences over seeds (t); None if they do not tell how they scatter."""
    p_value: float | None = None
    """Of a paired t-test over the seeds, corrected for the number of variants (Holm)."""


@dataclass(frozen=True)
class _Comparison:
    """A variant against the one without augmentation, seed by seed."""

    images: int
    """That each training was measured on."""
    counts: tuple[int, ...] = ()
    """How many more of them it has right, for each seed."""
    failure: str = ""
    """Why there can be no verdict; '' if nothing failed."""

    @property
    def mean(self) -> float:
        return fmean(self.counts) / self.images

    @property
    def same_for_all(self) -> bool:
        """Whether all seeds differ by the same: then nobody knows how far they scatter."""
        return len(set(self.counts)) == 1

    @property
    def interval(self) -> tuple[float, float] | None:
        if len(self.counts) < 2 or self.same_for_all:
            return None
        low, high = t_interval(self.counts)
        return low / self.images, high / self.images

    @property
    def p_value(self) -> float | None:
        """Not corrected yet."""
        return None if self.failure or self.interval is None else t_test(self.counts)


def study_table(plan: StudyPlan, state: StudyState) -> tuple[StudyRow, ...]:
    """A row for each variant of `plan`, in their order, as far as they have been trained."""
    rows = [_measured(plan, state, variant) for variant in range(len(plan.variants))]
    compared = [_comparison(plan, state, variant) for variant in range(1, len(rows))]
    p_values = _corrected([one.p_value for one in compared])
    base = replace(rows[0], verdict="compared with", sentence="What the others are compared with.")
    others = zip(rows[1:], compared, p_values, strict=True)
    return (base, *(_compared(plan, row, one, p_value) for row, one, p_value in others))


def study_headline(plan: StudyPlan, state: StudyState) -> str:
    """What the table comes to, measured on what, and what it does not say."""
    return f"{_outcome(study_table(plan, state)[1:])} {_conditions(plan, state)}"


def _comparison(plan: StudyPlan, state: StudyState, variant: int) -> _Comparison:
    pairs = [
        (state.trained[0, seed], state.trained[variant, seed])
        for seed in plan.seeds
        if (0, seed) in state.trained and (variant, seed) in state.trained
    ]
    return _Comparison(
        images=pairs[0][0].images if pairs else plan.plan.data.validation_images,
        counts=tuple(mine.correct - base.correct for base, mine in pairs),
        failure=_failure(plan, state, variant),
    )


def _failure(plan: StudyPlan, state: StudyState, variant: int) -> str:
    """Leaving out the seeds that failed would flatter whatever fails."""
    for who, name in ((variant, "it"), (0, "the training without augmentation")):
        failed = [state.failed[who, seed] for seed in plan.seeds if (who, seed) in state.failed]
        if failed:
            seeds = ", ".join(str(event.seed) for event in failed)
            return f"no verdict, {name} failed with seed {seeds} ({failed[0].error.message})"
    return ""


def _corrected(p_values: Sequence[float | None]) -> list[float | None]:
    """Corrected for all comparisons of the study, also those that are not known yet."""
    known = [value for value in p_values if value is not None]
    corrected = iter(holm(known, len(p_values)))
    return [None if value is None else next(corrected) for value in p_values]


def _verdict(one: _Comparison, p_value: float | None, comparisons: int) -> tuple[Verdict, str]:
    if one.failure:
        return "none yet", one.failure.rstrip(".")
    if len(one.counts) < 2:
        return "none yet", "no verdict yet, it takes at least two seeds"
    if p_value is None or one.interval is None:
        return "no difference", f"no difference shown ({_same(one.counts[0], one.images)})"
    low, high = one.interval
    span = f"{points(low)} to {points(high)} points"
    if p_value >= SIGNIFICANT:
        if low <= 0 <= high:
            return "no difference", f"no difference shown ({span})"
        return "no difference", (
            f"no difference shown ({span}, but p = {p_value:.2f} among {comparisons} comparisons)"
        )
    verdict: Verdict = "helps" if one.mean > 0 else "hurts"
    near, far = sorted((abs(low), abs(high)))
    return verdict, f"{verdict} by {points(abs(one.mean))} points ({points(near)} to {points(far)})"


def _same(count: int, images: int) -> str:
    """What can be said where every seed has so many more of the images right."""
    if not count:
        return "as many images right with every seed"
    which = "more" if count > 0 else "fewer"
    return (
        f"{abs(count):,} of {images:,} images {which} right with every seed, which does not tell "
        "how far seeds scatter"
    )


def _measured(plan: StudyPlan, state: StudyState, variant: int) -> StudyRow:
    """A row with what can be said of the variant by itself."""
    events = [
        state.trained[variant, seed] for seed in plan.seeds if (variant, seed) in state.trained
    ]
    return StudyRow(
        title=plan.variants[variant].title,
        seeds=tuple(event.seed for event in events),
        accuracy=fmean(event.correct / event.images for event in events) if events else None,
        interval=_interval(events),
    )


def _compared(plan: StudyPlan, row: StudyRow, one: _Comparison, p_value: float | None) -> StudyRow:
    """`row` with what its comparison came to; `p_value` is corrected."""
    verdict, words = _verdict(one, p_value, len(plan.variants) - 1)
    return replace(
        row,
        verdict=verdict,
        sentence=f"{row.title}: {words}.",
        difference=one.mean if one.counts else None,
        difference_interval=one.interval,
        p_value=p_value,
    )


def _interval(events: Sequence[e.VariantTrained]) -> tuple[float, float] | None:
    if not events:
        return None
    images = events[0].images
    counts = [event.correct for event in events]
    if len(set(counts)) == 1:
        return wilson_interval(counts[0], images)
    low, high = t_interval(counts)
    return max(0.0, low / images), min(1.0, high / images)


def _outcome(rows: Sequence[StudyRow]) -> str:
    """'Rotation ±15° helps. No difference is shown for 2 others.'"""
    if all(row.verdict == "none yet" for row in rows):
        return "No verdict yet."
    said = [
        f"{_listed([row.title for row in rows if row.verdict == verdict])} {verdict}"
        for verdict in ("helps", "hurts")
        if any(row.verdict == verdict for row in rows)
    ]
    same = sum(row.verdict == "no difference" for row in rows)
    if not said:
        return "No difference shown."
    others = f" No difference shown for {same} {'other' if same == 1 else 'others'}."
    return f"{', '.join(said)}.{others if same else ''}"


def _conditions(plan: StudyPlan, state: StudyState) -> str:
    data = plan.plan.data
    seeds = min(len({seed for _, seed in state.trained}), len(plan.seeds))
    return (
        f"Accuracy on the {data.validation_images:,} validation images after "
        f"{_counted(plan.epochs, 'epoch')} on {plan.train_images:,} of {data.train_images:,} "
        f"training images, with {seeds} of {_counted(len(plan.seeds), 'seed')}. "
        "Intervals and tests account for the chance of seeds, not for that of other images. A "
        "short training says little about a long one."
    )


def points(share: float) -> str:
    """A difference of accuracies in points of per cent: '1.2', '−0.34'; two decimals below 1."""
    value = 100 * share
    text = f"{abs(value):.1f}" if abs(value) >= 0.995 else f"{abs(value):.2f}"
    return f"{MINUS}{text}" if value < 0 and float(text) else text


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
