"""What is made of images before they are sent."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from imgclf_gui.core.cloud import Cancel, CloudImage, Preparation
from imgclf_gui.core.errors import UserError
from imgclf_gui.jobs.cloud import prepare
from tests.helpers.cloud_parts import PICTURES

USUAL = Preparation()
AS_IT_IS = Preparation(strip_exif=False, downscale=False)
ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825


def made(path: Path, how: Preparation = USUAL) -> CloudImage:
    prepared = prepare([path], how, Cancel())
    assert prepared.refused == ()
    (image,) = prepared.images
    return image


def opened(image: CloudImage) -> Image.Image:
    found = Image.open(BytesIO(image.content))
    found.load()
    assert found.size == (image.width, image.height)
    return found


def photograph(path: Path, size: tuple[int, int] = (60, 40), turned: int = 1) -> Path:
    """Red on the left and blue on the right, with notes of where it was taken."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[MAKER] = "Camera"
    exif[ORIENTATION] = turned
    exif.get_ifd(GPS)[1] = "N"
    image.save(path, exif=exif, comment=b"hush")
    return path


def test_an_image_that_is_fit_to_send_is_not_touched() -> None:
    for path in PICTURES.glob("*.jpg"):
        assert made(path).content == path.read_bytes()
        assert made(path).exif is False


def test_notes_are_taken_out_and_the_image_stands_upright(tmp_path: Path) -> None:
    image = made(photograph(tmp_path / "a.jpg", turned=6))
    assert (image.width, image.height, image.exif) == (40, 60, False)
    assert b"Camera" not in image.content
    assert b"hush" not in image.content
    found = opened(image)
    assert len(found.getexif()) == 0
    assert found.format == "JPEG"
    assert found.convert("RGB").getpixel((20, 5))[0] > 200  # type: ignore[index]


def test_notes_may_stay(tmp_path: Path) -> None:
    path = photograph(tmp_path / "a.jpg")
    image = made(path, AS_IT_IS)
    assert image.content == path.read_bytes()
    assert image.exif is True
    turned = made(photograph(tmp_path / "b.jpg", turned=6), AS_IT_IS)
    exif = opened(turned).getexif()
    assert (turned.width, turned.height, turned.exif) == (40, 60, True)
    assert exif[MAKER] == "Camera"
    assert ORIENTATION not in exif


def test_damaged_notes_keep_no_image_from_being_sent(tmp_path: Path) -> None:
    path = photograph(tmp_path / "a.jpg", turned=6)
    maker, width = b"\x01\x0f\x00\x02", b"\x01\x00\x00\x02"
    assert maker in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(maker, width))  # a width that is a word
    image = made(path, AS_IT_IS)
    assert (image.width, image.height, image.exif) == (40, 60, False)


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_notes_are_taken_out_of_every_format(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    exif = Image.Exif()
    exif[MAKER] = "Camera"
    Image.new("RGB", (9, 9), "red").save(path, exif=exif)
    image = made(path)
    assert image.exif is False
    assert b"Camera" not in image.content
    assert opened(image).format == "PNG"
    assert made(path, AS_IT_IS).exif is True


def test_text_in_a_png_is_taken_out(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", "<x>hush</x>")
    Image.new("L", (9, 9)).save(tmp_path / "a.png", pnginfo=notes)
    assert b"hush" not in made(tmp_path / "a.png").content


def segment(kind: int, content: bytes) -> bytes:
    return bytes((0xFF, kind)) + (len(content) + 2).to_bytes(2, "big") + content


HUSH = b"hush, taken at home"


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (segment(0xE1, b"QVCI" + HUSH), b""),  # of a maker of cameras
        (segment(0xE2, b"FPXR" + HUSH), b""),
        (segment(0xED, HUSH), b""),
        (segment(0xFE, HUSH), b""),
        (b"", HUSH),  # as a film beside a photograph
        (b"", b"\xff\xd8" + HUSH + b"\xff\xd9"),
    ],
)
def test_what_hides_in_a_jpeg_is_taken_out(before: bytes, behind: bytes, tmp_path: Path) -> None:
    Image.new("RGB", (9, 9), "red").save(tmp_path / "a.jpg")
    plain = (tmp_path / "a.jpg").read_bytes()
    assert made(tmp_path / "a.jpg").content == plain
    (tmp_path / "a.jpg").write_bytes(plain[:2] + before + plain[2:] + behind)
    assert made(tmp_path / "a.jpg", AS_IT_IS).exif is True
    image = made(tmp_path / "a.jpg")
    assert image.exif is False
    assert HUSH not in image.content


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"tIME", b"prVt", b""])
def test_what_hides_in_a_png_is_taken_out(kind: bytes, tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    if kind in (b"tEXt", b"zTXt"):
        notes.add_text("Author", HUSH.decode(), zip=kind == b"zTXt")
    elif kind:
        notes.add(kind, HUSH[:7])
    path = tmp_path / "a.png"
    Image.new("RGB", (9, 9), "red").save(path, pnginfo=notes)
    if not kind:
        path.write_bytes(path.read_bytes() + HUSH)
    image = made(path)
    assert image.exif is False
    assert not any(part in image.content for part in (HUSH[:7], b"Author", b"zTXt"))


def test_profiles_of_colour_stay_in_a_photograph(tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("a.jpg", "a.png"):
        Image.new("RGB", (9, 9), "red").save(tmp_path / name, icc_profile=profile)
        assert made(tmp_path / name).content == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1280, 960), (640, 480)), ((3000, 300), (640, 64)), ((300, 3000), (48, 480)),
     ((640, 480), (640, 480)), ((5, 5), (5, 5))],
)  # fmt: skip
def test_large_images_are_made_to_fit_and_small_ones_stay(
    size: tuple[int, int], expected: tuple[int, int], tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", size, "red").save(path)
    image = made(path)
    assert (image.width, image.height) == expected
    assert opened(image).format == "PNG"
    assert (image.content == path.read_bytes()) is (size == expected)
    assert made(path, AS_IT_IS).content == path.read_bytes()


def test_formats_that_the_service_does_not_take_become_png(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9), "red").save(tmp_path / "a.ppm")
    assert opened(made(tmp_path / "a.ppm", AS_IT_IS)).format == "PNG"


def test_what_cannot_be_sent_is_refused_by_name_and_the_rest_goes_on(tmp_path: Path) -> None:
    Image.new("1", (9_000, 9_000)).save(tmp_path / "a wide.png")
    noise = Image.effect_noise((1_700, 1_700), 100)
    Image.merge("RGB", (noise, noise.transpose(Image.Transpose.ROTATE_90), noise.rotate(45))).save(
        tmp_path / "b heavy.bmp"
    )
    (tmp_path / "c broken.jpg").write_bytes(b"\xff\xd8\xff nonsense")
    (tmp_path / "d.heic").write_bytes(b"?")
    photograph(tmp_path / "e.jpg")
    prepared = prepare([tmp_path, tmp_path / "none.png"], AS_IT_IS, Cancel())
    assert [image.name for image in prepared.images] == ["e.jpg"]
    refused = {path.name: report.message for path, report in prepared.refused}
    assert "9000 × 9000 pixels, and 75 million are the most" in refused["a wide.png"]
    assert "as JSON it has 11.6 MB, and a request has 10 MB" in refused["b heavy.bmp"]
    assert "c broken.jpg cannot be read" in refused["c broken.jpg"]
    assert "save it as JPEG or PNG" in refused["d.heic"]
    assert "the file is not there" in refused["none.png"]
    fits = prepare([tmp_path / "a wide.png", tmp_path / "b heavy.bmp"], Preparation(), Cancel())
    assert len(fits.images) == 2


def test_names_are_unique(tmp_path: Path) -> None:
    for folder in ("one", "two", "three"):
        (tmp_path / folder).mkdir()
        photograph(tmp_path / folder / "a.jpg")
    photograph(tmp_path / "one" / "a (2).jpg")
    names = [image.name for image in prepare([tmp_path], Preparation(), Cancel()).images]
    assert names == ["a (2).jpg", "a.jpg", "a (3).jpg", "a (4).jpg"]


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    photograph(tmp_path / "a.jpg")
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(UserError) as caught:
        prepare([tmp_path], Preparation(), cancel)
    assert caught.value.code == "cloud.cancelled"
