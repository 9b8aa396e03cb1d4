"""Thumbnails: small images show themselves, large ones a JPEG that is made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.thumbnails import THUMBNAIL_SIDE, Thumbnails, thumbnail
from tests.helpers.importing import imported_project, rows, write_noise


def opened(data: bytes) -> Image.Image:
    """The picture that the window would show."""
    return Image.open(BytesIO(data))


def shown(project: Project, row: ImageRow) -> bytes:
    """What the window would show, asked anew."""
    with closing(Thumbnails(project)) as thumbnails:
        return thumbnails.data(row)


@pytest.fixture
def large(tmp_path: Path) -> Project:
    """A project with four images of 300 × 300 pixels."""
    return imported_project(tmp_path / "p", write_noise(tmp_path / "s", 4, side=300))


def test_a_small_image_shows_itself(tmp_path: Path, shapes: Path) -> None:
    project = imported_project(tmp_path / "p", shapes)
    row = rows(project)[0]
    assert shown(project, row) == (shapes / row.name).read_bytes()


def test_the_import_makes_the_thumbnails_of_large_images(large: Project) -> None:
    for row in rows(large):
        (large.images_folder / row.path).unlink()
    for row in rows(large):
        picture = opened(shown(large, row))
        assert (picture.format, picture.size) == ("JPEG", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))


def test_a_lost_cache_is_made_again(large: Project) -> None:
    row = rows(large)[0]
    before = shown(large, row)
    for path in large.cache_folder.glob("thumbnails.sqlite*"):
        path.unlink()
    thumbnails = Thumbnails(large)
    assert thumbnails.data(row) == before
    (large.images_folder / row.path).unlink()
    assert thumbnails.data(row) == before
    thumbnails.close()


def test_a_damaged_cache_costs_time_only(large: Project) -> None:
    for path in large.cache_folder.glob("thumbnails.sqlite*"):
        path.write_bytes(b"damaged" * 1000)
    assert opened(shown(large, rows(large)[0])).size[0] == THUMBNAIL_SIDE


def test_small_images_that_a_window_would_show_wrongly_get_a_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "s" / "cat").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 10), "red").save(tmp_path / "s/cat/turned.jpg", exif=exif)
    Image.new("RGB", (20, 10), "red").save(tmp_path / "s/cat/picture.tif")
    project = imported_project(tmp_path / "p", tmp_path / "s")
    pictures = {row.name: opened(shown(project, row)) for row in rows(project)}
    assert {picture.format for picture in pictures.values()} == {"JPEG"}
    assert pictures["cat/turned.jpg"].size == (10, 20)


def test_many_threads_may_ask(large: Project) -> None:
    thumbnails, images = Thumbnails(large), rows(large)
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(thumbnails.data, images * 20))
    assert pictures == pictures[: len(images)] * 20
    thumbnails.close()


def test_an_image_that_vanished_is_named(tmp_path: Path, shapes: Path) -> None:
    project = imported_project(tmp_path / "p", shapes)
    row = rows(project)[0]
    (project.images_folder / row.path).unlink()
    with pytest.raises(UserError, match=row.name):
        shown(project, row)


def test_a_thumbnail_is_never_enlarged_and_never_empty(tmp_path: Path) -> None:
    Image.new("L", (30, 20)).save(tmp_path / "small.png")
    Image.new("L", (3000, 2)).save(tmp_path / "line.png")
    assert opened(thumbnail(tmp_path / "small.png")).size == (30, 20)
    assert opened(thumbnail(tmp_path / "line.png", 96)).size == (96, 1)
