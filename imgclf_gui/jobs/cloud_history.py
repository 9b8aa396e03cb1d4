"""What was asked and answered, kept in the project; and exchanges that ship, to rehearse with.

project/cloud/NNN/exchange.json   who was asked, when, how images were prepared
                  request.json    as it was shown: placeholders in the place of images
                  response.json   the answers, one for each entry of the request
                  images/         as they were sent
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from imgclf_gui.core.cloud import CloudImage
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.cloud import Answered


class KeptImage(BaseModel):
    """An image of an exchange: its name in the request, and its file in the folder."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    file: str
    width: int
    height: int
    exif: bool = False
    source: str = ""


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
        raise NotImplementedError

    def request_text(self) -> str:
        """The request as it was shown.

        Raises:
            UserError: `exchange.damaged`.
        """
        raise NotImplementedError

    def images(self) -> tuple[CloudImage, ...]:
        """The images as they were sent.

        Raises:
            UserError: `exchange.damaged`.
        """
        raise NotImplementedError

    def answers(self) -> tuple[Answered, ...]:
        """What came back, image by image: replaying is reading this, and nothing is sent.

        Raises:
            UserError: `exchange.damaged`.
        """
        raise NotImplementedError


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
    raise NotImplementedError


def exchanges(project: Project) -> tuple[Exchange, ...]:
    """Every exchange, the newest last; a damaged one has its `error` set."""
    raise NotImplementedError


def delete(exchange: Exchange) -> None:
    """Remove it, with its images.

    Raises:
        UserError: `file.write`, or `exchange.recorded` for one that ships.
    """
    raise NotImplementedError


def recordings() -> tuple[Exchange, ...]:
    """Those that ship with the app."""
    raise NotImplementedError
