"""Archives: what is inside is imported like a folder, and nothing hostile gets anywhere."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imgclf_gui import catalog
from imgclf_gui.catalog.sources import archive
from imgclf_gui.core.entry import SourceImage, SourceProblem
from imgclf_gui.core.errors import UserError

CLASSES = {"cat/1.png": b"one", "dog/2.png": b"two"}


def write_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip of `members`, with their names as they are."""
    with zipfile.ZipFile(path, "w", method) as zipped:
        for name, content in members.items():
            zipped.writestr(zipfile.ZipInfo(name), content, method)
    return path


def write_tar(path: Path, members: dict[str, bytes | tarfile.TarInfo]) -> Path:
    """A tar of `members`, packed as its name says; a TarInfo goes in without content."""
    packing = {".gz": "gz", ".tgz": "gz", ".bz2": "bz2", ".xz": "xz"}.get(path.suffix, "")
    with tarfile.open(str(path), f"w:{packing}") as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            body = b"" if isinstance(content, tarfile.TarInfo) else content
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return path


@contextmanager
def listing(
    path: Path, stopped: Callable[[], bool] = lambda: False
) -> Iterator[tuple[dict[str, SourceImage], dict[str, str]]]:
    """Images by name, and the reasons of problems by name, while the files are there."""
    with catalog.source_for(path).open(path, stopped) as found:
        items = list(found.items)
        assert found.total == len(items)
        yield (
            {item.name: item for item in items if isinstance(item, SourceImage)},
            {item.name: item.reason for item in items if isinstance(item, SourceProblem)},
        )


@pytest.mark.parametrize(
    "name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz", "A.ZIP"]
)
def test_every_packing_is_opened_and_cleaned_up(tmp_path: Path, name: str) -> None:
    write = write_zip if name.lower().endswith(".zip") else write_tar
    with listing(write(tmp_path / name, {f"top/{n}": c for n, c in CLASSES.items()})) as (
        images,
        problems,
    ):
        assert problems == {}
        files = {image.label: image.file for image in images.values()}
        assert {label: file.read_bytes() for label, file in files.items() if file} == {
            "cat": b"one", "dog": b"two",
        }  # fmt: skip
    assert not any(file.exists() for file in files.values() if file)


def test_a_csv_inside_is_read_and_may_not_name_files_of_this_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    rows = f"pictures/cat.png,cat\n{secret},dog\n../../{secret.name},dog\n"
    path = write_zip(tmp_path / "a.zip", {"images.csv": rows.encode(), "pictures/cat.png": b"cat"})
    with listing(path) as (images, problems):
        assert list(images) == ["pictures/cat.png"]
        assert set(problems.values()) == {"its path leads out of the archive"}


OUTSIDE = ["../escaped.png", "cat/../../escaped.png", "/tmp/escaped.png", "..\\escaped.png"]  # noqa: S108


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_nothing_is_written_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    inside = tmp_path / "temporary"
    inside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(inside))
    members = CLASSES | {name: b"escaped"}
    path = (
        write_zip(tmp_path / "a.zip", members)
        if kind == "zip"
        else write_tar(tmp_path / "a.tar", {**members})
    )
    with listing(path) as (images, problems):
        assert set(images) == set(CLASSES)
        assert list(problems.values()) == ["its path leads out of the archive"]
        assert not list(tmp_path.rglob("escaped.png"))
    assert not Path("/tmp/escaped.png").exists()  # noqa: S108


def test_a_name_with_a_zero_byte_is_left_out(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.pax_headers = {"path": "cat/a\0b.png"}
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info)
        for name in CLASSES:
            tar.addfile(tarfile.TarInfo(name))
    with listing(tmp_path / "a.tar") as (images, problems):
        assert images.keys() == CLASSES.keys()
    assert list(problems.values()) == ["its name is not valid"]


def test_a_zip_whose_names_are_no_text_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"cat/é.png": b"x"})
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xff"))
    with pytest.raises(UserError, match=r"a\.zip cannot be imported: it is damaged"), listing(path):
        pass


def test_links_and_devices_in_a_tar_are_left_out(tmp_path: Path) -> None:
    members: dict[str, bytes | tarfile.TarInfo] = dict(CLASSES)
    for name, kind in (
        ("cat/link.png", tarfile.SYMTYPE),
        ("cat/hard.png", tarfile.LNKTYPE),
        ("cat/pipe.png", tarfile.FIFOTYPE),
        ("cat/device.png", tarfile.CHRTYPE),
    ):
        members[name] = tarfile.TarInfo()
        members[name].type = kind  # type: ignore[union-attr]
        members[name].linkname = "/etc/passwd"  # type: ignore[union-attr]
    with listing(write_tar(tmp_path / "a.tar", members)) as (images, problems):
        assert set(images) == set(CLASSES)
        assert problems == {
            "cat/link.png": "links are not unpacked",
            "cat/hard.png": "links are not unpacked",
            "cat/pipe.png": "it is not a regular file",
            "cat/device.png": "it is not a regular file",
        }


def test_a_link_that_others_would_be_written_through_is_not_made(tmp_path: Path) -> None:
    link = tarfile.TarInfo()
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
    members: dict[str, bytes | tarfile.TarInfo] = {**CLASSES, "cat/out": link}
    members["cat/out/escaped.png"] = b"escaped"
    with listing(write_tar(tmp_path / "a.tar", members)):
        assert not (tmp_path / "escaped.png").exists()


def test_links_in_a_zip_are_left_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", CLASSES)
    with zipfile.ZipFile(path, "a") as zipped:
        info = zipfile.ZipInfo("cat/link.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        zipped.writestr(info, "/etc/passwd")
    with listing(path) as (images, problems):
        assert set(images) == set(CLASSES)
        assert problems == {"cat/link.png": "links are not unpacked"}


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar.bz2"])
def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(archive, "_ALWAYS_BYTES", 1 << 20)
    members = CLASSES | {"cat/bomb.png": bytes(30 << 20)}
    write = write_zip if name.endswith(".zip") else write_tar
    path = write(tmp_path / name, {**members})
    with pytest.raises(UserError, match="more than 100 times its size"), listing(path):
        pass


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_bottomless_folders_are_not_made(tmp_path: Path, name: str) -> None:
    members = CLASSES | {"a/" * 5000 + "1.png": b"deep", f"cat/{'long' * 100}.png": b"long"}
    write = write_zip if name.endswith(".zip") else write_tar
    with listing(write(tmp_path / name, {**members})) as (images, problems):
        assert set(images) == set(CLASSES)
        assert len(problems) == 2


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 10)
    members = {f"cat/{n}.png": b"" for n in range(11)}
    path = write_zip(tmp_path / "a.zip", members)
    with pytest.raises(UserError, match="more than 10 files"), listing(path):
        pass


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
@pytest.mark.parametrize("content", [b"", b"no archive at all" * 100])
def test_what_is_no_archive_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught, listing(tmp_path / name):
        pass
    assert caught.value.code == "import.archive"


def test_a_locked_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", CLASSES)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # the mark of a password
    path.write_bytes(raw)
    with pytest.raises(UserError, match="password"), listing(path):
        pass


def test_a_damaged_member_is_named_and_the_others_stay(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", CLASSES, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"one", b"0ne", 1))
    with listing(path) as (images, problems):
        assert list(images) == ["dog/2.png"]
        assert problems == {"cat/1.png": "it is damaged inside the archive"}


def test_of_a_tar_that_ends_early_the_beginning_is_kept(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", {f"cat/{n}.png": bytes(3000) for n in range(9)})
    path.write_bytes(path.read_bytes()[:20_000])
    with listing(path) as (images, problems):
        assert "cat/0.png" in images
        assert problems == {"a.tar": "it is damaged, and the rest of it is missing"}


def test_stopping_ends_the_unpacking(tmp_path: Path) -> None:
    with listing(write_zip(tmp_path / "a.zip", CLASSES), lambda: True) as (images, problems):
        assert (images, problems) == ({}, {})


def test_an_archive_without_images_names_the_archive(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "holiday.zip", {"readme.txt": b"hello"})
    with pytest.raises(UserError, match=r"^holiday\.zip has no images"), listing(path):
        pass
