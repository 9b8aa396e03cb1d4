"""Splits: stratified, the same everywhere, and true to what the sources declare."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from imgclf_gui.core.spec import DataSpec, Split
from imgclf_gui.core.splits import Candidate, assign


def candidates(
    images: int, labels: int, declared: dict[int, Split] | None = None
) -> list[Candidate]:
    """Images with the labels in turn; `declared` gives some of them a split."""
    return [
        Candidate(n, f"{n:08x}", f"class {n % labels}", (declared or {}).get(n))
        for n in range(images)
    ]


def counts(images: list[Candidate], splits: dict[int, Split]) -> Counter[tuple[str, Split]]:
    """Images of each label in each split."""
    return Counter((image.label, splits[image.key]) for image in images)


def test_each_class_gives_its_share() -> None:
    images = candidates(1000, 10)
    found = counts(images, assign(images, DataSpec(validation_percent=10, test_percent=20)))
    for label in {image.label for image in images}:
        assert found[label, "train"] == 70
        assert found[label, "validation"] == 10
        assert found[label, "test"] == 20


def test_what_the_source_declares_stays() -> None:
    images = candidates(300, 3, {0: "test", 1: "train", 2: "validation"})
    splits = assign(images, DataSpec())
    assert (splits[0], splits[1], splits[2]) == ("test", "train", "validation")
    assert Counter(splits.values()) == {"train": 298, "validation": 1, "test": 1}


def test_validation_is_taken_from_training_where_the_source_has_none() -> None:
    declared: dict[int, Split] = {n: "test" if n >= 200 else "train" for n in range(300)}
    splits = assign(candidates(300, 2, declared), DataSpec(validation_percent=10))
    assert Counter(splits.values()) == {"train": 180, "validation": 20, "test": 100}
    assert all(splits[n] == "test" for n in range(200, 300))


def test_a_small_class_is_in_every_split_and_a_tiny_one_trains() -> None:
    three, one = candidates(3, 1), candidates(1, 1)
    assert set(assign(three, DataSpec()).values()) == {"train", "validation", "test"}
    assert assign(one, DataSpec()) == {0: "train"}


def test_no_test_share_means_no_test_images() -> None:
    assert "test" not in assign(candidates(50, 2), DataSpec(test_percent=0)).values()


def test_another_seed_gives_other_splits_of_the_same_size() -> None:
    images = candidates(200, 2)
    first, second = (assign(images, DataSpec(split_seed=seed)) for seed in (0, 1))
    assert first != second
    assert counts(images, first) == counts(images, second)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, "train", "test"]))),
    st.floats(1, 50), st.floats(0, 50), st.integers(0, 3), st.randoms(),
)  # fmt: skip
def test_splits_depend_on_content_only(
    rows: list[tuple[str, Split | None]],
    validation: float,
    test: float,
    seed: int,
    random: Random,
) -> None:
    spec = DataSpec(validation_percent=validation, test_percent=test, split_seed=seed)
    images = [Candidate(n, f"{n:08x}", label, split) for n, (label, split) in enumerate(rows)]
    shuffled = list(images)
    random.shuffle(shuffled)
    splits = assign(images, spec)
    assert assign(shuffled, spec) == splits
    assert set(splits) == {image.key for image in images}
    for label in {image.label for image in images if image.declared != "test"}:
        assert counts(images, splits)[label, "train"] >= 1
