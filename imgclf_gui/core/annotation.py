"""Who answers requests in the form of Cloud Vision (`core.vision`): base classes of providers.

See `core.entry.Provider`; one file in `catalog/providers/` is one of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from imgclf_gui.core.cloud import Account, Cancel
from imgclf_gui.core.entry import Provider
from imgclf_gui.core.vision import RequestProblem, problems

Classify = Callable[[Sequence[bytes], int, Cancel], list[list[tuple[str, float]]]]
"""Encoded images, how many classes of each, and the wish that it ends → the most probable classes
of each image with their probabilities, best first; it may raise a UserError."""


@dataclass(frozen=True)
class Access:
    """What a provider is given to answer with."""

    account: Account = field(default_factory=Account)
    secret: Callable[[], str] | None = field(default=None, repr=False)
    """The API key, asked for when it is needed; None where the account has another way."""
    classify: Classify | None = field(default=None, repr=False)
    """The built-in classifier of this machine."""


class AnnotationProvider(Provider):
    """Answers requests in the form of Cloud Vision (`core.vision`).

    Client libraries are imported inside its methods, which are never called on the window's
    thread; every failure is a UserError.
    """

    @abstractmethod
    def features(self) -> tuple[str, ...]:
        """The kinds of features that it can be asked for."""

    def check(self, text: str) -> tuple[RequestProblem, ...]:
        """What is wrong in a request as a person edited it, placeholders in the place of images."""
        return problems(text)

    @abstractmethod
    def open(self, access: Access) -> AnnotationSession:
        """A session; may refresh credentials, and so use the network.

        Raises:
            UserError: it cannot be used so.
        """


class AnnotationSession(ABC):
    """Someone who can be asked, again and again, until it is closed."""

    @abstractmethod
    def annotate(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to one request, within so many seconds; both as JSON, images in base64.

        Raises:
            UserError: there is none; `BusyError` if it may work in a moment.
        """

    @abstractmethod
    def cancel(self) -> None:
        """End a call that is being made, from any thread, at once; the session is then over."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds; safe to call twice."""
