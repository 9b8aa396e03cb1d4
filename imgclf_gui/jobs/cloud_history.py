"""What was asked and answered, kept in the project; and exchanges that ship, to rehearse with.

project/cloud/NNN/exchange.json   who was asked, when, about which images
                  request.json    as it was shown: placeholders in the place of images
                  answers.json    one for each entry of the request
                  images/         as they were sent
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from imgclf_gui.core import vision
from imgclf_gui.core.cloud import CloudImage
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.files import remove_abandoned, write_atomic, write_error, write_text_atomic
from imgclf_gui.core.listing import readable
from imgclf_gui.core.project import Project
from imgclf_gui.core.resources import resource
from imgclf_gui.jobs.cloud_consent import CLOUD_FOLDER
from imgclf_gui.jobs.cloud_sending import Answered

INFO, REQUEST, ANSWERS, IMAGES = "exchange.json", "request.json", "answers.json", "images"


class KeptImage(BaseModel):
    """An image of an exchange: its name in the request, and its file in the folder `images`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    file: str = Field(pattern=r"^[0-9]+\.[a-z]+$")
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    exif: bool = False
    source: str = ""


class KeptAnswer(BaseModel):
    """What came back about the image of that index, or why nothing did."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    image: int = Field(ge=0)
    response: dict[str, Any] = {}
    error: ErrorReport | None = None


class ExchangeInfo(BaseModel):
    """Who was asked, when, about what."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    provider: str
    host: str
    created_at: float = Field(ge=0, le=250e9)
    features: tuple[str, ...]
    images: tuple[KeptImage, ...]
    recorded: bool = False
    """Whether it ships with the app, made against a server on a developer's machine."""
    title: str = ""
    notes: str = ""


class _Answers(BaseModel):
    answers: tuple[KeptAnswer, ...]


class Exchange:
    """One sent request with its answers, in a folder."""

    def __init__(self, folder: Path, info: ExchangeInfo, error: ErrorReport | None = None) -> None:
        self.folder = folder
        self.info = info
        self.error = error
        """Why the folder cannot be used; None for a sound one."""

    @property
    def id(self) -> str:
        """The folder's name: '001' for the first."""
        return self.folder.name

    @classmethod
    def open(cls, folder: Path) -> Exchange:
        """The one in `folder`.

        Raises:
            UserError: `exchange.damaged`.
        """
        try:
            return cls(folder, ExchangeInfo.model_validate_json(_bytes(folder / INFO)))
        except ValueError as error:
            raise _damaged(folder, error) from error

    def request_text(self) -> str:
        """The request as it was shown.

        Raises:
            UserError: `exchange.damaged`.
        """
        try:
            return _bytes(self.folder / REQUEST).decode("utf-8")
        except ValueError as error:
            raise _damaged(self.folder, error) from error

    def images(self) -> tuple[CloudImage, ...]:
        """The images as they were sent.

        Raises:
            UserError: `exchange.damaged`.
        """
        return tuple(
            CloudImage(
                kept.name,
                _bytes(self.folder / IMAGES / kept.file),
                kept.width,
                kept.height,
                kept.exif,
                Path(kept.source),
            )
            for kept in self.info.images
        )

    def answers(self) -> tuple[Answered, ...]:
        """What came back, image by image: replaying is reading this, and nothing is sent.

        Raises:
            UserError: `exchange.damaged`.
        """
        images = self.images()
        try:
            kept = _Answers.model_validate_json(_bytes(self.folder / ANSWERS)).answers
            return tuple(Answered(images[one.image], one.response, one.error) for one in kept)
        except (ValueError, IndexError) as error:
            raise _damaged(self.folder, error) from error


def keep(
    project: Project,
    *,
    provider: str,
    host: str,
    request: Mapping[str, Any],
    answers: Sequence[Answered],
) -> Exchange:
    """Keep an exchange in the project; its number is the next.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    root = project.folder / CLOUD_FOLDER
    remove_abandoned(root)
    info = info_of(provider, host, request, answers)
    begun = root / f".{os.getpid()}-{time.time_ns()}.part"
    try:
        write_exchange(begun, info, request, answers)
        return Exchange(_named(begun, root), info)
    except OSError as error:
        raise write_error(root, error) from error
    finally:
        shutil.rmtree(begun, ignore_errors=True)


def write_exchange(
    folder: Path, info: ExchangeInfo, request: Mapping[str, Any], answers: Sequence[Answered]
) -> None:
    """Write all of an exchange into a new folder.

    Raises:
        UserError: `file.full`, `file.write`.
        OSError: the folder cannot be made.
    """
    (folder / IMAGES).mkdir(parents=True)
    images = _images(answers)
    for kept in info.images:
        content = images[kept.name].content
        write_atomic(folder / IMAGES / kept.file, lambda stream, c=content: stream.write(c))  # type: ignore[misc]
    places = {name: index for index, name in enumerate(images)}
    kept_answers = _Answers(
        answers=tuple(
            KeptAnswer(image=places[one.image.name], response=one.response, error=one.error)
            for one in answers
        )
    )
    write_text_atomic(folder / REQUEST, vision.text(request) + "\n")
    write_text_atomic(folder / ANSWERS, kept_answers.model_dump_json(indent=2) + "\n")
    write_text_atomic(folder / INFO, info.model_dump_json(indent=2) + "\n")


def info_of(
    provider: str, host: str, request: Mapping[str, Any], answers: Sequence[Answered]
) -> ExchangeInfo:
    """What is kept of an exchange of now, beside request and answers."""
    wanted = {kind for kinds in vision.asked(request) for kind in kinds}
    return ExchangeInfo(
        provider=provider,
        host=host,
        created_at=time.time(),
        features=tuple(one.kind for one in vision.FEATURES if one.kind in wanted),
        images=tuple(
            _kept(image, number) for number, image in enumerate(_images(answers).values(), 1)
        ),
    )


def _images(answers: Sequence[Answered]) -> dict[str, CloudImage]:
    """Each image once, by name, in order."""
    return {one.image.name: one.image for one in answers}


def _kept(image: CloudImage, number: int) -> KeptImage:
    # The bytes tell the format; a name from a camera or a person tells little.
    suffix = "jpg" if image.content.startswith(b"\xff\xd8") else "img"
    suffix = "png" if image.content.startswith(b"\x89PNG") else suffix
    return KeptImage(
        name=image.name,
        file=f"{number:03}.{suffix}",
        width=image.width,
        height=image.height,
        exif=image.exif,
        source=readable(image.source.name),  # where it lay is nobody's business
    )


def _named(begun: Path, root: Path) -> Path:
    """`begun` with the next number for its name; another process may take one first."""
    numbers = [int(path.name) for path in root.iterdir() if path.name.isdecimal()]
    number = max(numbers, default=0) + 1
    while True:
        folder = root / f"{number:03}"
        if not folder.exists():
            try:
                return begun.rename(folder)
            except OSError:
                if not folder.exists():
                    raise
        number += 1


def exchanges(project: Project) -> tuple[Exchange, ...]:
    """Every exchange, the newest last; a damaged one has its `error` set."""
    root = project.folder / CLOUD_FOLDER
    if not root.is_dir():
        return ()
    folders = [path for path in root.iterdir() if path.is_dir() and path.name.isdecimal()]
    return tuple(_open_any(path) for path in sorted(folders, key=lambda path: int(path.name)))


def _open_any(folder: Path) -> Exchange:
    try:
        return Exchange.open(folder)
    except UserError as error:
        nobody = ExchangeInfo(provider="", host="", created_at=0, features=(), images=())
        return Exchange(folder, nobody, error.report)


def delete(exchange: Exchange) -> None:
    """Remove it, with its images.

    Raises:
        UserError: `file.write`, or `exchange.recorded` for one that ships.
    """
    if exchange.info.recorded:
        raise UserError(
            "exchange.recorded",
            "Recorded exchanges belong to the app and stay.",
            "Delete exchanges of the project.",
        )
    gone = exchange.folder.with_name(f".{exchange.folder.name}-{time.time_ns()}.part")
    try:
        exchange.folder.rename(gone)  # whole or not at all
        shutil.rmtree(gone)
    except OSError as error:
        raise write_error(exchange.folder, error) from error


def recordings() -> tuple[Exchange, ...]:
    """Those that ship with the app."""
    folders = sorted(path for path in resource("exchanges").iterdir() if path.is_dir())
    return tuple(map(_open_any, folders))


def _bytes(path: Path) -> bytes:
    """The file of an exchange.

    Raises:
        UserError: `exchange.damaged`.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _damaged(path.parent, error) from error


def _damaged(folder: Path, error: Exception) -> UserError:
    return UserError(
        "exchange.damaged",
        f"The exchange in {folder} cannot be read.",
        "Delete it, and send the images again.",
        str(error),
    )
