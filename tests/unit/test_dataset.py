"""The manifest: what is added is there, summarised, split, and survives failures."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgclf_gui.core.dataset import DATASET_VERSION, Dataset, NewImage, natural_key
from imgclf_gui.core.entry import SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import DataSpec, Split
from tests.helpers.timing import within


def new_image(
    number: int,
    label: str = "cat",
    declared: Split | None = None,
    *,
    size: tuple[int, int] = (28, 28),
    grayscale: bool = True,
) -> NewImage:
    """An image whose content is `number`."""
    path = f"{number % 256:02x}/{number:032x}.png"
    return NewImage(path, f"{label}/{number}.png", label, declared, *size, grayscale, 100)


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[Dataset]:
    """An empty dataset."""
    with Dataset.open(tmp_path / "dataset.sqlite") as opened:
        yield opened


def test_an_empty_dataset_is_summarised(dataset: Dataset) -> None:
    summary = dataset.summary()
    assert (summary.labels, summary.count(), summary.common_width) == ((), 0, 0)
    assert not summary.grayscale


def test_what_is_added_is_there_when_it_is_opened_again(dataset: Dataset) -> None:
    assert dataset.add([new_image(1), new_image(2, "dog", "test")]) == 2
    with Dataset.open(dataset.path) as again:
        first, second = again.images()
        assert (first.name, first.label, first.split) == ("cat/1.png", "cat", "train")
        assert second.split == "test"
        assert again.image(second.id) == second
        assert again.images(label="dog") == again.images(split="test") == [second]
        with pytest.raises(KeyError):
            again.image(99)


def test_a_summary_is_of_one_moment_while_classes_are_added(dataset: Dataset) -> None:
    def add() -> None:
        with Dataset.open(dataset.path) as other:
            for number in range(500):
                other.add([new_image(number, label=f"class {number}")])

    adding = threading.Thread(target=add)
    adding.start()
    while adding.is_alive():
        summary = dataset.summary()
        assert summary.count() == len(summary.labels)
    adding.join()


def test_the_same_content_with_the_same_label_is_there_once(dataset: Dataset) -> None:
    assert dataset.add([new_image(1, declared="train"), new_image(1, declared="test")]) == 1
    assert dataset.add([new_image(1)]) == 0
    assert dataset.add([new_image(1, "dog")]) == 1, "another label is another statement"
    assert [image.split for image in dataset.images(label="cat")] == ["train"]


def test_the_summary_counts_sizes_and_colours(dataset: Dataset) -> None:
    dataset.add([new_image(n, "2", "train") for n in range(3)])
    dataset.add([new_image(n, "10", "test", size=(32, 24), grayscale=False) for n in (7, 8)])
    dataset.add_skipped("source", [SourceProblem("broken.png", "it is damaged")])
    summary = dataset.summary()
    assert summary.labels == ("2", "10"), "natural order"
    assert summary.counts == {"train": (3, 0), "validation": (0, 0), "test": (0, 2)}
    assert (summary.common_width, summary.common_height) == (28, 28)
    assert (summary.same_size, summary.grayscale, summary.skipped) == (False, False, 1)


def test_what_was_skipped_is_noted_source_by_source(dataset: Dataset) -> None:
    first, second = SourceProblem("a.png", "it is damaged"), SourceProblem("b.png", "it is empty")
    dataset.add_skipped("one", [second, first])
    dataset.add_skipped("two", [first])
    assert dataset.skipped() == [first, first, second]
    dataset.forget_skipped("one")
    assert dataset.skipped() == [first]


def test_splits_are_assigned_once_and_again_when_something_changes(dataset: Dataset) -> None:
    dataset.add([new_image(n) for n in range(100)])
    dataset.assign_splits(DataSpec())
    assert dataset.summary().counts == {"train": (80,), "validation": (10,), "test": (10,)}
    fingerprint = dataset.fingerprint()
    dataset.assign_splits(DataSpec())
    assert dataset.fingerprint() == fingerprint
    dataset.assign_splits(DataSpec(test_percent=20))
    assert dataset.summary().counts == {"train": (70,), "validation": (10,), "test": (20,)}
    dataset.add([new_image(n) for n in range(100, 200)])
    dataset.assign_splits(DataSpec(test_percent=20))
    assert dataset.summary().counts == {"train": (140,), "validation": (20,), "test": (40,)}


def test_the_fingerprint_changes_with_images_labels_and_splits_only(tmp_path: Path) -> None:
    seen = set()
    for number, images in enumerate(
        [
            [new_image(1), new_image(2)],
            [new_image(1)],
            [new_image(1), new_image(3)],
            [new_image(1), new_image(2, "dog")],
            [new_image(1), new_image(2, declared="test")],
        ]
    ):
        with Dataset.open(tmp_path / f"{number}.sqlite") as dataset:
            dataset.add(images)
            seen.add(dataset.fingerprint())
        with Dataset.open(tmp_path / f"{number}-reversed.sqlite") as dataset:
            dataset.add(images[::-1])
            assert dataset.fingerprint() in seen, "the order of import does not matter"
    assert len(seen) == 5


def test_a_hundred_thousand_images_are_summarised_quickly(dataset: Dataset) -> None:
    dataset.add([new_image(n, f"class {n % 10}") for n in range(100_000)])
    dataset.assign_splits(DataSpec())
    summary = within(1, dataset.summary)
    assert summary.count() == 100_000
    assert summary.count("test") == 10_000


def test_one_may_read_while_another_writes(dataset: Dataset) -> None:
    dataset.add([new_image(1)])
    with Dataset.open(dataset.path) as reader, sqlite3.connect(dataset.path) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE images SET label = 'dog'")
        assert reader.labels() == ("cat",)
        writer.rollback()
    writer.close()


def test_a_newer_dataset_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dataset.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {DATASET_VERSION + 1}")
    connection.close()
    with pytest.raises(UserError, match="newer ImgClf Studio") as caught:
        Dataset.open(path)
    assert caught.value.code == "dataset.newer"


@pytest.mark.parametrize("content", [b"this is no database at all" * 50, b"SQLite format 3\0" * 80])
def test_a_damaged_dataset_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "dataset.sqlite"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        Dataset.open(path)
    assert caught.value.code == "dataset.damaged"
    assert path.read_bytes() == content


def test_a_full_disk_is_said_and_loses_nothing(dataset: Dataset) -> None:
    dataset.add([new_image(n) for n in range(10)])
    pages = dataset._connection.execute("PRAGMA page_count").fetchone()[0]
    dataset._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(UserError) as caught:
        dataset.add([new_image(n) for n in range(10, 10_000)])
    assert caught.value.code == "file.full"
    assert len(dataset.images()) == 10


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="could not be read or written"):
        Dataset.open(tmp_path / "missing" / "dataset.sqlite")


def test_names_sort_as_people_sort_them() -> None:
    names = ["b", "class 10", "A", "class 9", "007", "7", "a"]
    assert sorted(names, key=natural_key) == ["007", "7", "A", "a", "b", "class 9", "class 10"]


@given(st.text("0123456789aAb "), st.text("0123456789aAb "))
def test_any_two_names_have_an_order(one: str, other: str) -> None:
    keys = natural_key(one), natural_key(other)
    assert (keys[0] == keys[1]) == (one == other)
    assert (keys[0] < keys[1]) != (keys[0] >= keys[1])
