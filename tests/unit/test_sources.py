"""Sources: what people have on their disks is found, labelled and split as they mean it."""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from imgclf_gui import catalog
from imgclf_gui.core.entry import SourceImage, SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.images import decode
from imgclf_gui.core.spec import Split


def touch(root: Path, *names: str) -> Path:
    """Make files below `root`; a source does not look into them."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def listed(path: Path) -> tuple[list[SourceImage], list[SourceProblem]]:
    """All that the source of `path` holds; the announced total is checked."""
    with catalog.source_for(path).open(path, lambda: False) as listing:
        items = list(listing.items)
        assert listing.total == len(items)
    images = [item for item in items if isinstance(item, SourceImage)]
    return images, [item for item in items if isinstance(item, SourceProblem)]


def brief(images: Iterable[SourceImage]) -> set[tuple[str, str, Split | None]]:
    """Name, label and split."""
    return {(image.name, image.label, image.split) for image in images}


def test_one_folder_a_class(tmp_path: Path) -> None:
    images, problems = listed(touch(tmp_path, "cat/1.png", "cat/2.JPG", "dog/a/b/3.webp"))
    assert problems == []
    assert brief(images) == {
        ("cat/1.png", "cat", None), ("cat/2.JPG", "cat", None), ("dog/a/b/3.webp", "dog", None),
    }  # fmt: skip


def test_splits_above_the_classes_by_any_usual_name(tmp_path: Path) -> None:
    touch(tmp_path, "Training/cat/1.png", "val/cat/2.png", "testing/dog/3.png", "docs/read.me")
    images, problems = listed(tmp_path)
    assert problems == []
    assert brief(images) == {
        ("Training/cat/1.png", "cat", "train"), ("val/cat/2.png", "cat", "validation"),
        ("testing/dog/3.png", "dog", "test"),
    }  # fmt: skip


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    images, _ = listed(touch(tmp_path, "train/1.png", "bus/2.png", "car/3.png"))
    assert {(image.label, image.split) for image in images} == {
        ("train", None), ("bus", None), ("car", None),
    }  # fmt: skip


def test_a_folder_around_everything_is_looked_through(tmp_path: Path) -> None:
    images, _ = listed(touch(tmp_path, "flowers/photos/rose/1.png", "flowers/photos/tulip/2.png"))
    assert {image.label for image in images} == {"rose", "tulip"}


def test_what_is_no_image_is_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "LICENSE.txt", "sample.json", "cat/Thumbs.db", "cat/.hidden.png", "cat/1.png",
          "__MACOSX/cat/._1.png", ".git/x.png", "dog/notes", "dog/2.png")  # fmt: skip
    images, problems = listed(tmp_path)
    assert problems == []
    assert {image.name for image in images} == {"cat/1.png", "dog/2.png"}


def test_images_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.png", "dog/2.heic", "loose.png", "dog/3.png")
    images, problems = listed(tmp_path)
    assert {image.name for image in images} == {"cat/1.png", "dog/3.png"}
    assert {problem.name: problem.reason for problem in problems} == {
        "loose.png": "it is not in the folder of a class",
        "dog/2.heic": ".heic is not supported; save it as JPEG or PNG",
    }


@pytest.mark.parametrize("names", [("1.png", "2.jpg"), ("train/1.png", "test/2.png")])
def test_images_without_classes_are_refused_with_the_layout(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    with pytest.raises(UserError, match="no folders that say which class") as caught:
        listed(touch(tmp_path, *names))
    assert caught.value.code == "import.no_classes"
    assert "into a folder with the name of the class" in caught.value.report.hint


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        listed(touch(tmp_path, "cat/notes.txt"))
    assert caught.value.code == "import.empty"


def test_links_that_lead_back_are_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.png", "dog/2.png")
    (tmp_path / "cat" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dog" / "3.png").symlink_to(tmp_path / "cat" / "1.png")
    images, problems = listed(tmp_path)
    assert {image.name for image in images} == {"cat/1.png", "dog/2.png", "dog/3.png"}
    assert [problem.name for problem in problems] == ["cat/loop"]


def test_bottomless_folders_are_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.png", "/".join(["cat", *"a" * 70, "2.png"]))
    images, problems = listed(tmp_path)
    assert [image.name for image in images] == ["cat/1.png"]
    assert [problem.reason for problem in problems] == ["its folders are nested too deep"]


@pytest.mark.skipif(os.name == "nt", reason="names are not bytes there")
def test_names_that_are_not_utf8_survive(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)  # noqa: PTH102
    try:
        with open(folder + b"/\xff.png", "wb") as file:  # noqa: PTH123
            file.write(b"x")
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    ((image,), _) = listed(tmp_path)
    assert (image.name, image.label) == (r"caf\xe9/\xff.png", r"caf\xe9")
    assert image.file is not None
    assert image.file.read_bytes() == b"x"


def test_one_class_has_one_spelling(tmp_path: Path) -> None:
    images, _ = listed(touch(tmp_path, "train/caf\u00e9/1.png", "test/cafe\u0301/2.png"))
    assert {image.label for image in images} == {"caf\u00e9"}


def test_what_cannot_be_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as missing:
        catalog.source_for(tmp_path / "missing")
    with pytest.raises(UserError) as form:
        catalog.source_for(touch(tmp_path, "cat.png") / "cat.png")
    assert (missing.value.code, form.value.code) == ("import.missing", "import.form")


def table(root: Path, text: str | bytes, name: str = "images.csv") -> Path:
    """A CSV file beside cat.png and dog.png."""
    touch(root, "pictures/cat.png", "pictures/dog.png")
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return root / name


@pytest.mark.parametrize(
    "text",
    [
        "pictures/cat.png,cat\npictures/dog.png,dog\n",
        "path,label\npictures/cat.png,cat\npictures/dog.png,dog\n",
        "\ufefffilename;class\r\npictures/cat.png;cat\r\n\r\npictures/dog.png;dog\r\n",
        "label\timage\ncat\tpictures/cat.png\ndog\tpictures\\dog.png\n",
        'path,label\n"pictures/cat.png", cat\npictures/dog.png,"dog"',
    ],
)
def test_a_csv_names_paths_and_labels(tmp_path: Path, text: str) -> None:
    images, problems = listed(table(tmp_path, text))
    assert problems == []
    assert {(image.label, image.split) for image in images} == {("cat", None), ("dog", None)}
    assert all(image.file and image.file.is_file() for image in images)


@pytest.mark.parametrize(
    "text",
    [
        "pictures/cat.png,cat,train\npictures/dog.png,dog,val\npictures/cat.png,cat,\n",
        "split,label,path\nTraining,cat,pictures/cat.png\nvalid,dog,pictures/dog.png\n"
        "unassigned,cat,pictures/cat.png\n",
        "TRAIN,pictures/cat.png,cat\nVALIDATION,pictures/dog.png,dog\n"
        "UNASSIGNED,pictures/cat.png,cat\n",
    ],
)
def test_a_csv_may_name_splits_as_automl_vision_does(tmp_path: Path, text: str) -> None:
    images, problems = listed(table(tmp_path, text))
    assert problems == []
    assert [(image.label, image.split) for image in images] == [
        ("cat", "train"), ("dog", "validation"), ("cat", None),
    ]  # fmt: skip


def test_lines_of_a_csv_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    text = "TRAIN,gs://bucket/cat.png,cat\npictures/cat.png\n,cat\npictures/cat.png,cat,blue\n"
    images, problems = listed(table(tmp_path, text))
    assert images == []
    assert [problem.reason for problem in problems] == [
        "it is not on this computer; download it and write the path of its file",
        "line 2 has no label",
        "line 3 has no path",
        "'blue' is no split; write train, validation, test or nothing",
    ]


def test_a_folder_with_a_csv_of_its_images_is_read_by_the_csv(tmp_path: Path) -> None:
    table(tmp_path, "path,label\npictures/cat.png,cat\npictures/dog.png,dog\n", "labels.csv")
    images, _ = listed(tmp_path)
    assert {image.label for image in images} == {"cat", "dog"}


def test_a_csv_that_is_not_about_the_images_is_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.png", "dog/2.png")
    (tmp_path / "results.csv").write_text("model,accuracy\ncnn,0.9\n")
    assert {image.label for image in listed(tmp_path)[0]} == {"cat", "dog"}


def test_a_csv_whose_text_is_damaged_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_bytes("1.png,cat\n".encode("utf-16")[:-1])
    with pytest.raises(UserError, match=r"a\.csv cannot be read as a table: its text is damaged"):
        listed(table)


@pytest.mark.parametrize("content", [b"", b"path,label\n", b"path,label\n" + b'"' + b"x" * 200_000])
def test_a_csv_without_a_row_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UserError) as caught:
        listed(table(tmp_path, content))
    assert caught.value.code == "import.csv"


PIXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def write_idx(folder: Path, part: str, *, packed: bool = False, dot: bool = False) -> None:
    """Three images of 5 × 4 pixels with the labels 2, 0, 2."""
    files = {
        f"{part}-images-idx3-ubyte": struct.pack(">IIII", 0x803, *PIXELS.shape) + PIXELS.tobytes(),
        f"{part}-labels-idx1-ubyte": struct.pack(">II", 0x801, 3) + bytes([2, 0, 2]),
    }
    for name, content in files.items():
        path = folder / (name.replace("-idx", ".idx") if dot else name)
        if packed:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content))
        else:
            path.write_bytes(content)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dot", [False, True])
def test_idx_files_become_images_with_splits(tmp_path: Path, packed: bool, dot: bool) -> None:
    write_idx(tmp_path, "train", packed=packed, dot=dot)
    write_idx(tmp_path, "t10k", packed=packed, dot=dot)
    images, problems = listed(tmp_path)
    assert problems == []
    assert [(image.label, image.split) for image in images] == [
        *[("2", "test"), ("0", "test"), ("2", "test")],
        *[("2", "train"), ("0", "train"), ("2", "train")],
    ]
    decoded = [np.asarray(decode(image.content or b"")) for image in images[3:]]
    assert np.array_equal(np.stack(decoded), PIXELS)


def test_idx_classes_may_have_names(tmp_path: Path) -> None:
    write_idx(tmp_path, "train")
    (tmp_path / "labels.txt").write_text("shirt\nshoe\nbag\n")
    assert [image.label for image in listed(tmp_path)[0]] == ["bag", "shirt", "bag"]


def test_plain_and_packed_idx_side_by_side_count_once(tmp_path: Path) -> None:
    write_idx(tmp_path, "train")
    write_idx(tmp_path, "train", packed=True)
    assert len(listed(tmp_path)[0]) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train-images-idx3-ubyte", b"short"),
        ("train-images-idx3-ubyte", struct.pack(">IIII", 0x801, 3, 4, 5)),
        ("train-images-idx3-ubyte", struct.pack(">IIII", 0x803, 3, 0xFFFFFFFF, 0xFFFFFFFF)),
        ("train-labels-idx1-ubyte", struct.pack(">II", 0x801, 2) + b"\0\1"),
        ("train-labels-idx1-ubyte", struct.pack(">II", 0x801, 0xFFFFFFFF) + b"\0\1"),
    ],
)
def test_wrong_idx_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    write_idx(tmp_path, "train")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        listed(tmp_path)
    assert caught.value.code == "import.idx"


def test_missing_idx_labels_are_named(tmp_path: Path) -> None:
    write_idx(tmp_path, "train")
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(UserError, match="train-labels-idx1-ubyte, are missing"):
        listed(tmp_path)


def test_idx_images_that_end_early_are_kept_so_far(tmp_path: Path) -> None:
    write_idx(tmp_path, "train")
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-25])
    with catalog.source_for(tmp_path).open(tmp_path, lambda: False) as listing:
        image, problem = listing.items
    assert isinstance(image, SourceImage)
    assert isinstance(problem, SourceProblem)
    assert problem.reason == "it is cut short: 2 images are missing"
