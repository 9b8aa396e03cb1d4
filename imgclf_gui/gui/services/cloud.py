"""Asking models in the cloud, off the window's thread.

Three threads, so that none waits for another: one reads images, one checks and prices requests as
they are typed, one sends. Client libraries are first imported there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage

from imgclf_gui.catalog import annotation_providers
from imgclf_gui.core import vision
from imgclf_gui.core.annotation import Access, AnnotationProvider, Classify
from imgclf_gui.core.cloud import Account, Cancel, CloudImage, Consent, Preparation, Quote
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.vision import AskedFeature, RequestProblem
from imgclf_gui.core.vision_answer import Answer, answer
from imgclf_gui.gui.services.service import Service
from imgclf_gui.gui.widgets.file_pictures import qimage

if TYPE_CHECKING:
    from imgclf_gui.jobs.cloud import Answered
    from imgclf_gui.jobs.cloud_history import Exchange

PICTURE_SIDE = 1024
"""Pixels; a larger image is shrunk to it to be shown."""
LONGEST_JSON = 100_000
"""Characters of an answer that are shown; laying out more would hold the window up."""


@dataclass(frozen=True)
class Wish:
    """A request as it stands in the window."""

    number: int
    """The newest has the largest."""
    provider: AnnotationProvider
    account: Account
    images: tuple[CloudImage, ...]
    request: dict[str, Any] = field(default_factory=dict)
    """As the form makes it; not looked at where there is a `text`."""
    text: str | None = None
    """As a person edited it."""
    project: Project | None = None
    """Whose consents count."""


@dataclass(frozen=True)
class Reading:
    """What is known of a request."""

    request: dict[str, Any] = field(default_factory=dict)
    problems: tuple[RequestProblem, ...] = ()
    quote: Quote | None = None
    """None where there are problems."""
    remembered: bool = False
    """Whether the person said yes to such requests for this project."""


@dataclass(frozen=True)
class SeenAnswer:
    """What came back of one image, and the same in a few words."""

    answered: Answered
    words: str
    error: str = ""
    """What is wrong with this image alone."""


@dataclass(frozen=True)
class SeenExchange:
    """Answers, and what they are answers to."""

    answers: tuple[SeenAnswer, ...]
    request: str
    """As text."""
    exchange: Exchange | None = None
    """Where they are kept."""
    unkept: ErrorReport | None = None
    """Why they are not."""

    def file_of(self, seen: SeenAnswer) -> Path:
        """The file that shows the image of an answer: the kept one, since others may go."""
        from imgclf_gui.jobs.cloud_history import IMAGES

        image = seen.answered.image
        kept = self.exchange.info.images if self.exchange is not None else ()
        file = next((one.file for one in kept if one.name == image.name), "")
        if self.exchange is None or not file:
            return image.source
        return self.exchange.folder / IMAGES / file


@dataclass(frozen=True)
class Rehearsal:
    """A recorded exchange, and what it would mean to send it for real."""

    seen: SeenExchange
    reading: Reading

    @property
    def asked(self) -> tuple[AskedFeature, ...]:
        """What the first image was asked for."""
        entries = self.reading.request.get("requests") or [{}]
        kinds = {feature.type: feature.kind for feature in vision.FEATURES}
        return tuple(
            AskedFeature(kinds[one["type"]], one.get("maxResults"))
            for one in entries[0].get("features", ())
            if one.get("type") in kinds
        )


@dataclass(frozen=True)
class Look:
    """One answer, ready to be shown."""

    seen: SeenAnswer
    picture: QImage
    """Null where the image cannot be shown."""
    answer: Answer
    json: str


class ImageReader(Service):
    """Makes of files what would be sent, and of what was sent pictures."""

    prepared = Signal(int, object)
    """The number of the wish, and the `jobs.cloud.Prepared`."""
    looked = Signal(object)
    """A Look."""

    def __init__(self) -> None:
        super().__init__("cloud images")

    def prepare(self, number: int, paths: Sequence[Path], how: Preparation, cancel: Cancel) -> None:
        """Read files and all images below folders → prepared."""

        def prepare() -> None:
            from imgclf_gui.jobs.cloud import prepare

            self.prepared.emit(number, prepare(paths, how, cancel))

        self.ask("prepare", prepare)

    def look(self, seen: SeenAnswer) -> None:
        """Decode the image and read the answer → looked."""
        self.ask("look", lambda: self.looked.emit(look(seen)))


class RequestReader(Service):
    """Checks and prices requests, and reads what is kept."""

    read = Signal(int, object)
    """The number of the wish, and its Reading."""
    listed = Signal(object, object)
    """The Project, and the Exchanges kept in it: the newest last."""
    recordings_listed = Signal(object)
    """The Exchanges that ship with the app."""
    opened = Signal(object)
    """A SeenExchange."""
    rehearsal_read = Signal(object, object)
    """The Exchange, and its Rehearsal."""

    def __init__(self) -> None:
        super().__init__("cloud requests")
        self._newest = 0

    def read_request(self, wish: Wish) -> None:
        """Check and price it → read; only the newest wish is answered."""
        self._newest = wish.number

        def read() -> None:
            if wish.number == self._newest:
                self.read.emit(wish.number, reading(wish))

        self.ask("read", read)

    def list_kept(self, project: Project) -> None:
        """Look up what is kept in `project` → listed."""

        def read() -> None:
            from imgclf_gui.jobs.cloud_history import exchanges

            self.listed.emit(project, exchanges(project))

        self.ask("list", read)

    def list_recordings(self) -> None:
        """Look up what ships with the app → recordings_listed."""

        def read() -> None:
            from imgclf_gui.jobs.cloud_history import recordings

            self.recordings_listed.emit(recordings())

        self.ask("recordings", read)

    def open_exchange(self, exchange: Exchange) -> None:
        """Read request, images and answers → opened."""

        self.ask("open", lambda: self.opened.emit(seen_exchange(exchange)))

    def read_rehearsal(self, exchange: Exchange, account: Account) -> None:
        """Read it, and price it as if it were sent → rehearsal_read."""

        def read() -> None:
            found = seen_exchange(exchange)
            images = tuple(one.answered.image for one in found.answers)
            provider = annotation_providers()[exchange.info.provider]()
            wish = Wish(0, provider, account, images, vision.read(found.request))
            self.rehearsal_read.emit(exchange, Rehearsal(found, reading(wish)))

        self.ask("rehearse", read)

    def delete(self, exchange: Exchange) -> None:
        """Remove it for good."""

        def delete() -> None:
            from imgclf_gui.jobs.cloud_history import delete

            delete(exchange)

        self.ask("delete", delete)

    def forget_consents(self, project: Project) -> None:
        """Ask again each time."""

        def forget() -> None:
            from imgclf_gui.jobs.cloud import forget_consents

            forget_consents(project)

        self.ask("forget", forget)


class Sender(Service):
    """Sends; one thing at a time."""

    progressed = Signal(object)
    """A Progress."""
    answered = Signal(object)
    """A SeenExchange."""

    def __init__(self) -> None:
        super().__init__("cloud sender")

    def send(
        self,
        wish: Wish,
        request: dict[str, Any],
        consent: Consent | None,
        *,
        remember: bool,
        keep_in: Project,
        classify: Callable[[], Classify] | None,
        cancel: Cancel,
    ) -> None:
        """Send and keep → progressed…, answered."""

        def send() -> None:
            from imgclf_gui.jobs import accounts, cloud

            cancel.raise_if_cancelled()
            if consent is not None and remember:
                cloud.remember_consent(keep_in, consent.quote)
            access = accounts.access(wish.account) if classify is None else Access()
            if classify is not None:
                access = Access(classify=classify())
            answers = cloud.send(
                wish.provider,
                access,
                wish.images,
                request,
                consent=consent,
                on_progress=self.progressed.emit,
                cancel=cancel,
            )
            self.answered.emit(_kept(wish, request, answers, keep_in))

        self.ask("send", send)


def reading(wish: Wish) -> Reading:
    """What is wrong in a request, or what it means to send it."""
    from imgclf_gui.jobs import cloud

    request = wish.request
    if wish.text is not None:
        problems = vision.problems(wish.text) or wish.provider.check(wish.text)
        if problems:
            return Reading(problems=problems)
        request = vision.read(wish.text)
    try:
        quote = cloud.quote(wish.provider, wish.account, wish.images, request)
    except UserError as error:
        return Reading(request, (RequestProblem(0, error.report.sentence()),))
    remembered = wish.project is not None and cloud.consent_remembered(wish.project, quote)
    return Reading(request, (), quote, remembered)


def seen_exchange(exchange: Exchange) -> SeenExchange:
    """What is kept of it.

    Raises:
        UserError: `exchange.damaged`.
    """
    return SeenExchange(tuple(map(seen, exchange.answers())), exchange.request_text(), exchange)


def seen(answered: Answered) -> SeenAnswer:
    """An answer with what it says in a few words."""
    if answered.error is not None:
        return SeenAnswer(answered, "", answered.error.sentence())
    image = answered.image
    said = answer(answered.response, image.width, image.height)
    return SeenAnswer(answered, answer_words(said), said.error or "")


def answer_words(said: Answer) -> str:
    """'tabby cat, whiskers · objects (2) · text (14)'."""
    parts = []
    if said.labels:
        parts.append(", ".join(label.text for label in said.labels[:3]))
    counts: dict[str, int] = {}
    for region in said.regions:
        counts[region.kind] = counts.get(region.kind, 0) + 1
    parts += [f"{kind.replace('-', ' ')} ({count:,})" for kind, count in counts.items()]
    if said.web:
        parts.append(said.web[0].text)
    return " · ".join(parts) or "nothing found"


def look(seen: SeenAnswer) -> Look:
    """One answer, ready to be shown."""
    import json

    answered = seen.answered
    image, response = answered.image, answered.response
    text = json.dumps(response, indent=2, ensure_ascii=False)
    if len(text) > LONGEST_JSON:
        text = f"{text[:LONGEST_JSON]}\n… {len(text) - LONGEST_JSON:,} more characters"
    return Look(seen, _picture(image), answer(response, image.width, image.height), text)


def _picture(image: CloudImage) -> QImage:
    from imgclf_gui.core.images import decode  # with it comes Pillow

    try:
        return qimage(decode(image.content, name=image.name), PICTURE_SIDE)
    except UserError:
        return QImage()


def _kept(
    wish: Wish, request: dict[str, Any], answers: tuple[Answered, ...], project: Project
) -> SeenExchange:
    """The answers, kept in `project`; where that fails they are shown all the same."""
    from imgclf_gui.jobs.cloud_history import keep

    exchange, unkept = None, None
    host = wish.provider.host_of(wish.account)
    kind = wish.provider.kind
    try:
        exchange = keep(project, provider=kind, host=host, request=request, answers=answers)
    except UserError as error:
        unkept = error.report
    return SeenExchange(tuple(map(seen, answers)), vision.text(request), exchange, unkept)
