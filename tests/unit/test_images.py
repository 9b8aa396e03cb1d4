"""The decoder: each odd kind of image gives the pixels that a person sees, or a plain reason."""

from __future__ import annotations

import os
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, features

from imgclf_gui.core import images
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.spec import Fit

RED, BLUE = (255, 0, 0), (0, 0, 255)
RAMP = np.linspace(0, 255, 64).astype(np.uint8).reshape(8, 8)


def encoded(image: Image.Image, form: str = "PNG", **settings: object) -> bytes:
    """The bytes of `image` in a format."""
    stream = BytesIO()
    image.save(stream, form, **settings)
    return stream.getvalue()


def values(image: Image.Image) -> NDArray[np.int64]:
    """The pixels as numbers that may be subtracted."""
    return np.asarray(image).astype(np.int64)


@pytest.mark.parametrize(
    ("form", "tolerance"),
    [("PNG", 0), ("BMP", 0), ("GIF", 0), ("TIFF", 0), ("PPM", 0), ("JPEG", 6), ("WEBP", 12),
     ("AVIF", 12)],
)  # fmt: skip
def test_every_format_is_decoded(form: str, tolerance: int) -> None:
    if form == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    image = decode(encoded(Image.fromarray(RAMP), form))
    assert image.size == (8, 8)
    assert np.abs(values(image.convert("L")) - RAMP).max() <= tolerance


def test_gray_stays_gray_and_colour_colour() -> None:
    assert decode(encoded(Image.fromarray(RAMP))).mode == "L"
    assert decode(encoded(Image.new("RGB", (3, 2), RED))).mode == "RGB"
    assert decode(encoded(Image.new("1", (3, 2), 1))).mode == "L"


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    deep = Image.fromarray(RAMP.astype(np.uint16) * 257)
    for form in ("PNG", "TIFF", "PPM"):
        assert np.array_equal(values(decode(encoded(deep, form))), RAMP), form


@pytest.mark.parametrize("scale", [1 / 255, 1.0])
def test_floats_from_0_to_1_or_255_are_scaled(scale: float) -> None:
    image = Image.fromarray(RAMP.astype(np.float32) * np.float32(scale))
    assert np.abs(values(decode(encoded(image, "TIFF"))) - RAMP).max() <= 1


def test_other_floats_use_their_own_range() -> None:
    numbers = RAMP.astype(np.float32) * 1000 - 5000
    assert np.abs(values(decode(encoded(Image.fromarray(numbers), "TIFF"))) - RAMP).max() <= 1


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_black(odd: float) -> None:
    numbers = RAMP.astype(np.float32)
    numbers[0, 5] = odd
    image = decode(encoded(Image.fromarray(numbers), "TIFF"))
    assert image.getpixel((5, 0)) == 0
    assert image.getpixel((7, 7)) == 255


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    half = Image.new("LA", (4, 4), (0, 128))
    assert decode(encoded(clear)).getpixel((0, 0)) == (255, 255, 255)
    assert decode(encoded(half)).mode == "L"
    assert decode(encoded(half)).getpixel((0, 0)) == 127


def test_a_palette_gives_its_colours_and_its_transparent_one_white() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, *RED, *BLUE])
    assert decode(encoded(image)).getpixel((0, 0)) == RED
    assert decode(encoded(image, "BMP")).getpixel((0, 0)) == RED
    assert decode(encoded(image, transparency=1)).getpixel((0, 0)) == (255, 255, 255)


def test_a_transparent_colour_without_palette_is_white_too() -> None:
    gray, colour = Image.new("L", (4, 4), 7), Image.new("RGB", (4, 4), RED)
    assert decode(encoded(gray, transparency=7)).getpixel((0, 0)) == 255
    assert decode(encoded(colour, transparency=RED)).getpixel((0, 0)) == (255, 255, 255)


def test_cmyk_becomes_rgb() -> None:
    image = decode(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = np.asarray(image).reshape(-1, 3).mean(axis=0)
    assert image.mode == "RGB"
    assert red > 200
    assert max(green, blue) < 60


def test_of_an_animation_the_first_image_is_taken() -> None:
    first, second = Image.new("RGB", (4, 4), RED), Image.new("RGB", (4, 4), BLUE)
    for form, settings in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})):
        content = encoded(first, form, save_all=True, append_images=[second], **settings)
        assert decode(content).convert("RGB").getpixel((1, 1)) == RED, form


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_as_the_camera_noted(orientation: int, form: str) -> None:
    stored = Image.new("RGB", (16, 8), "white")
    stored.paste(RED, (0, 0, 8, 4))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode(encoded(stored, form, exif=exif))
    assert image.size == ((8, 16) if orientation > 4 else (16, 8))
    right, bottom = image.width - 2, image.height - 2
    corner = {
        1: (1, 1), 2: (right, 1), 3: (right, bottom), 4: (1, bottom),
        5: (1, 1), 6: (right, 1), 7: (right, bottom), 8: (1, bottom),
    }[orientation]  # fmt: skip
    red, green, _ = np.asarray(image.getpixel(corner))
    assert red > 200
    assert green < 100


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"x"])
def test_a_damaged_note_does_not_cost_the_image(exif: bytes) -> None:
    assert decode(encoded(Image.fromarray(RAMP), "JPEG", exif=exif)).size == (8, 8)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    header = b"IHDR" + (20_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    size_and_crc = (13).to_bytes(4, "big"), zlib.crc32(header).to_bytes(4, "big")
    rest = encoded(Image.new("L", (1, 1)))[33:]
    content = b"\x89PNG\r\n\x1a\n" + size_and_crc[0] + header + size_and_crc[1] + rest
    with pytest.raises(UserError, match="20000 × 20000 pixels") as caught:
        decode(content, name="bomb.png")
    assert caught.value.code == "image.unreadable"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"hello, world", "not an image"),
        (encoded(Image.new("RGB", (64, 64), RED), "JPEG")[:-200], "cut short"),
        (encoded(Image.fromarray(RAMP))[:70], "cut short|damaged"),
        (b"GIF89a", "not an image|damaged|cut short"),
    ],
)
def test_a_broken_file_is_named_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UserError, match=rf"^cat\.png cannot be read: .*({reason})"):
        decode(content, name="cat.png")


def test_formats_that_can_name_other_files_are_not_tried() -> None:
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    with pytest.raises(UserError, match="not an image"):
        decode(script)


@given(st.data())
def test_no_damage_leads_to_anything_but_an_image_or_a_reason(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "PPM", "WEBP"]))
    content = bytearray(encoded(Image.fromarray(RAMP), form))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert decode(bytes(content)).mode in ("L", "RGB")
    except UserError as error:
        assert error.code == "image.unreadable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_named_like_an_image_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UserError, match="not a regular file"):
        decode(tmp_path / "pipe.jpg")


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not there"):
        decode(tmp_path / "missing.png")
    with pytest.raises(UserError, match="is not there"):
        decode(Path("zero\0byte.png"))
    with pytest.raises(UserError, match=r"is a directory|permission denied|not a regular file"):
        decode(tmp_path)


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_FILE_BYTES", 1 << 20)
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate((1 << 20) + 1)
    with pytest.raises(UserError, match="at most 1 MiB"):
        decode(tmp_path / "huge.png")


def test_fit_keeps_an_image_of_the_right_shape_untouched() -> None:
    pixels = fit(Image.fromarray(RAMP), 8, 8, 1, "pad")
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels[:, :, 0], RAMP)
    assert np.array_equal(fit(Image.fromarray(RAMP), 8, 8, 3, "pad")[:, :, 2], RAMP)


def test_fit_pads_crops_or_stretches() -> None:
    wide = Image.new("RGB", (40, 20), "white")
    wide.paste(RED, (0, 0, 10, 20))
    wide.paste(RED, (30, 0, 40, 20))
    padded, cropped, stretched = (fit(wide, 20, 20, 3, mode) for mode in ("pad", "crop", "stretch"))
    assert not padded[:4].any(), "black above"
    assert not padded[-4:].any(), "black below"
    assert padded[10, 10].tolist() == [255, 255, 255]
    assert (cropped == 255).all(), "only the middle is left"
    assert stretched[0, 0].tolist() == list(RED)
    assert stretched[0, 10].tolist() == [255, 255, 255]


SIDES = st.tuples(st.integers(1, 40), st.integers(1, 40))


@given(SIDES, SIDES, st.sampled_from(["pad", "crop", "stretch"]), st.sampled_from([1, 3]))
def test_fit_gives_the_shape_that_was_asked_for(
    size: tuple[int, int], wanted: tuple[int, int], mode: Fit, channels: int
) -> None:
    image = Image.new("RGB", size, "white")
    pixels = fit(image, *wanted, 1 if channels == 1 else 3, mode)
    assert pixels.shape == (wanted[1], wanted[0], channels)
    assert pixels.max() == 255
