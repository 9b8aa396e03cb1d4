"""Google's Cloud Vision."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from imgclf_gui.core.annotation import Access, AnnotationProvider, AnnotationSession
from imgclf_gui.core.cloud import Account
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.json_places import line_of
from imgclf_gui.core.vision import FEATURES, RequestProblem, problems, read

if TYPE_CHECKING:
    from google.auth.credentials import Credentials


class CloudVision(AnnotationProvider):
    """https://docs.cloud.google.com/vision/docs/reference/rest/v1/images/annotate"""

    order: ClassVar[int] = 10
    title: ClassVar[str] = "Cloud Vision"
    summary: ClassVar[str] = "Google's own models, over the network; needs an account."
    online: ClassVar[bool] = True

    def host_of(self, account: Account) -> str:
        """As the account says."""
        return account.host

    def features(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(feature.kind for feature in FEATURES)

    def check(self, text: str) -> tuple[RequestProblem, ...]:
        """Also what the client's own message does not take; imports the client."""
        found = problems(text)
        if found:
            return found
        from google.cloud.vision_v1 import BatchAnnotateImagesRequest
        from google.protobuf.json_format import ParseDict, ParseError

        request = read(text)
        for entry in request["requests"]:
            entry["image"]["content"] = ""  # a placeholder is no base64
        try:
            ParseDict(request, BatchAnnotateImagesRequest.pb()())
        except ParseError as error:
            return (RequestProblem(line_of(text, _place(str(error), request)), _said(str(error))),)
        return ()

    def open(self, access: Access) -> AnnotationSession:
        """Signs in; the connection itself is made with the first request."""
        from imgclf_gui.catalog.google_parts import credentials

        return _Session(access.account, credentials(access.account, access.secret))


class _Session(AnnotationSession):
    """One client, which stays connected."""

    def __init__(self, account: Account, signed: Credentials) -> None:
        from google.cloud import vision_v1

        from imgclf_gui.catalog.google_parts import quiet

        quiet()
        self._host = account.host
        self._signed = signed
        self._lines: Any = None
        made = self._over_rest() if account.transport == "rest" else self._over_grpc()
        self._client = vision_v1.ImageAnnotatorClient(transport=made)

    def _over_grpc(self) -> Any:
        from google.cloud.vision_v1.services.image_annotator import transports

        from imgclf_gui.catalog.google_parts import channel

        return transports.ImageAnnotatorGrpcTransport(channel=channel(self._host, self._signed))

    def _over_rest(self) -> Any:
        from google.cloud.vision_v1.services.image_annotator import transports

        from imgclf_gui.catalog.google_channel import Lines

        made = transports.ImageAnnotatorRestTransport(host=self._host, credentials=self._signed)
        made._session._refresh_status_codes = ()  # or images are sent again after a refusal
        self._lines = Lines(made._session, self._host)
        return made

    def annotate(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """One call, not retried by the client: `jobs` says in words that it tries again."""
        from google.cloud.vision_v1 import BatchAnnotateImagesRequest, BatchAnnotateImagesResponse
        from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

        from imgclf_gui.catalog.google_errors import in_words
        from imgclf_gui.catalog.google_parts import renew, secrets

        try:
            message = ParseDict(request, BatchAnnotateImagesRequest.pb()())
        except ParseError as error:
            raise UserError("cloud.request", _said(str(error)), "Mend the request.") from None
        renew(self._signed)
        try:
            answer = self._client.batch_annotate_images(
                request=BatchAnnotateImagesRequest.wrap(message), retry=None, timeout=seconds
            )
            return _without_moods(MessageToDict(BatchAnnotateImagesResponse.pb(answer)))
        except Exception as error:  # noqa: BLE001 the REST client leaks errors of many kinds
            raise in_words(error, self._host, secrets(self._signed)) from None

    def cancel(self) -> None:
        """Over gRPC the channel ends its calls; over REST the connections are cut."""
        if self._lines is not None:
            self._lines.cut()
        self._client.transport.close()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """The same: nothing is being made."""
        self.cancel()


_MOODS = ("joyLikelihood", "sorrowLikelihood", "angerLikelihood", "surpriseLikelihood")


def _without_moods(answer: dict[str, Any]) -> dict[str, Any]:
    """A face does not tell what a person feels, and Google takes these fields back by 2027."""
    for response in answer.get("responses", []):
        for face in response.get("faceAnnotations", []):
            for mood in _MOODS:
                face.pop(mood, None)
    return answer


def _said(error: str) -> str:
    """The last part of what protobuf's JSON reader says: that of the innermost field."""
    inner = error.rpartition(" field: ")[2]
    fields = re.search(r"Available Fields[^\[]*\[(.*?)\]", inner, re.DOTALL)
    what = re.split(r' at "?BatchAnnotate|\n', inner)[0].rstrip(". ")
    what = re.sub(r'Message type "[\w.]*\.(\w+)" has', r"\1 has", what)
    named = re.findall(r"Failed to parse (\w+) field", error)
    about = f"{named[-1]}: " if named else ""
    there = f"; there are: {fields[1]}".replace("'", "") if fields else ""
    return f"{about}{what}{there}."


def _place(error: str, request: dict[str, Any]) -> tuple[str | int, ...]:
    """Where in the request the reader's error arose; it does not always say so."""
    told = re.search(r' at "?BatchAnnotateImagesRequest\.?([\w.\[\]]*)', error)
    if told:
        parts = re.findall(r"\w+", told[1])
        unknown = re.search(r'has no field named "([^"]*)"', error)
        path = [int(part) if part.isdigit() else part for part in parts]
        return (*path, *([unknown[1]] if unknown else []))
    from google.cloud.vision_v1 import AnnotateImageRequest, Feature

    fields = re.findall(r"Failed to parse (\w+) field", error)
    entries = request["requests"]
    entry = _first_refused(entries, AnnotateImageRequest.pb())
    if "features" not in fields:
        return ("requests", entry, *fields[1:])
    feature = _first_refused(entries[entry]["features"], Feature.pb())
    return ("requests", entry, "features", feature, *fields[2:])


def _first_refused(values: list[Any], message: Any) -> int:
    from google.protobuf.json_format import ParseDict, ParseError

    for index, value in enumerate(values):
        try:
            ParseDict(value, message())
        except ParseError:
            return index
    return 0
