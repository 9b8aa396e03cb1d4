"""Which image trains, which validates, which tests: a pure function of content, label and seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from imgclf_gui.core.spec import DataSpec, Split


class Candidate(NamedTuple):
    """An image as splitting sees it; `declared` is the split that its source names, if any."""

    key: int
    content: str
    label: str
    declared: Split | None


def assign(candidates: Iterable[Candidate], spec: DataSpec) -> dict[int, Split]:
    """The split of each candidate, by its key.

    Validation and test images that the sources declare stay what they are. What the sources do
    not declare at all is taken from the other images, class by class, in an order that depends
    only on the images' content and `spec.split_seed`: the same images give the same splits in
    whatever order, and on whatever machine, they were imported.
    """
    splits: dict[int, Split] = {}
    pool: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.declared in ("validation", "test"):
            splits[candidate.key] = candidate.declared
        else:
            pool[candidate.label].append(candidate)
    declared = set(splits.values())
    validation = 0.0 if "validation" in declared else spec.validation_percent / 100
    test = 0.0 if "test" in declared else spec.test_percent / 100
    for members in pool.values():
        members.sort(key=lambda member: (_rank(member.content, spec.split_seed), member.content))
        tested, validated = _sizes(len(members), test, validation)
        for place, member in enumerate(members):
            splits[member.key] = _split_at(place, tested, validated)
    return splits


def _rank(content: str, seed: int) -> bytes:
    return blake2b(f"{seed}:{content}".encode(), digest_size=8).digest()


def _sizes(images: int, test: float, validation: float) -> tuple[int, int]:
    """Test and validation images among `images` of a class.

    A share that is asked for is at least one image from three images on, and one image always
    stays for training.
    """
    least = 1 if images >= 3 else 0
    tested = max(least, round(images * test)) if test else 0
    validated = max(least, round(images * validation)) if validation else 0
    validated = min(validated, max(0, images - 1))
    return min(tested, max(0, images - 1 - validated)), validated


def _split_at(place: int, tested: int, validated: int) -> Split:
    if place < tested:
        return "test"
    return "validation" if place < tested + validated else "train"
