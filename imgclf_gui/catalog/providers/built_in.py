"""The classifier of this machine, asked as Cloud Vision is asked."""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar

from imgclf_gui.core.annotation import Access, AnnotationProvider, AnnotationSession, Classify
from imgclf_gui.core.cloud import Account, Cancel
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.vision import most_results

USUAL = 10
"""Labels of an image where the request does not say how many, as Cloud Vision gives."""
MOST = 1_000


class BuiltIn(AnnotationProvider):
    """Names what a photograph shows, of 1,000 kinds of things (ImageNet), without a network."""

    order: ClassVar[int] = 20
    title: ClassVar[str] = "Built-in classifier"
    summary: ClassVar[str] = "Answers label requests on this machine, with 1,000 kinds of things."
    online: ClassVar[bool] = False

    def host_of(self, account: Account) -> str:
        """Nowhere."""
        del account
        return ""

    def features(self) -> tuple[str, ...]:
        """Labels alone: it classifies."""
        return ("labels",)

    def open(self, access: Access) -> AnnotationSession:
        """Uses the predictor that is handed over.

        Raises:
            UserError: `cloud.local` if there is none.
        """
        if access.classify is None:
            raise UserError(
                "cloud.local",
                "The built-in classifier is not at hand here.",
                "Choose another provider.",
            )
        return _Session(access.classify)


class _Session(AnnotationSession):
    def __init__(self, classify: Classify) -> None:
        self._classify = classify
        self._cancel = Cancel()

    def annotate(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Labels with probabilities as scores; takes as long as it takes."""
        del seconds
        entries = request["requests"]
        contents = [_content(entry, number) for number, entry in enumerate(entries, 1)]
        wanted = [_most(entry) for entry in entries]
        ranked = self._classify(contents, max(wanted), self._cancel)
        return {
            "responses": [
                _response(labels[:most]) for labels, most in zip(ranked, wanted, strict=True)
            ]
        }

    def cancel(self) -> None:
        self._cancel.cancel()

    def close(self) -> None:
        """Nothing to give back: the predictor stays warm for others."""


def _content(entry: dict[str, Any], number: int) -> bytes:
    try:
        return base64.b64decode(entry["image"]["content"], validate=True)
    except (KeyError, TypeError, binascii.Error):
        raise UserError(
            "cloud.request",
            f"Entry {number} of the request holds no image in base64.",
            "Make the request anew.",
        ) from None


def _most(entry: dict[str, Any]) -> int:
    """How many labels the entry asks for."""
    wanted = [most_results(one) or USUAL for one in entry.get("features", [])]
    return min(MOST, max(wanted, default=USUAL))


def _response(labels: list[tuple[str, float]]) -> dict[str, Any]:
    if not labels:
        return {"error": {"code": 3, "message": "Bad image data."}}
    return {
        "labelAnnotations": [
            {"description": name, "score": score, "topicality": score} for name, score in labels
        ]
    }
