"""Record the exchanges that ship with the program, to rehearse with.

Google is not asked: the server of our tests answers, on this machine, and what it says is made up
from the pixels. Each exchange says so of itself. The pictures are
those of ``tests/pictures``, made smaller. The same inputs give the same files, as long as Pillow
stays the same.

Example::

    PYTHONPATH=. python packaging/make_exchanges.py --to resources/exchanges
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from imgclf_gui import catalog
from imgclf_gui.core import vision
from imgclf_gui.core.annotation import Access
from imgclf_gui.core.cloud import Account, Cancel, Preparation
from imgclf_gui.jobs import cloud
from imgclf_gui.jobs.cloud_history import info_of, write_exchange
from tests.helpers.vision_server import PerImageError, VisionServer

PICTURES = Path(__file__).resolve().parents[1] / "tests" / "pictures"
SIDE = 200
MADE_AT = 1_764_000_000.0
NOTES = (
    "Recorded against a server on a developer's machine that speaks Cloud Vision's language. "
    "Google was not asked: words and places are made up from the colours."
)
LICENCE = """Pictures of the recorded exchanges
==================================

They come with scikit-image 0.26.0 (https://scikit-image.org), in whose documentation
(skimage.data) stands what is said here of authors and rights. Changes: made smaller.

chelsea.jpg  By Stefan van der Walt. No copyright restrictions: CC0 by the photographer.
coffee.jpg   The photograph is courtesy of Pikolo Espresso Bar. By Rachel Michetti. CC0 by the
             photographer.
rocket.jpg   Launch of DSCOVR on Falcon 9. By SpaceX, which released it into the public domain.

CC0: https://creativecommons.org/publicdomain/zero/1.0/

Requests and answers were made by packaging/make_exchanges.py and are under the licence of the
program.
"""


@dataclass(frozen=True)
class Recording:
    """One exchange to make; `refused` is the index of an image that the server cannot read."""

    title: str
    pictures: tuple[str, ...]
    features: tuple[vision.AskedFeature, ...]
    refused: int | None = None


RECORDINGS = (
    Recording(
        "Labels, objects and colours of three photographs",
        ("chelsea.jpg", "coffee.jpg", "rocket.jpg"),
        (
            vision.AskedFeature("labels", 5),
            vision.AskedFeature("objects", 3),
            vision.AskedFeature("colours", 5),
        ),
    ),
    Recording(
        "Everything that one photograph can be asked for",
        ("coffee.jpg",),
        tuple(vision.AskedFeature(feature.kind, 3) for feature in vision.FEATURES),
    ),
    Recording(
        "Two photographs, one of which cannot be read",
        ("chelsea.jpg", "rocket.jpg"),
        (vision.AskedFeature("labels", 3),),
        refused=1,
    ),
)


def main(words: Sequence[str] | None = None) -> None:
    """Make all of them anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--to", type=Path, required=True)
    folder = parser.parse_args(words).to
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "LICENSE.txt").write_text(LICENCE, "utf-8")
    with VisionServer() as server:
        for number, recording in enumerate(RECORDINGS, 1):
            record(recording, folder / f"{number:03}", server)


def record(recording: Recording, folder: Path, server: VisionServer) -> None:
    """Ask the server, and keep what it answers."""
    if recording.refused is not None:
        server.script([PerImageError(recording.refused)])
    provider = catalog.annotation_providers()["cloud-vision"]()
    account = Account(way="api-key", host=server.rest_host, transport="rest")
    with TemporaryDirectory() as temporary:
        paths = [_smaller(name, Path(temporary)) for name in recording.pictures]
        images = cloud.prepare(paths, Preparation(), Cancel()).images
    images = tuple(replace(image, source=Path(image.name)) for image in images)
    request = vision.request([image.name for image in images], recording.features)
    answers = cloud.send(
        provider,
        Access(account, lambda: "no-key-is-needed"),
        images,
        request,
        consent=cloud.consent(cloud.quote(provider, account, images, request)),
        on_progress=lambda progress: None,
        cancel=Cancel(),
    )
    info = info_of(provider.kind, "vision.googleapis.com", request, answers).model_copy(
        update={
            "created_at": MADE_AT,
            "recorded": True,
            "title": recording.title,
            "notes": NOTES,
        }
    )
    write_exchange(folder, info, request, answers)


def _smaller(name: str, folder: Path) -> Path:
    with Image.open(PICTURES / name) as image:
        image.thumbnail((SIDE, SIDE))
        image.save(folder / name, quality=85)
    return folder / name


if __name__ == "__main__":
    main()
