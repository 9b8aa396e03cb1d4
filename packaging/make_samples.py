r"""Make the two sample data sets that ship with the program.

``fashion``
    A stratified subset of Fashion-MNIST (MIT licence) as grayscale PNG files,
    in ``train/<class>`` and ``test/<class>`` folders.

``emoji``
    Google's Noto emoji (Apache License 2.0) as colour PNG files of 64x64
    pixels, in one folder a class, taken from the npm package
    ``emoji-datasource-google``.

Beside the images, each sample has a ``LICENSE.txt`` and a ``sample.json`` that
describes it. The text of the Apache License comes from the file ``LICENSE`` at
the top of the source tree. The same inputs give the same files, byte for byte,
as long as NumPy, Pillow and the zlib that Pillow uses stay the same.

Example::

    python packaging/make_samples.py --fashion-mnist fashion-mnist/ \
        --emoji-package emoji-datasource-google-16.0.0.tgz \
        --to resources/samples
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import re
import shutil
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

SEED = 20170825

FASHION_CLASSES = (
    "T-shirt",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""Folder names, in the order of the labels 0 to 9 of Fashion-MNIST."""

EMOJI_PACKAGE = "emoji-datasource-google"
EMOJI_VERSION = "16.0.0"
EMOJI_CLASSES = {
    "Smileys & Emotion": "Smileys",
    "People & Body": "People",
    "Animals & Nature": "Animals",
    "Food & Drink": "Food",
    "Travel & Places": "Travel",
    "Objects": "Objects",
    "Symbols": "Symbols",
}
"""The category in ``emoji.json``, and the folder its images go to."""

EMOJI_MAX_PER_CLASS = 300
"""Keeps "People & Body" from having far more images than the others."""

FASHION_LICENSE = """\
Fashion-MNIST sample
====================

The images in this folder are a small subset of Fashion-MNIST, a data set of
product photographs by Zalando Research:

    https://github.com/zalandoresearch/fashion-mnist

    Han Xiao, Kashif Rasul and Roland Vollgraf: "Fashion-MNIST: a Novel Image
    Dataset for Benchmarking Machine Learning Algorithms", 2017,
    arXiv:1708.07747.

Changes: images were selected (the same number for each class) and stored as
PNG files in class folders; the class "T-shirt/top" is named "T-shirt" here.
The pixels are unchanged.

Fashion-MNIST is under the MIT licence:

The MIT License (MIT)

Copyright (c) 2017 Zalando SE, https://tech.zalando.com

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
"""

EMOJI_LICENSE = """\
Noto emoji sample
=================

The images in this folder are Noto emoji by Google:

    https://github.com/googlefonts/noto-emoji

They are licensed under the Apache License, Version 2.0 (the "License"); you
may not use them except in compliance with the License. You may obtain a copy
of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, they are distributed
on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either
express or implied. See the License for the specific language governing
permissions and limitations under the License. Its full text is at the end of
this file.

The images, their names and their categories come from the npm package
{package} {version} by Cal Henderson
(https://github.com/iamcal/emoji-data), which is under the MIT licence; its
full text follows.

Changes: images were selected (no flags and no skin tone variants), sorted into
folders by category, renamed and losslessly recompressed. The pixels are
unchanged.


Licence of {package}
{package_rule}

{package_license}

Licence of the Noto emoji images
================================

{apache_license}
"""

Bytes = npt.NDArray[np.uint8]


class SampleError(Exception):
    """An input is not what this script expects, or an output is in the way."""


@dataclass(frozen=True)
class Sample:
    """What ``sample.json`` says of a sample."""

    title: str
    description: str
    licence: str
    images: Mapping[str, int]
    classes: Sequence[str]

    def to_json(self) -> str:
        """Return the text of ``sample.json``."""
        fields = {
            "title": self.title,
            "description": self.description,
            "licence": self.licence,
            "images": dict(self.images),
            "classes": list(self.classes),
        }
        return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def read_idx(path: Path) -> Bytes:
    """Read a gzip-compressed IDX file of unsigned bytes."""
    data = gzip.decompress(path.read_bytes())
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise SampleError(f"{path} is not an IDX file of unsigned bytes")
    ndim = data[3]
    header = 4 + 4 * ndim
    shape = [int.from_bytes(data[i : i + 4], "big") for i in range(4, header, 4)]
    values = np.frombuffer(data, dtype=np.uint8, offset=header)
    if values.size != int(np.prod(shape)):
        raise SampleError(f"{path} does not hold as many values as it says")
    return values.reshape(shape)


def encode_png(image: Image.Image) -> bytes:
    """Return an image as PNG, compressed as well as Pillow can."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def recompress_png(data: bytes) -> bytes:
    """Return the smaller of a PNG and its lossless recompression."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        smaller = encode_png(image)
        if len(smaller) >= len(data):
            return data
        with Image.open(io.BytesIO(smaller)) as again:
            same = again.mode == image.mode and rgba_pixels(again) == rgba_pixels(image)
    return smaller if same else data


def rgba_pixels(image: Image.Image) -> bytes:
    """Return size and RGBA values; those of two equal images are equal."""
    size = f"{image.width}x{image.height}:".encode()
    return size + image.convert("RGBA").tobytes()


def new_folder(path: Path) -> None:
    """Make an empty folder, in place of an earlier sample of the same name.

    Any other folder with something in it is left alone.
    """
    if path.exists():
        if any(path.iterdir()) and not (path / "sample.json").is_file():
            raise SampleError(f"{path} exists and is not a sample: remove it first")
        shutil.rmtree(path)
    path.mkdir(parents=True)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with the same line ends on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def choose_fashion(
    images: Bytes,
    labels: Bytes,
    per_class: int,
    rng: np.random.Generator,
    seen: set[bytes],
) -> dict[str, list[Bytes]]:
    """Choose ``per_class`` random images of every class.

    Images whose pixels are in ``seen`` are passed over, those chosen are added
    to it: so no image is there twice, nor in two splits.
    """
    chosen: dict[str, list[Bytes]] = {}
    for label, name in enumerate(FASHION_CLASSES):
        of_class: list[Bytes] = []
        for index in rng.permutation(np.flatnonzero(labels == label)):
            if len(of_class) == per_class:
                break
            key = images[index].tobytes()
            if key not in seen:
                seen.add(key)
                of_class.append(images[index])
        if len(of_class) < per_class:
            raise SampleError(f"{name} has fewer than {per_class} images")
        chosen[name] = of_class
    return chosen


def write_images(images: Sequence[Bytes], folder: Path) -> None:
    """Write grayscale images as 0001.png, 0002.png and so on."""
    folder.mkdir(parents=True)
    for number, pixels in enumerate(images, start=1):
        png = encode_png(Image.fromarray(pixels))
        (folder / f"{number:04d}.png").write_bytes(png)


def make_fashion(source: Path, to: Path) -> Sample:
    """Make the Fashion-MNIST sample from the folder of the four IDX files."""
    new_folder(to)
    rng = np.random.default_rng(SEED)
    seen: set[bytes] = set()
    counts: dict[str, int] = {}
    for split, prefix, per_class in (("train", "train", 200), ("test", "t10k", 50)):
        images = read_idx(source / f"{prefix}-images-idx3-ubyte.gz")
        labels = read_idx(source / f"{prefix}-labels-idx1-ubyte.gz")
        if images.shape != (len(labels), 28, 28):
            raise SampleError(f"{source}: the {prefix} files do not fit together")
        chosen = choose_fashion(images, labels, per_class, rng, seen)
        for name, of_class in chosen.items():
            write_images(of_class, to / split / name)
        counts[split] = sum(map(len, chosen.values()))
    sample = Sample(
        title="Clothes (Fashion-MNIST)",
        description=(
            "Small grayscale photographs of ten kinds of clothing, "
            "already divided into training and test images."
        ),
        licence="MIT",
        images=counts,
        classes=FASHION_CLASSES,
    )
    write_text(to / "LICENSE.txt", FASHION_LICENSE)
    write_text(to / "sample.json", sample.to_json())
    return sample


def read_package(path: Path) -> dict[str, bytes]:
    """Read what is needed from the emoji package: images by path, and texts."""
    wanted = re.compile(r"package/((?:package|emoji)\.json|LICENSE|img/google/64/[^/]+\.png)")
    files: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            match = wanted.fullmatch(member.name)
            if match is None or not member.isfile():
                continue
            stream = archive.extractfile(member)
            if stream is not None:
                files[match[1]] = stream.read()
    missing = {"package.json", "emoji.json", "LICENSE"} - files.keys()
    if missing:
        raise SampleError(f"{path} lacks {', '.join(sorted(missing))}")
    about = json.loads(files["package.json"])
    if (about["name"], about["version"]) != (EMOJI_PACKAGE, EMOJI_VERSION):
        raise SampleError(f"{path} is not {EMOJI_PACKAGE} {EMOJI_VERSION}")
    return files


def file_stem(emoji: Mapping[str, Any]) -> str:
    """Return a readable name for an emoji's file: its first plain short name."""
    for name in emoji["short_names"]:
        if re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
            return str(name)
    raise SampleError(f"no plain short name for {emoji['name']}")


def make_emoji(package: Path, apache_license: str, to: Path) -> Sample:
    """Make the emoji sample from the npm package's archive.

    Skin tone variants (in ``emoji.json``, variations of an emoji) and images
    that look exactly like an earlier one are left out.
    """
    files = read_package(package)
    new_folder(to)
    rng = np.random.default_rng(SEED)
    emojis = sorted(json.loads(files["emoji.json"]), key=lambda e: int(e["sort_order"]))
    seen: set[bytes] = set()
    total = 0
    for category, name in EMOJI_CLASSES.items():
        images: dict[str, bytes] = {}
        for emoji in emojis:
            if emoji["category"] != category or not emoji["has_img_google"]:
                continue
            data = files[f"img/google/64/{emoji['image']}"]
            with Image.open(io.BytesIO(data)) as image:
                pixels = rgba_pixels(image)
            if pixels in seen:
                continue
            seen.add(pixels)
            stem = file_stem(emoji)
            if stem in images:
                raise SampleError(f"{name} has two emoji named {stem}")
            images[stem] = data
        stems = sorted(images)
        if len(stems) > EMOJI_MAX_PER_CLASS:
            stems = sorted(rng.permutation(stems)[:EMOJI_MAX_PER_CLASS].tolist())
        folder = to / name
        folder.mkdir()
        for stem in stems:
            (folder / f"{stem}.png").write_bytes(recompress_png(images[stem]))
        total += len(stems)
    sample = Sample(
        title="Emoji (Noto)",
        description=(
            "Small colour pictures in seven categories, from smileys to symbols, "
            "for you to divide into training and test images."
        ),
        licence="Apache-2.0",
        images={"all": total},
        classes=tuple(EMOJI_CLASSES.values()),
    )
    text = EMOJI_LICENSE.format(
        package=EMOJI_PACKAGE,
        version=EMOJI_VERSION,
        package_rule="=" * len(f"Licence of {EMOJI_PACKAGE}"),
        package_license=files["LICENSE"].decode("utf-8").strip(),
        apache_license=apache_license.strip("\n"),
    )
    write_text(to / "LICENSE.txt", text)
    write_text(to / "sample.json", sample.to_json())
    return sample


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description="Make the sample data sets that ship with the program."
    )
    parser.add_argument(
        "--fashion-mnist",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of the four Fashion-MNIST files (IDX, gzip)",
    )
    parser.add_argument(
        "--emoji-package",
        type=Path,
        required=True,
        metavar="TGZ",
        help=f"archive of the npm package {EMOJI_PACKAGE} {EMOJI_VERSION}",
    )
    parser.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder to make the folders fashion and emoji in; samples already there are replaced",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make both samples and return the exit status."""
    options = parse_arguments(arguments)
    to: Path = options.to
    apache = Path(__file__).resolve().parent.parent / "LICENSE"
    try:
        apache_license = apache.read_text(encoding="utf-8")
        samples = (
            make_fashion(options.fashion_mnist, to / "fashion"),
            make_emoji(options.emoji_package, apache_license, to / "emoji"),
        )
    except (SampleError, OSError, tarfile.TarError) as error:
        print(f"make_samples: {error}", file=sys.stderr)
        return 1
    for sample in samples:
        counts = ", ".join(f"{split} {n:,}" for split, n in sample.images.items())
        print(f"{sample.title}: {counts} images, {len(sample.classes)} classes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
