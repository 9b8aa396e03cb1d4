"""Cloud Vision on this machine: gRPC and REST, as Google's clients speak them, from one script.

    with VisionServer() as server:
        server.script([QUOTA, Good()])  # two requests; those after them are answered well
        … server.grpc_host, server.rest_host …
        assert server.requests == 2 and server.received[0].api_key == "…"

Refusals are `Status`es: tests/helpers/google_errors.py has those that Google really sends.
What it sees in images: tests/helpers/vision_answers.py.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import grpc
from google.cloud import vision_v1
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from tests.helpers.google_errors import Status
from tests.helpers.loopback import LOOPBACK, HttpHandler, LoopbackServer, Relay, cut
from tests.helpers.vision_answers import annotate

SERVICE = "google.cloud.vision.v1.ImageAnnotator"
PATH = "/v1/images:annotate"
MOST_IMAGES = 16
MOST_BYTES = 10_485_760
"""Of a request: 10 MB as Google counts them."""

TOO_MANY = Status("INVALID_ARGUMENT", "Too many images per request.")
TOO_LARGE = Status(
    "INVALID_ARGUMENT", f"Request payload size exceeds the limit: {MOST_BYTES} bytes."
)

BatchRequest = vision_v1.BatchAnnotateImagesRequest.pb()
BatchResponse = vision_v1.BatchAnnotateImagesResponse.pb()


@dataclass(frozen=True)
class Good:
    """The answer that fits the images, `latency` seconds later."""

    latency: float = 0.0


@dataclass(frozen=True)
class Hang:
    """No answer until `VisionServer.release`, or until the client or the test has enough."""


@dataclass(frozen=True)
class Garbage:
    """Bytes that are no message: neither JSON nor protobuf."""

    content: bytes = b"\xff<html>Welcome to the hotel's network"


@dataclass(frozen=True)
class PerImageError:
    """A good call in which one image has an error of its own."""

    index: int
    code: int = 3
    message: str = "Bad image data."


@dataclass(frozen=True)
class Drop:
    """The connection ends without an answer."""


Behaviour = Good | Hang | Garbage | PerImageError | Drop | Status


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    transport: str
    """"grpc" or "rest"."""
    request: Any
    """BatchAnnotateImagesRequest (protobuf)."""
    metadata: Mapping[str, str]
    """gRPC's metadata or HTTP's headers; names in small letters."""
    body: bytes
    """What was sent: JSON, or over gRPC the message's bytes."""

    @property
    def api_key(self) -> str | None:
        return self.metadata.get("x-goog-api-key")

    @property
    def authorization(self) -> str | None:
        """`Bearer …`."""
        return self.metadata.get("authorization")

    @property
    def quota_project(self) -> str | None:
        return self.metadata.get("x-goog-user-project")


class VisionServer:
    """Started by `with`; everything is closed at its end, also calls that hang."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.abandoned = 0
        """Calls whose client left before they were answered."""
        self._changed = threading.Condition()
        self._script: list[Behaviour] = []
        self._then: Behaviour = Good()
        self._released = self._stopping = False
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._relay = stack.enter_context(Relay(stack.enter_context(_grpc_server(self))))
            self._http = stack.enter_context(_HttpServer(self))
            stack.callback(self._stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def _stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    @property
    def grpc_host(self) -> str:
        """`127.0.0.1:PORT`, for grpc.insecure_channel."""
        return f"{LOOPBACK}:{self._relay.port}"

    @property
    def rest_host(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self._http.url

    @property
    def connections(self) -> int:
        """How often anybody connected, on both ports, also without asking anything."""
        return self._relay.connections + self._http.connections

    @property
    def requests(self) -> int:
        """How often images were sent, whatever was answered."""
        return len(self.received)

    @property
    def images(self) -> int:
        """How many images came in all requests."""
        return sum(len(one.request.requests) for one in self.received)

    def script(self, behaviours: Sequence[Behaviour], then: Behaviour = Good()) -> None:
        """What happens to the next requests, one after the other, and to all `then`."""
        with self._changed:
            self._script, self._then = list(behaviours), then

    def release(self) -> None:
        """Calls that hang, now or later, are answered well."""
        with self._changed:
            self._released = True
            self._changed.notify_all()

    def wait_for(self, requests: int, seconds: float = 20) -> None:
        """Until so many requests have come; fails where they do not."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.requests >= requests, seconds)

    def wait_abandoned(self, calls: int, seconds: float = 20) -> None:
        """Until the clients of so many calls have left; fails where they do not."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.abandoned >= calls, seconds)

    def take(self, received: Received) -> Behaviour:
        """Keep a request; what is to happen to it."""
        with self._changed:
            self.received.append(received)
            self._changed.notify_all()
            if len(received.request.requests) > MOST_IMAGES:
                return TOO_MANY
            if len(received.body) > MOST_BYTES:
                return TOO_LARGE
            return self._script.pop(0) if self._script else self._then

    def wait(self, behaviour: Behaviour, gone: Callable[[], bool]) -> bool:
        """As long as the behaviour asks for; whether somebody still wants the answer."""
        seconds = behaviour.latency if isinstance(behaviour, Good) else 0.0
        end = time.monotonic() + seconds
        with self._changed:
            while not self._stopping:
                if gone():
                    self.abandoned += 1
                    self._changed.notify_all()
                    return False
                hangs = isinstance(behaviour, Hang) and not self._released
                left = 0.005 if hangs else end - time.monotonic()
                if left <= 0:
                    return True
                self._changed.wait(min(left, 0.005))
        return False

    def hang_up(self) -> None:
        """Cut all connections of gRPC."""
        self._relay.hang_up()


def _respond(request: Any, behaviour: Behaviour) -> Any:
    """The answer (protobuf), with the error that one image may have."""
    answers = [_respond_to(one) for one in request.requests]
    if isinstance(behaviour, PerImageError):
        error = {"code": behaviour.code, "message": behaviour.message}
        answers[behaviour.index] = {"error": error}
    return json_format.ParseDict({"responses": answers}, BatchResponse())


def _respond_to(one: Any) -> dict[str, Any]:
    names = vision_v1.Feature.Type
    features = {names(feature.type_).name: feature.max_results for feature in one.features}
    return annotate(one.image.content, features)


@contextlib.contextmanager
def _grpc_server(vision: VisionServer) -> Iterator[int]:
    """A server of gRPC; its port. Requests and answers pass as bytes."""

    def annotate_images(body: bytes, context: Any) -> bytes:
        return _over_grpc(vision, body, context)

    handler = grpc.unary_unary_rpc_method_handler(annotate_images)
    generic = grpc.method_handlers_generic_handler(SERVICE, {"BatchAnnotateImages": handler})
    with futures.ThreadPoolExecutor(32) as threads:
        server = grpc.server(threads, options=[("grpc.max_receive_message_length", -1)])
        server.add_generic_rpc_handlers((generic,))
        port = server.add_insecure_port(f"{LOOPBACK}:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(None).wait()


def _over_grpc(vision: VisionServer, body: bytes, context: Any) -> bytes:
    try:
        request = BatchRequest.FromString(body)
    except DecodeError:
        Status("INVALID_ARGUMENT", "Request is not a message.").abort(context)
    metadata = dict(context.invocation_metadata())
    behaviour = vision.take(Received("grpc", request, metadata, body))
    if not vision.wait(behaviour, lambda: not context.is_active()):
        return b""
    if isinstance(behaviour, Status):
        behaviour.abort(context)
    if isinstance(behaviour, Drop):
        vision.hang_up()
    if isinstance(behaviour, Garbage):
        return behaviour.content
    answer: bytes = _respond(request, behaviour).SerializeToString()
    return answer


class _HttpServer(LoopbackServer):
    def __init__(self, vision: VisionServer) -> None:
        super().__init__(_Rest)
        self.vision = vision


class _Rest(HttpHandler):
    server: _HttpServer

    def do_POST(self) -> None:
        """BatchAnnotateImages; everything else is not found."""
        body = self.body()
        if urlsplit(self.path).path != PATH:
            return self.answer(404, b"<!DOCTYPE html><title>Error 404</title>", "text/html")
        try:
            request = json_format.Parse(body, BatchRequest())
        except json_format.ParseError as error:
            message = f"Invalid JSON payload received. {error}"
            return self.answer(*Status("INVALID_ARGUMENT", message).rest())
        metadata = {name.lower(): value for name, value in self.headers.items()}
        behaviour = self.server.vision.take(Received("rest", request, metadata, body))
        if self.server.vision.wait(behaviour, self._gone):
            self._end(behaviour, request)
        return None

    def _end(self, behaviour: Behaviour, request: Any) -> None:
        match behaviour:
            case Status():
                self.answer(*behaviour.rest())
            case Garbage():
                self.answer(200, behaviour.content)
            case Drop():
                self.close_connection = True
                cut(self.connection)
            case _:
                response = _respond(request, behaviour)
                self.answer(200, self._json(response))

    def _json(self, response: Any) -> bytes:
        """Enums by name, or as numbers where the client asks for that, as Google's does."""
        asked = parse_qs(urlsplit(self.path).query).get("$alt", [""])[0]
        numbers = "enum-encoding=int" in asked
        text: str = json_format.MessageToJson(response, use_integers_for_enums=numbers)
        return text.encode()

    def _gone(self) -> bool:
        """Whether the client has closed its end."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""
