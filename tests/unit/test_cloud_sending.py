"""Sending with Google's own client to a server on this machine, over gRPC and over REST."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgclf_gui.core import network, vision
from imgclf_gui.core.cloud import Account, Cancel
from imgclf_gui.core.errors import UserError
from tests.helpers import google_errors as google
from tests.helpers.cloud_parts import KEY, Sending, asked, many, pictures, vision_host
from tests.helpers.google_errors import Status
from tests.helpers.loopback import HttpHandler, LoopbackServer, dead_port
from tests.helpers.timing import hold
from tests.helpers.token_server import (
    CLOCK_SKEWED,
    REVOKED,
    TOO_EARLY,
    ProxyStub,
    Refused,
    TokenServer,
)
from tests.helpers.vision_server import Drop, Garbage, Good, Hang, PerImageError, VisionServer

PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "grpc_proxy", "all_proxy",
           "no_proxy", "NO_PROXY", "no_grpc_proxy")  # fmt: skip


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[VisionServer]:
    with VisionServer() as started:
        yield started


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as started:
        yield started


@pytest.fixture(params=["grpc", "rest"])
def sending(request: pytest.FixtureRequest, server: VisionServer) -> Sending:
    """Three photographs, to be asked for labels."""
    return Sending(vision_host(server, request.param), request.param)


def refused(sending: Sending) -> UserError:
    with pytest.raises(UserError) as caught:
        sending()
    return caught.value


def test_photographs_get_labels(sending: Sending, server: VisionServer) -> None:
    answers = sending()
    assert [one.image.name for one in answers] == ["chelsea.jpg", "coffee.jpg", "rocket.jpg"]
    for one in answers:
        assert one.error is None
        assert len(one.response["labelAnnotations"]) == 3
        assert one.response["labelAnnotations"][0]["score"] == pytest.approx(0.98)
    assert server.requests == 1
    received = server.received[0]
    assert received.transport == sending.transport
    assert received.api_key == KEY
    assert received.authorization is None
    assert received.request.requests[0].image.content == answers[0].image.content
    assert sending.said[-1].done == sending.said[-1].total == 3


def test_an_image_that_the_service_cannot_read_is_told_of_alone(
    sending: Sending, server: VisionServer
) -> None:
    server.script([PerImageError(1)])
    first, second, third = sending()
    assert first.error is None
    assert third.error is None
    assert second.error is not None
    assert second.error.message == "coffee.jpg was not answered: Bad image data."


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (google.KEY_INVALID, "cloud.key", "does not know this API key"),
        (Status("PERMISSION_DENIED", "Requests from this IP are blocked",
                "API_KEY_IP_ADDRESS_BLOCKED"),
         "cloud.key", "from this IP are blocked. Change the key's restrictions"),
        (google.TOKEN_INVALID, "cloud.signed-out", "Sign in again"),
        (google.NOT_ENABLED, "cloud.not-enabled", "Enable it in 'APIs & Services"),
        (google.NO_BILLING, "cloud.billing", "no billing account"),
        (google.NO_PERMISSION, "cloud.permission", "serviceUsageConsumer"),
        (Status("PERMISSION_DENIED", "Insufficient scopes.", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
         "cloud.permission", "made for other purposes"),
        (google.NOT_FOUND, "cloud.not-found", "region and the host"),
        (google.TIMED_OUT, "cloud.deadline", "did not answer in time"),
        (Status("INVALID_ARGUMENT", "Request must specify image."), "cloud.invalid",
         "refused: Request must specify image."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_refusal_is_a_sentence_and_is_not_repeated(
    sending: Sending, server: VisionServer, status: Status, code: str, said: str
) -> None:
    server.script([status])
    error = refused(sending)
    assert error.code == code
    assert said in error.report.sentence()
    assert error.report.hint
    assert server.requests == 1


@pytest.mark.parametrize(
    ("busy", "said"),
    [
        (google.QUOTA, "The quota is used up for the moment"),
        (google.UNAVAILABLE, "has a problem of its own"),
        (Status("INTERNAL", "Oops."), "Oops"),
    ],
)
def test_who_is_busy_is_asked_again_after_a_while(
    sending: Sending, server: VisionServer, busy: Status, said: str
) -> None:
    server.script([busy, busy])
    assert all(one.error is None for one in sending())
    assert server.requests == 3
    words = " ".join(progress.words for progress in sending.said)
    assert said in words
    assert "Trying again in" in words


def test_the_service_may_say_how_long_to_wait(sending: Sending, server: VisionServer) -> None:
    server.script([Status("RESOURCE_EXHAUSTED", "Slowly.", retry_delay=3600)])
    cancel = sending.cancel

    def told(seen: object) -> None:
        if "Trying again in 60 s" in str(getattr(seen, "words", "")):
            cancel.cancel()

    sending.said = _Listener(told)
    assert refused(sending).code == "cloud.cancelled"


class _Listener(list):  # type: ignore[type-arg]
    """A list that tells of what is added."""

    def __init__(self, tell: object) -> None:
        super().__init__()
        self._tell = tell

    def append(self, value: object) -> None:
        super().append(value)
        self._tell(value)  # type: ignore[operator]


def test_who_stays_busy_is_left_in_peace(sending: Sending, server: VisionServer) -> None:
    server.script([], then=google.QUOTA)
    error = refused(sending)
    assert error.code == "cloud.quota"
    assert "limit 'Requests per minute'" in error.report.message
    assert server.requests == 4


def test_a_server_that_hangs_is_waited_for_only_so_long(
    sending: Sending, server: VisionServer
) -> None:
    server.script([Hang()])
    sending.seconds = 0.2
    began = time.monotonic()
    assert refused(sending).code == "cloud.deadline"
    hold(time.monotonic() - began, 1.5)


def test_a_call_can_be_cancelled_while_it_is_made(sending: Sending, server: VisionServer) -> None:
    server.script([Hang()])
    ended = []

    def cancel() -> None:
        server.wait_for(1)
        ended.append(time.monotonic())
        sending.cancel.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    error = refused(sending)
    hold(time.monotonic() - ended[0], 0.1)
    thread.join()
    assert error.code == "cloud.cancelled"
    server.wait_abandoned(1)  # the connection is cut, too


def test_what_was_answered_before_a_cancel_is_kept(sending: Sending, server: VisionServer) -> None:
    server.script([Good(), Hang()])
    sending.images = many(20, 10_000)

    def cancel() -> None:
        server.wait_for(2)
        sending.cancel.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    answers = sending()
    thread.join()
    assert [one.error.code if one.error else "" for one in answers] == (
        [""] * 16 + ["cloud.cancelled"] * 4
    )


@pytest.mark.parametrize(
    ("behaviour", "code"), [(Garbage(), "cloud.garbage"), (Drop(), "cloud.offline")]
)
def test_what_is_no_answer_is_said_to_be_none(
    sending: Sending, server: VisionServer, behaviour: Garbage | Drop, code: str
) -> None:
    server.script([behaviour])
    assert refused(sending).code == code


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_a_port_where_nobody_listens(transport: str) -> None:
    with dead_port() as port:
        error = refused(Sending(f"http://127.0.0.1:{port}", transport))
    assert error.code == "cloud.offline"
    assert "port is right" in error.report.hint


def test_images_go_in_batches_of_16(sending: Sending, server: VisionServer) -> None:
    sending.images = many(40, 10_000)
    answers = sending()
    assert [len(one.request.requests) for one in server.received] == [16, 16, 8]
    assert [one.image.name for one in answers] == [image.name for image in sending.images]
    assert [progress.done for progress in sending.said if not progress.words] == [16, 32, 40]
    assert sending.said[-1].bytes_done == sending.said[-1].bytes_total > 40 * 10_000
    assert any(progress.seconds_left is not None for progress in sending.said)


def test_images_go_in_batches_of_10_megabytes(sending: Sending, server: VisionServer) -> None:
    sending.images = many(5, 3_000_000)
    assert all(one.error is None for one in sending())
    assert [len(one.request.requests) for one in server.received] == [2, 2, 1]
    assert all(len(one.body) < 10_000_000 for one in server.received)


def test_a_request_that_fails_leaves_the_others_alone(
    sending: Sending, server: VisionServer
) -> None:
    server.script([google.TIMED_OUT])
    sending.images = many(20, 10_000)
    answers = sending()
    assert [one.error is None for one in answers] == [False] * 16 + [True] * 4


def test_after_a_refusal_that_holds_for_all_nothing_more_is_sent(
    sending: Sending, server: VisionServer
) -> None:
    server.script([Good(), google.NO_BILLING])
    sending.images = many(40, 10_000)
    answers = sending()
    assert server.requests == 2
    assert [one.error.code if one.error else "" for one in answers] == (
        [""] * 16 + ["cloud.billing"] * 24
    )


def test_without_consent_there_is_not_one_connection(
    sending: Sending, server: VisionServer
) -> None:
    sending.agreed = False
    assert refused(sending).code == "cloud.consent"
    assert server.connections == 0


def test_without_consent_not_even_a_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **named: object) -> None:
        raise AssertionError("the network was touched")

    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, never)
    monkeypatch.setattr(socket.socket, "connect", never)
    before = network.seen()
    keys = Sending("vision.googleapis.com", "grpc", agreed=False)
    adc = Sending("", "", account=Account(), agreed=False)
    assert refused(keys).code == refused(adc).code == "cloud.consent"
    assert network.seen() == before


def test_a_consent_covers_what_was_shown_and_no_more(
    sending: Sending, server: VisionServer
) -> None:
    from imgclf_gui import catalog
    from imgclf_gui.core.annotation import Access
    from imgclf_gui.jobs import cloud

    provider = catalog.annotation_providers()["cloud-vision"]()
    account = Account.model_validate({"host": sending.host, "way": "api-key"})
    few = pictures("chelsea.jpg")
    consent = cloud.consent(cloud.quote(provider, account, few, asked(few)))
    more = pictures()
    faces = asked(few, [vision.AskedFeature("faces")])
    for images, request in ((more, asked(more)), (few, faces)):
        with pytest.raises(UserError) as caught:
            cloud.send(
                provider,
                Access(account, lambda: KEY),
                images,
                request,
                consent=consent,
                on_progress=lambda progress: None,
                cancel=Cancel(),
            )
        assert caught.value.code == "cloud.consent"
        assert "more than what was agreed to" in caught.value.report.message
    assert server.connections == 0


class _Redirecting(HttpHandler):
    def do_POST(self) -> None:
        self.body()
        self.send_response(307)
        self.send_header("Location", f"{_Redirecting.target}/v1/images:annotate")
        self.send_header("Content-Length", "0")
        self.end_headers()

    target = ""


def test_images_do_not_follow_a_redirect(server: VisionServer) -> None:
    _Redirecting.target = server.rest_host
    with LoopbackServer(_Redirecting) as elsewhere:
        assert refused(Sending(elsewhere.url, "rest")).code == "cloud.garbage"
    assert server.connections == 0


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_a_proxy_that_stands_between_is_named_without_its_password(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProxyStub(407) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("http://", "http://me:hush-hush@"))
        error = refused(Sending("vision.googleapis.com", transport))
        assert proxy.asked[0] == "CONNECT vision.googleapis.com:443"
    with dead_port() as port:
        monkeypatch.setenv("https_proxy", f"http://me:hush-hush@127.0.0.1:{port}")
        dead = refused(Sending("vision.googleapis.com", transport))
    for one in (error, dead):
        assert one.code == "cloud.proxy"
        assert "hush" not in one.report.model_dump_json()


def test_no_proxy_stands_before_this_machine(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dead_port() as port:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "grpc_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        assert all(one.error is None for one in sending())


def test_a_service_account_signs_in_with_its_file(
    sending: Sending, server: VisionServer, tokens: TokenServer, tmp_path: Path
) -> None:
    sending.account = Account.model_validate(
        {
            "way": "service-account",
            "file": str(tokens.service_account(tmp_path)),
            "host": sending.host,
            "transport": sending.transport,
            "quota_project": "payer",
        }
    )
    assert len(sending()) == 3
    received = server.received[0]
    assert received.authorization == "Bearer ya29.test-1"
    assert received.quota_project == "payer"
    assert received.api_key is None
    assert len(tokens.received) == 1


def test_a_person_signs_in_with_default_credentials(
    sending: Sending,
    server: VisionServer,
    tokens: TokenServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens.person(tmp_path, monkeypatch)
    sending.account = Account.model_validate(
        {"host": sending.host, "transport": sending.transport, "project": "mine"}
    )
    assert len(sending()) == 3
    assert server.received[0].authorization == "Bearer ya29.test-1"
    assert server.received[0].quota_project == "mine"


def test_a_revoked_sign_in_is_noticed_before_any_image_is_sent(
    sending: Sending,
    server: VisionServer,
    tokens: TokenServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens.person(tmp_path, monkeypatch)
    tokens.script([REVOKED])
    sending.account = Account.model_validate({"host": sending.host, "transport": sending.transport})
    error = refused(sending)
    assert error.code == "cloud.signed-out"
    assert "gcloud auth application-default login" in error.report.hint
    assert server.connections == 0


@pytest.mark.parametrize("skewed", [CLOCK_SKEWED, TOO_EARLY], ids=["invalid", "early"])
def test_a_clock_that_is_wrong_is_told_apart(
    skewed: Refused, sending: Sending, tokens: TokenServer, tmp_path: Path
) -> None:
    tokens.script([skewed])
    file = tokens.service_account(tmp_path)
    sending.account = Account(way="service-account", file=str(file), host=sending.host)
    error = refused(sending)
    assert error.code == "cloud.clock"
    assert "Set date and time" in error.report.hint


def test_a_sign_in_server_that_is_away(
    sending: Sending, tokens: TokenServer, tmp_path: Path
) -> None:
    with dead_port() as port:
        file = tokens.service_account(tmp_path, token_uri=f"http://127.0.0.1:{port}/token")
        sending.account = Account(way="service-account", file=str(file), host=sending.host)
        error = refused(sending)
    assert error.code == "cloud.offline"
    assert "oauth2.googleapis.com" in error.report.message


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "There are no credentials at"),
        ("nonsense", "cannot be read"),
        ("[]", "is not a key of a service account"),
        ('{"type": "authorized_user"}', "is not a key of a service account"),
        ('{"type": "service_account", "private_key": "x"}', "no complete key"),
    ],
)
def test_a_key_file_that_is_none(written: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "robot.json"
    if written is not None:
        file.write_text(written, "utf-8")
    account = Account(way="service-account", file=str(file))
    error = refused(Sending("", "", account=account))
    assert error.code == "cloud.credentials"
    assert said in error.report.message


def test_an_account_without_its_key_file() -> None:
    error = refused(Sending("", "", account=Account(way="service-account")))
    assert error.report.message == "The account names no key file."


@pytest.mark.parametrize(
    "written", [None, "{}", '{"type": "no_such"}', '{"type": "authorized_user"}']
)
def test_default_credentials_that_are_none(
    written: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "adc.json"
    if written is not None:
        file.write_text(written, "utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    error = refused(Sending("", "", account=Account()))
    assert error.code == "cloud.credentials"
    assert "gcloud auth application-default login" in error.report.hint


def test_without_a_key_it_is_said_where_one_goes(sending: Sending, server: VisionServer) -> None:
    sending.key = ""
    assert refused(sending).code == "cloud.key"
    assert server.connections == 0


def test_only_what_leaves_the_machine_is_noted(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(network.seen())
    sending()
    assert len(network.seen()) == before
    with dead_port() as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        refused(Sending("eu-vision.googleapis.com", sending.transport))
    assert [contact.host for contact in network.seen()[before:]] == ["eu-vision.googleapis.com"]
