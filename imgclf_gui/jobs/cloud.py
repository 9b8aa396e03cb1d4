"""Asking a provider about images: prepared, quoted, agreed to, sent.

Everything here blocks, so the window calls it from a service's thread. `cloud_history` keeps what
was asked and answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imgclf_gui.core.annotation import Access, AnnotationProvider, Classify
from imgclf_gui.core.cloud import Account, Cancel, CloudImage, Consent, Preparation, Progress, Quote
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.supervisor import Jobs


@dataclass(frozen=True)
class Prepared:
    """Images as they would be sent, and the files that cannot be, with the reason."""

    images: tuple[CloudImage, ...] = ()
    refused: tuple[tuple[Path, ErrorReport], ...] = ()


@dataclass(frozen=True)
class Answered:
    """What came back of one entry of a request: a response, or why there is none."""

    image: CloudImage
    response: dict[str, Any] = field(default_factory=dict)
    error: ErrorReport | None = None


def prepare(paths: Sequence[Path], how: Preparation, cancel: Cancel) -> Prepared:
    """Read images (of a folder, all below it) and make what would be sent of them.

    Raises:
        UserError: `cloud.cancelled`.
    """
    raise NotImplementedError


def quote(
    provider: AnnotationProvider,
    account: Account,
    images: Sequence[CloudImage],
    request: Mapping[str, Any],
) -> Quote:
    """What it means to send `request`, a person's edits included; nothing is connected to.

    Raises:
        UserError: `cloud.request`, `cloud.feature`.
    """
    raise NotImplementedError


def quote_words(quote: Quote) -> tuple[str, ...]:
    """The quote in sentences, for the sheet in the window and for the command line."""
    raise NotImplementedError


def consent(quote: Quote) -> Consent:
    """To be called when a person has said yes to `quote`, and only then."""
    return Consent(quote)


def remember_consent(project: Project, quote: Quote) -> None:
    """Keep in the project that the person said yes to quotes like this one."""
    raise NotImplementedError


def consent_remembered(project: Project, quote: Quote) -> bool:
    """Whether the person said yes for this project, to where and what for."""
    raise NotImplementedError


def forget_consents(project: Project) -> None:
    """Ask again each time."""
    raise NotImplementedError


class Sender:
    """Someone who was opened once and can be asked several times; a context, or `close` it."""

    def __init__(self, provider: AnnotationProvider, access: Access) -> None:
        """Connect to nothing yet."""
        raise NotImplementedError

    def send(
        self,
        images: Sequence[CloudImage],
        request: Mapping[str, Any],
        *,
        consent: Consent | None,
        on_progress: Callable[[Progress], object],
        cancel: Cancel,
    ) -> tuple[Answered, ...]:
        """Ask about `images`, in as many requests as it takes; one answer for each entry.

        What is wrong with one image, or with one of several requests, is in its answers.

        Raises:
            UserError: `cloud.consent` without the person's yes, `cloud.cancelled`, or why nothing
                could be asked at all.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Give back the connection."""
        raise NotImplementedError


def send(
    provider: AnnotationProvider,
    access: Access,
    images: Sequence[CloudImage],
    request: Mapping[str, Any],
    *,
    consent: Consent | None,
    on_progress: Callable[[Progress], object],
    cancel: Cancel,
) -> tuple[Answered, ...]:
    """Ask once; see `Sender.send`."""
    raise NotImplementedError


def built_in_classifier(jobs: Jobs) -> Classify:
    """What `Access.classify` is: the warm predictor of this machine."""
    raise NotImplementedError
