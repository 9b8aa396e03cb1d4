"""TransferState = fold(events) of one measurement of transfer, and what it shows, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.intervals import holm, mcnemar, t_interval, wilson_interval
from imgclf_gui.protocol.events import Event, JobFailed, Logged
from imgclf_gui.protocol.transfer_events import (
    BackboneMeasured,
    BlockProbed,
    FewImagesMeasured,
    TransferFinished,
    TransferProgressed,
    TransferStarted,
    Way,
    only_first,
)

SHOWN = 0.05
"""A difference is said to be shown below this p-value."""

Interval = tuple[float, float]


@dataclass
class TransferState:
    """All that is known of a measurement. `apply` is its only change."""

    started: TransferStarted | None = None
    progress: TransferProgressed | None = None
    backbones: list[BackboneMeasured] = field(default_factory=list)
    blocks: list[BlockProbed] = field(default_factory=list)
    few: list[FewImagesMeasured] = field(default_factory=list)
    finished: TransferFinished | None = None
    error: ErrorReport | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all was measured that was asked for."""
        return self.finished is not None and not self.finished.stopped

    @property
    def results(self) -> int:
        """How many results there are."""
        return len(self.backbones) + len(self.blocks) + len(self.few)

    def apply(self, event: Event) -> None:
        """Take in one event; those of other jobs change nothing."""
        match event:
            case TransferStarted():
                self.started = event
            case TransferProgressed():
                self.progress = event
            case BackboneMeasured():
                self.backbones.append(event)
            case BlockProbed():
                self.blocks.append(event)
            case FewImagesMeasured():
                self.few.append(event)
            case TransferFinished():
                self.finished = event
            case JobFailed():
                self.error = event.error
            case Logged(level="warning"):
                self.warnings.append(event.text)
            case _:
                pass


def fold(events: Iterable[Event]) -> TransferState:
    """The state that `events` lead to."""
    state = TransferState()
    for event in events:
        state.apply(event)
    return state


@dataclass(frozen=True)
class RankRow:
    """One backbone, compared with the best on the same images."""

    measured: BackboneMeasured
    accuracy: float
    interval: Interval
    """95 %, Wilson's."""
    p_value: float | None
    """Of being as good as the best (McNemar, corrected by Holm); None for the best."""


@dataclass(frozen=True)
class BlockRow:
    """One block of a backbone, compared with the best of them on the same images."""

    probed: BlockProbed
    accuracy: float
    interval: Interval
    p_value: float | None


@dataclass(frozen=True)
class WayFigures:
    """What one way reaches with so many images: means over the seeds, and 95 % t-intervals."""

    seeds: int
    accuracy: float
    interval: Interval | None
    """None with one seed, or where all seeds give the same, as with all images there are."""
    class_accuracy: float
    seconds: float


@dataclass(frozen=True)
class FewRow:
    """Both ways with so many images of each class."""

    images_a_class: int
    train_images: int
    frozen: WayFigures | None
    scratch: WayFigures | None
    gain: float | None
    """What frozen features are ahead by, over the seeds that both have."""
    gain_interval: Interval | None

    @property
    def shown(self) -> bool:
        """Whether the seeds agree so well that the difference is none of chance."""
        return self.gain_interval is not None and not (
            self.gain_interval[0] <= 0 <= self.gain_interval[1]
        )


def rank_rows(state: TransferState) -> list[RankRow]:
    """The best first; of equal ones that with the better LogME."""
    images = state.started.images if state.started else 1
    ordered = sorted(state.backbones, key=lambda it: (-it.correct, -it.logme))
    p_values = _against_best([it.right for it in ordered], 0)
    return [
        RankRow(it, it.correct / images, wilson_interval(it.correct, images), p_value)
        for it, p_value in zip(ordered, p_values, strict=True)
    ]


def block_rows(state: TransferState) -> list[BlockRow]:
    """In the order of the blocks."""
    images = state.started.images if state.started else 1
    blocks = sorted(state.blocks, key=lambda it: it.place)
    best = _best(blocks)
    p_values = _against_best([it.right for it in blocks], best)
    return [
        BlockRow(it, it.correct / images, wilson_interval(it.correct, images), p_value)
        for it, p_value in zip(blocks, p_values, strict=True)
    ]


def few_rows(state: TransferState) -> list[FewRow]:
    """A row for each number of images, the fewest first."""
    images = state.started.images if state.started else 1
    rows = []
    for count in sorted({event.images_a_class for event in state.few}):
        mine = [event for event in state.few if event.images_a_class == count]
        by_way = {way: _by_seed(mine, way) for way in ("frozen", "scratch")}
        both = by_way["frozen"].keys() & by_way["scratch"].keys()
        gains = [
            (by_way["frozen"][seed].correct - by_way["scratch"][seed].correct) / images
            for seed in sorted(both)
        ]
        rows.append(
            FewRow(
                images_a_class=count,
                train_images=max(event.train_images for event in mine),
                frozen=_figures(list(by_way["frozen"].values()), images),
                scratch=_figures(list(by_way["scratch"].values()), images),
                gain=fmean(gains) if gains else None,
                gain_interval=t_interval(gains) if len(gains) > 1 else None,
            )
        )
    return rows


def transfer_sentence(state: TransferState) -> str:
    """What the measurement shows."""
    if state.started is None or not state.results:
        return "Nothing was measured yet."
    if state.started.kind == "rank":
        return rank_sentence(state)
    if state.started.kind == "layers":
        return layers_sentence(state)
    return few_sentence(state)


def rank_sentence(state: TransferState) -> str:
    """Which backbone is best, and whether its lead is shown."""
    rows, images = rank_rows(state), _images_words(state)
    best = rows[0]
    of = f"a linear probe on its features is right for {_percent(best.accuracy)} of {images}"
    begin = f"{best.measured.title}: {of} (95 %: {_interval(best.interval)})."
    if len(rows) == 1:
        return f"{begin} There is no other backbone to compare it with."
    following = rows[1]
    lead = 100 * (best.accuracy - following.accuracy)
    against = f"{following.measured.title} ({_percent(following.accuracy)})"
    p_value = 1.0 if following.p_value is None else following.p_value
    if p_value < SHOWN:
        return (
            f"{begin} It is the best: its lead of {lead:.1f} points over {against} on the same "
            f"images is shown ({_p(p_value)})."
        )
    alike = [row for row in rows[1:] if row.p_value is not None and row.p_value >= SHOWN]
    others = f", nor to {len(alike) - 1} more" if len(alike) > 1 else ""
    quickest = max([best, *alike], key=lambda row: row.measured.images_per_second or 0)
    hint = ""
    if quickest.measured.images_per_second:
        speed = f"{quickest.measured.images_per_second:,.0f} images/s"
        hint = f" The quickest of them is {quickest.measured.title} ({speed})."
    return (
        f"{begin} No difference shown to {against}{others}: {lead:.1f} points may be chance "
        f"({_p(p_value)}).{hint}"
    )


def layers_sentence(state: TransferState) -> str:
    """From which block on later ones do not help, and whether the last ones harm."""
    rows = block_rows(state)
    best = rows[_best([row.probed for row in rows])]
    title = state.started.title if state.started else "the backbone"
    first = next(row for row in rows if row.accuracy >= best.interval[0])
    images = _images_words(state)
    begin = (
        f"{title} is best behind {_block(best)}: {_percent(best.accuracy)} of {images} "
        f"(95 %: {_interval(best.interval)})."
    )
    if len(rows) == 1:
        return begin
    if first.probed.place == rows[-1].probed.place:
        middle = "Every block up to the last one helps."
    elif first is best:
        middle = "No earlier block comes near it."
    else:
        middle = (
            f"From {_block(first)} on ({_percent(first.accuracy)}), accuracy is within that "
            "interval: there the features are good enough, and later blocks are not shown to help."
        )
    last = rows[-1]
    if last.p_value is not None and last.p_value < SHOWN and last.accuracy < best.accuracy:
        middle += (
            f" The last block gives only {_percent(last.accuracy)} ({_p(last.p_value)}): it knows "
            f"the classes it learned from rather than yours. Cut behind {_block(best)}."
        )
    return f"{begin} {middle}"


def few_sentence(state: TransferState) -> str:
    """What frozen features are worth with few images, and with many."""
    rows = [row for row in few_rows(state) if row.frozen]
    if not rows:
        return "Nothing was measured yet."
    images, title = _images_words(state), state.started.title if state.started else ""
    first, last = rows[0], rows[-1]
    assert first.frozen is not None  # noqa: S101 by how rows are chosen
    parts = [
        f"With {_count(first)}, a linear probe on the frozen features of {title} is right for "
        f"{_percent(first.frozen.accuracy)} of {images}{_scratch_words(first)}."
    ]
    if last is not first and last.frozen is not None:
        parts.append(
            f"With {last.images_a_class:,}: {_percent(last.frozen.accuracy)}{_scratch_words(last)}."
        )
    both = [row for row in rows if row.scratch]
    reached = next((row for row in both if _gets_as_far(row, first)), None)
    if both and reached is None:
        parts.append(
            f"From nothing, not even {both[-1].images_a_class:,} reach what the features reach "
            f"with {first.images_a_class:,}."
        )
    elif reached is not None and reached is not first:
        parts.append(
            f"From nothing it takes {reached.images_a_class:,} a class to get as far as the "
            f"features do with {first.images_a_class:,}."
        )
    return " ".join(parts)


def _gets_as_far(row: FewRow, first: FewRow) -> bool:
    """Whether training from nothing reaches in `row` what the features reach in the `first`."""
    if row is first and row.gain_interval is not None and not row.shown:
        return True
    if row.scratch is None or first.frozen is None:
        return False
    return row.scratch.accuracy >= first.frozen.accuracy


def _count(row: FewRow) -> str:
    images = "image" if row.images_a_class == 1 else "images"
    return f"{row.images_a_class:,} {images} a class"


def _scratch_words(row: FewRow) -> str:
    if row.scratch is None or row.gain is None:
        return ""
    words = f", training from nothing for {_percent(row.scratch.accuracy)}"
    if row.gain_interval is None:
        return words
    return f"{words} ({'' if row.shown else 'no '}difference shown over the seeds)"


def _by_seed(events: Sequence[FewImagesMeasured], way: str) -> dict[int, FewImagesMeasured]:
    return {event.seed: event for event in events if event.way == way}


def _figures(events: Sequence[FewImagesMeasured], images: int) -> WayFigures | None:
    if not events:
        return None
    shares = [event.correct / images for event in events]
    return WayFigures(
        seeds=len(events),
        accuracy=fmean(shares),
        interval=t_interval(shares) if len(set(shares)) > 1 else None,
        class_accuracy=fmean(event.class_accuracy for event in events),
        seconds=fmean(event.seconds for event in events),
    )


def _best(blocks: Sequence[BlockProbed]) -> int:
    """The place in the list of the most accurate; the first of equal ones."""
    return max(range(len(blocks)), key=lambda place: (blocks[place].correct, -place), default=0)


def _against_best(right: Sequence[str], best: int) -> list[float | None]:
    """For each list of right answers, the corrected p-value against the one at `best`."""
    others = [place for place in range(len(right)) if place != best]
    corrected = holm([_p_value(right[best], right[place]) for place in others])
    found: list[float | None] = [None] * len(right)
    for place, p_value in zip(others, corrected, strict=True):
        found[place] = p_value
    return found


def _p_value(first: str, second: str) -> float:
    return mcnemar(only_first(first, second), only_first(second, first))


def _images_words(state: TransferState) -> str:
    started = state.started
    return f"{started.images:,} {started.split} images" if started else "the images"


def _block(row: BlockRow) -> str:
    return f"block {row.probed.place + 1} ({row.probed.name})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _interval(ends: Interval) -> str:
    return f"{100 * ends[0]:.1f}–{100 * ends[1]:.1f} %"


def _p(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


WAYS: tuple[Way, ...] = ("frozen", "scratch")
WAY_WORDS: dict[Way, str] = {"frozen": "Frozen features", "scratch": "From nothing"}
