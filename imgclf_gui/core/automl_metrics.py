"""What a custom model's measurement shows, in the shape of the console, whoever measured it.

NumPy is imported where it is needed, so that reading and showing figures starts without it.

Precision and recall are fractions 0…1. At a confidence threshold a label is said of an image if
its score is at least the threshold; an image of which nothing is said counts as missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from imgclf_gui.core.spec import Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALL_LABELS = ""
"""In place of a label's name: all of them together."""

Group = Literal["true-positive", "false-positive", "false-negative"]
"""What an image is to a label at a threshold: said rightly, said wrongly, or missed."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ThresholdPoint(_Value):
    """Precision and recall at one confidence threshold."""

    threshold: float
    precision: float
    """1 where nothing is said."""
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


class LabelMetrics(_Value):
    """Figures of one label, or of all together (micro-averaged)."""

    label: str
    average_precision: float | None
    """The area under the curve of precision over recall; None where it is not known."""
    log_loss: float | None = None
    points: tuple[ThresholdPoint, ...]
    """By rising threshold: the threshold curve; (recall, precision) of them is the PR curve."""
    images: int | None = None
    """Measured images that have the label; of all: how many were measured."""


class ImageOutcome(_Value):
    """What a model made of one measured image."""

    image: str
    """Its path in the project's images folder, or a name."""
    label: str
    """What it is."""
    scores: tuple[float, ...]
    """For each of the metrics' labels, in their order."""


class Metrics(_Value):
    """One measurement: metrics.json in the custom model's folder."""

    split: Split
    """What it was measured on."""
    labels: tuple[str, ...]
    counts: Mapping[Split, int]
    """Images in each split."""
    overall: LabelMetrics
    by_label: tuple[LabelMetrics, ...]
    """In the order of `labels`; () where the provider does not say."""
    confusion: tuple[tuple[float, ...], ...] | None
    """Rows: what images are; columns: what they were taken for; both in the order of `labels`.
    Images, or, where the provider gives shares only, those."""
    outcomes: tuple[ImageOutcome, ...] = ()
    """Of each measured image, where known."""

    @property
    def correct(self) -> int | None:
        """Measured images whose surest label is right; None where only shares are known."""
        rows = self.confusion or ()
        images = sum(map(sum, rows))
        whole = images and images == self.overall.images
        if not whole or any(value != round(value) for row in rows for value in row):
            return None
        return round(sum(row[place] for place, row in enumerate(rows)))

    def of(self, label: str = ALL_LABELS) -> LabelMetrics:
        """The figures of `label`.

        Raises:
            KeyError: nothing is known of it.
        """
        if label == ALL_LABELS:
            return self.overall
        found = next((one for one in self.by_label if one.label == label), None)
        if found is None:
            raise KeyError(label)
        return found

    def at(self, threshold: float, label: str = ALL_LABELS) -> ThresholdPoint:
        """Precision and recall at the highest known threshold that is not above `threshold`.

        Raises:
            KeyError: nothing is known of `label`.
        """
        points = self.of(label).points
        below = [point for point in points if point.threshold <= threshold + 1e-9]
        return below[-1] if below else points[0]

    def images(self, label: str, group: Group, threshold: float) -> tuple[ImageOutcome, ...]:
        """The measured images that are `group` to `label`, the most confident first.

        Missed ones begin with those that were missed most surely. () where single images are
        not known; with ALL_LABELS, a false positive is an image of which anything wrong is said.
        """
        import numpy as np

        scores, able = self._deciding(label, group)
        missed = group == "false-negative"
        chosen = np.flatnonzero(able & ((scores < threshold) == missed))
        order = np.argsort(scores[chosen] if missed else -scores[chosen], kind="stable")
        return tuple(self.outcomes[place] for place in chosen[order])

    def _deciding(self, label: str, group: Group) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The score that decides whether an image is `group` to `label`, and whether it can be."""
        import numpy as np

        scores, is_label = self._arrays
        wanted = is_label ^ (group == "false-positive")
        if label != ALL_LABELS:
            wanted = wanted & (np.array(self.labels) == label)
        shown: NDArray[np.float64] = np.where(wanted, scores, -1.0)
        able: NDArray[np.bool_] = np.any(wanted, axis=1)
        return shown.max(axis=1, initial=-1.0), able

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Of each outcome and label: the score, and whether it is the label. (outcomes, labels)"""
        import numpy as np

        scores = np.array([outcome.scores for outcome in self.outcomes], float)
        truth = np.array([outcome.label for outcome in self.outcomes], object)
        is_label = truth[:, None] == np.array(self.labels, object)
        return scores.reshape(is_label.shape), is_label.astype(bool)


THRESHOLDS = tuple(step / 100 for step in range(101))
"""Those of `measured`, a point each."""
_LEAST = 1e-15
"""The least probability in a logarithm."""


def measured(
    outcomes: Sequence[ImageOutcome],
    labels: Sequence[str],
    split: Split,
    counts: Mapping[Split, int],
) -> Metrics:
    """Everything, out of the scores of single images, which must be probabilities.

    Average precision is the sum over the ranked answers of precision times the step in recall
    (Manning et al. 2008, Introduction to information retrieval, chapter 8), micro-averaged for
    all labels. The log loss of all is the mean of −ln p(what the image is), that of one label the
    mean of its yes-or-no loss.
    """
    import numpy as np

    scores = np.array([outcome.scores for outcome in outcomes], float).reshape(-1, len(labels))
    place = {label: index for index, label in enumerate(labels)}
    truth = np.array([place[outcome.label] for outcome in outcomes], int)
    is_label = truth[:, None] == np.arange(len(labels))
    by_label = tuple(
        _figures(label, scores[:, index], is_label[:, index], int(is_label[:, index].sum()))
        for index, label in enumerate(labels)
    )
    overall = _figures(ALL_LABELS, scores.ravel(), is_label.ravel(), len(outcomes))
    if len(outcomes):
        loss = -np.log(np.maximum(scores[np.arange(len(truth)), truth], _LEAST)).mean()
        overall = overall.model_copy(update={"log_loss": float(loss)})
    confusion = np.zeros((len(labels), len(labels)), int)
    if len(outcomes):
        np.add.at(confusion, (truth, scores.argmax(axis=1)), 1)
    return Metrics(
        split=split,
        labels=tuple(labels),
        counts=dict(counts),
        overall=overall,
        by_label=by_label,
        confusion=tuple(tuple(map(float, row)) for row in confusion),
        outcomes=tuple(outcomes),
    )


def _figures(
    label: str, scores: NDArray[np.float64], is_it: NDArray[np.bool_], images: int
) -> LabelMetrics:
    """Of yes-or-no answers: `scores` and whether it `is_it`, of equal length."""
    import numpy as np

    kept = np.clip(scores, _LEAST, 1 - _LEAST)
    loss = -np.where(is_it, np.log(kept), np.log1p(-kept)).mean() if len(scores) else None
    return LabelMetrics(
        label=label,
        average_precision=_average_precision(scores, is_it),
        log_loss=None if loss is None else float(loss),
        points=tuple(_point(each, scores, is_it) for each in THRESHOLDS),
        images=images,
    )


def _average_precision(scores: NDArray[np.float64], is_it: NDArray[np.bool_]) -> float | None:
    import numpy as np

    if not is_it.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ranked, right = scores[order], np.cumsum(is_it[order])
    last = np.append(np.diff(ranked) != 0, True)  # answers of equal score count together
    precision = (right / np.arange(1, len(right) + 1))[last]
    recall = (right / right[-1])[last]
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def _point(
    threshold: float, scores: NDArray[np.float64], is_it: NDArray[np.bool_]
) -> ThresholdPoint:
    said = scores >= threshold
    right, all_said, all_true = (said & is_it).sum(), said.sum(), is_it.sum()
    return ThresholdPoint(
        threshold=round(threshold, 4),
        precision=float(right / all_said) if all_said else 1.0,
        recall=float(right / all_true) if all_true else 0.0,
    )
