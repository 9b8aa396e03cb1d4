"""Sending: in batches, one after the other, tried again where that helps, and ended at a wish."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from types import TracebackType
from typing import Any, Self, TypeVar

from imgclf_gui.core import network, vision
from imgclf_gui.core.annotation import Access, AnnotationProvider, AnnotationSession
from imgclf_gui.core.cloud import (
    BusyError,
    Cancel,
    CloudImage,
    Consent,
    Progress,
    cancelled,
    loopback,
)
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.jobs.cloud_consent import quote

CALL_SECONDS = 60.0
"""For the answer to one request."""
TRIES = 4
FIRST_WAIT = 1.0
"""Seconds; twice as many before each further try, unless the answer says how many."""
LONGEST_WAIT = 60.0

OF_ONE_REQUEST = frozenset(("cloud.invalid", "cloud.garbage", "cloud.deadline"))
"""Errors after which the next request may still be answered."""

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Answered:
    """What came back of one entry of a request: a response, or why there is none."""

    image: CloudImage
    response: dict[str, Any] = field(default_factory=dict)
    error: ErrorReport | None = None


class Sender:
    """Someone who was opened once and can be asked several times; a context, or `close` it.

    Used by one thread at a time.
    """

    def __init__(
        self,
        provider: AnnotationProvider,
        access: Access,
        *,
        seconds: float = CALL_SECONDS,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        """Connect to nothing yet; `seconds` is the time for one request."""
        self._provider = provider
        self._access = access
        self._seconds = seconds
        self._first_wait = first_wait
        self._session: AnnotationSession | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None

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
        self._agreed(images, request, consent)
        sizes = {image.name: len(image.content) for image in images}
        by_name = {image.name: image for image in images}
        parts = vision.batches(request, sizes)
        state = _State(on_progress, [vision.json_bytes(part, sizes) for part in parts], parts)
        answers: list[Answered] = []
        failures: list[UserError] = []
        for part in parts:
            asked = [by_name[name] for name in vision.names_in(part)]
            try:
                if failures and failures[-1].code not in OF_ONE_REQUEST:
                    raise failures[-1]
                answers += self._ask(part, asked, state, cancel)
            except UserError as error:
                failures.append(error)
                answers += [Answered(image, error=error.report) for image in asked]
            state.answered(len(asked))
        if len(failures) == len(parts):
            raise failures[0]
        return tuple(answers)

    def _agreed(
        self, images: Sequence[CloudImage], request: Mapping[str, Any], consent: Consent | None
    ) -> None:
        due = quote(self._provider, self._access.account, images, request)
        if self._provider.online and (consent is None or not consent.covers(due)):
            raise UserError(
                "cloud.consent",
                f"Nothing was sent to {due.host}: nobody agreed to it."
                if consent is None
                else f"Nothing was sent to {due.host}: it is more than what was agreed to.",
                "Look at what would be sent, and agree to it.",
            )

    def _ask(
        self,
        part: Mapping[str, Any],
        images: Sequence[CloudImage],
        state: _State,
        cancel: Cancel,
    ) -> list[Answered]:
        filled = vision.filled(part, {image.name: image.content for image in images})
        wait = self._first_wait
        for attempt in range(1, TRIES + 1):
            cancel.raise_if_cancelled()
            state.say("Waiting for the answer…")
            try:
                return _read(self._call(filled, cancel), images)
            except BusyError as error:
                if attempt == TRIES:
                    raise
                pause = min(LONGEST_WAIT, wait if error.after is None else error.after)
                for left in _seconds_of(pause, cancel):
                    state.say(f"{error.report.message} Trying again in {ceil(left)} s…")
                wait *= 2
        raise AssertionError("the last try returns or raises")

    def _call(self, filled: dict[str, Any], cancel: Cancel) -> dict[str, Any]:
        if self._session is None:
            self._session = opened(self._provider, self._access, cancel)
        session = self._session
        note(self._provider.host_of(self._access.account), self._provider.title)
        try:
            return until(
                lambda: session.annotate(filled, self._seconds),
                cancel,
                session.cancel,
                self._seconds + 1 if self._provider.online else None,  # a first start takes long
            )
        except UserError as error:
            if not isinstance(error, BusyError):
                self._session = None  # it may have been cut; the next one begins anew
                session.close()
            raise


def opened(provider: AnnotationProvider, access: Access, cancel: Cancel) -> AnnotationSession:
    """A session of `provider`, which signs in.

    Raises:
        UserError: `cloud.cancelled`, or why there is none.
    """
    return until(lambda: provider.open(access), cancel)


def note(host: str, purpose: str) -> None:
    """Say that `host` is asked now, unless it is this machine."""
    if host and not loopback(host):
        network.note(host, purpose)


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
    with Sender(provider, access) as sender:
        return sender.send(images, request, consent=consent, on_progress=on_progress, cancel=cancel)


def until(
    work: Callable[[], ResultT],
    cancel: Cancel,
    abort: Callable[[], object] = lambda: None,
    seconds: float | None = None,
) -> ResultT:
    """What `work` returns, or raises, in a thread of its own; but no later than `cancel`.

    A library that looks up a name, or starts a program, cannot be ended: it is left behind, and
    `abort` is called, which cuts what it has open. The same after `seconds`.

    Raises:
        UserError: `cloud.cancelled`, `cloud.deadline`.
    """
    over = threading.Event()
    results: list[ResultT] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 raised again below
            errors.append(error)
        over.set()

    forget = cancel.on_cancel(over.set)
    threading.Thread(target=run, name="cloud call", daemon=True).start()
    try:
        over.wait(seconds)
    finally:
        forget()
    if results:
        return results[0]
    if errors and not cancel.cancelled:
        raise errors[0]
    threading.Thread(target=abort, name="cloud abort", daemon=True).start()
    if cancel.cancelled:
        raise cancelled()
    raise UserError(
        "cloud.deadline", "There was no answer in time.", "Try again, with fewer images at once."
    )


class _State:
    """How far a sending is."""

    def __init__(
        self,
        on_progress: Callable[[Progress], object],
        sizes: Sequence[int],
        parts: Sequence[Mapping[str, Any]],
    ) -> None:
        self._on_progress = on_progress
        self._sizes = sizes
        self._total = sum(len(part["requests"]) for part in parts)
        self._done = self._parts = 0
        self._began = time.monotonic()

    def answered(self, images: int) -> None:
        """A request is over."""
        self._done += images
        self._parts += 1
        self.say("")

    def say(self, words: str) -> None:
        """What is being done now."""
        done, total = sum(self._sizes[: self._parts]), sum(self._sizes)
        passed = time.monotonic() - self._began
        left = passed / done * (total - done) if done else None
        self._on_progress(Progress(self._done, self._total, done, total, left, words))


def _seconds_of(pause: float, cancel: Cancel) -> Iterator[float]:
    """What is left of a pause, once a second.

    Raises:
        UserError: `cloud.cancelled`.
    """
    end = time.monotonic() + pause
    while (left := end - time.monotonic()) > 0:
        yield left
        cancel.wait(min(1.0, left))
        cancel.raise_if_cancelled()


def _read(answer: Mapping[str, Any], images: Sequence[CloudImage]) -> list[Answered]:
    """One answer for each image; an error of one of them is its own."""
    responses = answer.get("responses", [])
    if len(responses) != len(images):
        raise UserError(
            "cloud.garbage",
            f"{len(images):,} images were sent, and {len(responses):,} answers came back.",
            "Try again.",
        )
    return [_answered(*pair) for pair in zip(images, responses, strict=True)]


def _answered(image: CloudImage, response: Mapping[str, Any]) -> Answered:
    failure = response.get("error")
    if not isinstance(failure, Mapping):
        return Answered(image, dict(response))
    said = str(failure.get("message") or "no reason was given").rstrip(".")
    report = ErrorReport(
        code="cloud.image",
        message=f"{image.name} was not answered: {said}.",
        hint="Open the image to see whether it is whole, or save it as JPEG.",
    )
    return Answered(image, dict(response), report)
