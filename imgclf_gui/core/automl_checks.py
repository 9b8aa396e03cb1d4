"""What is wrong with a dataset for AutoML, found before anything leaves this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from imgclf_gui.core.automl import AutoMLProvider, LabelledImage
from imgclf_gui.core.dataset import natural_key
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.spec import SPLITS, Split

_NAMED = 5
"""Names in one sentence."""


@dataclass(frozen=True)
class Finding:
    """What a person should know of a dataset; a problem keeps it from being used."""

    level: Literal["problem", "advice"]
    message: str
    fix: str


def findings(
    images: Sequence[LabelledImage], provider: type[AutoMLProvider]
) -> tuple[Finding, ...]:
    """What `provider` would refuse (problems), or do badly with (advice); problems first."""
    counts = Counter(label for image in images for label in image.labels)
    splits = split_counts(images)
    found = (
        _too_few_labels(counts),
        _too_few_images(counts, provider.least_images),
        _uneven(counts, provider.most_ratio),
        _large(images, provider.most_image_bytes),
        _twice(images),
        *(_empty(split, splits) for split in SPLITS),
        *(_missing(split, images, counts) for split in SPLITS),
        _below_usual(counts, provider),
    )
    known = [finding for finding in found if finding is not None]
    return tuple(sorted(known, key=lambda finding: finding.level == "advice"))


def split_counts(images: Sequence[LabelledImage]) -> dict[Split, int]:
    """How many images are in each split."""
    counts = Counter(image.split for image in images)
    return {split: counts[split] for split in SPLITS}


def _too_few_labels(counts: Mapping[str, int]) -> Finding | None:
    if len(counts) >= 2:
        return None
    return _problem(
        f"The dataset has {len(counts)} {'class' if len(counts) == 1 else 'classes'}.",
        "Import images of two classes at least.",
    )


def _too_few_images(counts: Mapping[str, int], least: int) -> Finding | None:
    few = [f"{label} ({counts[label]})" for label in _sorted(counts) if counts[label] < least]
    if not few:
        return None
    return _problem(
        f"Fewer than {least} images: {_listed(few)}.",
        f"Each class needs {least}: import more of these, or leave them out.",
    )


def _uneven(counts: Mapping[str, int], most: float) -> Finding | None:
    if not counts:
        return None
    few, many = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[many] <= most * counts[few]:
        return None
    return _problem(
        f"{many} has {counts[many]:,} images, {few} only {counts[few]:,}: "
        f"more than {most:g} times as many.",
        f"Import more images of {few}, or fewer of {many}.",
    )


def _large(images: Sequence[LabelledImage], most: int) -> Finding | None:
    large = [
        f"{image.name} ({bytes_words(image.size_bytes)})"
        for image in images
        if image.size_bytes > most
    ]
    if not large:
        return None
    return _problem(
        f"Larger than {bytes_words(most)}: {_listed(large)}.",
        "Save these smaller, or leave them out.",
    )


def _twice(images: Sequence[LabelledImage]) -> Finding | None:
    by_content: dict[str, LabelledImage] = {}
    twice = [
        f"{image.name} ({', '.join((*first.labels, *image.labels))})"
        for image in images
        if (first := by_content.setdefault(image.content, image)) is not image
    ]
    if not twice:
        return None
    return _problem(
        f"The same image is in more than one class: {_listed(twice)}.",
        "An image has one class here: leave it out of the others.",
    )


def _empty(split: Split, counts: Mapping[Split, int]) -> Finding | None:
    if counts[split]:
        return None
    return _problem(
        f"No image is for {'training' if split == 'train' else split}.",
        "Change the shares of validation and test images on the Dataset page.",
    )


def _missing(
    split: Split, images: Sequence[LabelledImage], counts: Mapping[str, int]
) -> Finding | None:
    """Classes that a split which has images shows nothing of."""
    shown = {label for image in images if image.split == split for label in image.labels}
    names = [label for label in _sorted(counts) if label not in shown]
    if not names or not shown:
        return None
    what, meant = _WITHOUT[split]
    return Finding(
        "problem" if split == "train" else "advice",
        f"No {what} images of: {_listed(names)}.",
        f"{meant} Import more images of each, or change the shares on the Dataset page.",
    )


_WITHOUT: Mapping[Split, tuple[str, str]] = {
    "train": ("training", "Nothing would ever be taken for these."),
    "validation": ("validation", "These do not count when the best model is chosen."),
    "test": ("test", "How well these are recognised will not be measured."),
}


def _below_usual(counts: Mapping[str, int], provider: type[AutoMLProvider]) -> Finding | None:
    few = [label for label in _sorted(counts) if counts[label] < provider.usual_images]
    if not few:
        return None
    return Finding(
        "advice",
        f"Fewer than the recommended {provider.usual_images:,} images: {_listed(few)}.",
        "More images make a better model; it can be trained with these.",
    )


def _problem(message: str, fix: str) -> Finding:
    return Finding("problem", message, fix)


def _sorted(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=natural_key)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
