"""Downloads: nothing without being asked, whole and checked or not at all, and ended at once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.cli.main import main
from imgclf_gui.core import network
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.jobs import backbones as backbone_jobs
from imgclf_gui.jobs.backbones import downloaded_weights, fetch_weights, wanted_weights
from imgclf_gui.jobs.downloads import Progress, Wanted, fetch
from imgclf_gui.plan.backbones import Backbone, add_backbone, own_folder
from tests.helpers.file_server import FileServer, dead_port, serving
from tests.helpers.timing import within

WANTED = Wanted(
    url="https://files.example/a/w.h5",
    what="weights of Example",
    largest=1_000_000,
    otherwise="Or add the file.",
)
SMALL = "keras:MobileNetV2:0.35"


@pytest.fixture
def server() -> Iterator[FileServer]:
    """Runs while the test does."""
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """What went over the network is counted from here."""
    monkeypatch.setattr(network, "_contacts", [])


def _refused(server: FileServer | str, target: Path, wanted: Wanted = WANTED) -> ErrorReport:
    """Why `wanted` is not kept; nothing lies beside `target` afterwards."""
    url = server if isinstance(server, str) else server.url
    with pytest.raises(UserError) as refused:
        fetch(wanted, target, server=url)
    assert list(target.parent.iterdir()) == []
    return refused.value.report


# What comes


@pytest.mark.parametrize("behaviour", ["whole", "without a length"])
def test_a_file_is_kept_whole_and_its_hash_told(
    server: FileServer, tmp_path: Path, behaviour: Any
) -> None:
    server.behaviour = behaviour
    told: list[Progress] = []
    found = fetch(WANTED, tmp_path / "w.h5", told.append, server=server.url)
    assert found == hashlib.sha256(server.content).hexdigest()
    assert (tmp_path / "w.h5").read_bytes() == server.content
    assert [path.name for path in tmp_path.iterdir()] == ["w.h5"]
    assert told[0].done == 0 and told[-1].done == len(server.content)
    assert told[-1].total == (len(server.content) if behaviour == "whole" else 0)
    assert told[-1].bytes_per_second


def test_only_the_request_for_the_file_is_sent(server: FileServer, tmp_path: Path) -> None:
    fetch(WANTED, tmp_path / "w.h5", server=server.url)
    ((path, headers),) = server.asked
    assert path == "/a/w.h5"
    assert {name.lower() for name in headers} == {
        "accept-encoding", "host", "user-agent", "connection",
    }  # fmt: skip
    assert headers["User-Agent"] == "imgclf-studio"
    assert server.connections == 1
    assert [(one.host, one.purpose) for one in network.seen()] == [
        ("files.example", "weights of Example")
    ]


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_published_hash_is_checked(server: FileServer, tmp_path: Path, algorithm: str) -> None:
    digest = hashlib.new(algorithm, server.content).hexdigest()
    wanted = replace(WANTED, digest=digest)
    assert fetch(wanted, tmp_path / "w.h5", server=server.url)
    (tmp_path / "w.h5").unlink()
    server.content += b"x"
    report = _refused(server, tmp_path / "w.h5", wanted)
    assert report.code == "download.hash"
    assert f"its {algorithm} is" in report.message and digest[:12] in report.message
    assert "Nothing was kept" in report.hint and "Or add the file." in report.hint


def test_progress_in_words_and_time_left() -> None:
    progress = Progress(3_200_000, 9_400_000, 3_100_000.0)
    assert progress.words() == "3.20 MB of 9.40 MB · 3.10 MB/s"
    assert progress.seconds_left == 2.0
    unknown = Progress(3_200_000, 0)
    assert (unknown.words(), unknown.fraction, unknown.seconds_left) == ("3.20 MB", None, None)


# What does not


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        ("missing", "download.missing", "has no file w.h5"),
        ("busy", "download.refused", "answers 503"),
        ("elsewhere", "download.elsewhere", "leads to example.invalid"),
        ("truncated", "download.broken", "broke off after 1.00 kB"),
        ("broken chunks", "download.broken", "broke off"),
        ("garbled", "download.broken", "broke off"),
        ("too large", "download.large", "at most 1.00 MB"),
        ("endless", "download.large", "at most 1.00 MB"),
    ],
)
def test_a_host_that_misbehaves_is_told_of_and_nothing_is_kept(
    server: FileServer, tmp_path: Path, behaviour: Any, code: str, said: str
) -> None:
    server.behaviour = behaviour
    report = within(2.0, lambda: _refused(server, tmp_path / "w.h5"))
    assert report.code == code
    assert said in report.message and "files.example" in report.message
    assert "Or add the file." in report.hint
    assert server.connections == 1, "nobody else was asked"


def test_a_port_where_nobody_listens(tmp_path: Path) -> None:
    report = _refused(dead_port(), tmp_path / "w.h5")
    assert report.code == "download.unreachable"
    assert "cannot be reached" in report.message and "Or add the file." in report.hint


@pytest.mark.parametrize("behaviour", ["silent", "halting"])
def test_a_host_that_says_nothing(
    server: FileServer, tmp_path: Path, behaviour: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgclf_gui.jobs.downloads.TIMEOUT", 0.2)
    server.behaviour = behaviour
    report = _refused(server, tmp_path / "w.h5")
    assert report.code == "download.silent"
    assert "sent nothing for" in report.message


def test_a_machine_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def unknown(*_arguments: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError) as refused:
        fetch(WANTED, tmp_path / "w.h5")
    assert refused.value.code == "download.offline"
    assert "files.example cannot be found" in refused.value.report.message


def test_what_was_there_before_stays(server: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "w.h5"
    target.write_bytes(b"before")
    server.behaviour = "truncated"
    with pytest.raises(UserError):
        fetch(WANTED, target, server=server.url)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


@pytest.mark.parametrize("behaviour", ["silent", "halting", "endless"])
def test_a_cancel_ends_it_at_once_wherever_it_is(
    server: FileServer, tmp_path: Path, behaviour: Any
) -> None:
    server.behaviour = behaviour
    cancelled = threading.Event()

    def cancel() -> None:
        assert behaviour == "endless" or server.reached.wait(10)
        cancelled.set()

    threading.Thread(target=cancel).start()
    wanted = replace(WANTED, largest=1 << 40)
    found = within(
        0.5, lambda: fetch(wanted, tmp_path / "w", cancelled=cancelled, server=server.url)
    )
    assert found is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("http://files.example/w.h5", ""),
        ("file://localhost/etc/passwd", ""),
        ("ftp://files.example/w.h5", ""),
        ("https://files.example/w.h5", "http://elsewhere.example"),
    ],
)
def test_nothing_but_https_and_for_tests_this_machine(
    url: str, server: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"no https|not this machine"):
        fetch(replace(WANTED, url=url), tmp_path / "w", server=server)
    assert network.seen() == ()


# What went over the network


def test_who_watches_hears_of_each_request_until_it_ends() -> None:
    heard: list[network.Contact] = []
    end = network.subscribe(heard.append)
    network.note("a.example", "weights of A")
    assert heard == list(network.seen())
    end()
    end()
    network.note("b.example", "weights of B")
    assert [one.host for one in heard] == ["a.example"]
    assert [one.host for one in network.seen()] == ["a.example", "b.example"]


# Keras's weights


def test_what_is_asked_for_is_said_before(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = wanted_weights("keras:resnet50")
    said = " ".join(wanted.consent())
    assert "weights of ResNet50 from storage.googleapis.com (about 94.4 MB)" in said
    assert "no image" in said and "network address" in said
    assert "its md5 is 4d473c1dd8becc155b73f8504c6f6626" in said
    assert "No hash" in " ".join(wanted_weights("keras:MobileNetV2").consent())
    assert "size unknown until asked" in WANTED.consent()[0]
    assert network.seen() == ()


def test_weights_come_into_a_folder_of_their_own(server: FileServer) -> None:
    path = fetch_weights(SMALL, lambda _: None, server=server.url)
    assert path is not None and path.read_bytes() == server.content
    assert path.parent.parent == own_folder()
    (asked, _), *_ = server.asked
    assert asked.endswith("/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5")


def test_of_a_download_that_fails_or_is_cancelled_nothing_stays(server: FileServer) -> None:
    with pytest.raises(UserError) as refused:
        fetch_weights("keras:VGG16", lambda _: None, server=server.url)
    assert refused.value.code == "download.hash"
    cancelled = threading.Event()
    cancelled.set()
    assert fetch_weights(SMALL, lambda _: None, cancelled, server=server.url) is None
    assert list(own_folder().iterdir()) == []


# The command line


@pytest.fixture
def asks_here(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> FileServer:
    """The command line asks this server in place of Keras's host."""

    def here(of: str, watch: Any) -> Path | None:
        return fetch_weights(of, watch, server=server.url)

    monkeypatch.setattr("imgclf_gui.cli.backbones.fetch_weights", here)
    return server


def _answer(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _question: answer)


@pytest.mark.parametrize("answer", ["", "n", "no", "x"])
def test_without_a_yes_nobody_is_asked(
    asks_here: FileServer,
    answer: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _answer(monkeypatch, answer)
    assert main(["backbones", "--download", SMALL]) == 1
    said = capsys.readouterr().out
    assert "storage.googleapis.com" in said and "_0.35_224_no_top.h5" in said
    assert "Nothing was downloaded." in said
    assert asks_here.connections == 0 and network.seen() == ()


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_where_nobody_can_agree_nobody_is_asked(
    asks_here: FileServer, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backbones", "--download", SMALL, *words]) == 2
    assert "Add --yes if you agree." in capsys.readouterr().err
    assert asks_here.connections == 0 and network.seen() == ()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--download", "keras:AlexNet", "--yes"], 2, "no network of Keras"),
        (["--download", "keras:MobileNetV3Small", "--yes"], 1, "hard-swish"),
        (["--download", "keras:MobileNetV2:0.6", "--yes"], 2, "0.35, 0.5, 0.75"),
        (["--yes"], 2, "belongs to --download"),
        (["--download", SMALL, "--as", SMALL], 2, "belong to --add"),
    ],
)
def test_what_cannot_be_had_is_refused_before_anybody_is_asked(
    asks_here: FileServer,
    words: list[str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["backbones", *words]) == code
    assert said in capsys.readouterr().err
    assert asks_here.connections == 0 and network.seen() == ()


def test_agreed_to_it_is_asked_for_once_and_a_file_of_another_kind_is_refused(
    asks_here: FileServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _answer(monkeypatch, "y")
    assert main(["backbones", "--download", SMALL]) == 1
    assert "neither HDF5 nor .keras" in capsys.readouterr().err
    assert asks_here.connections == 1
    assert list(own_folder().iterdir()) == []


def test_what_was_downloaded_before_is_not_asked_for_again(
    asks_here: FileServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert downloaded_weights(SMALL) is None
    made = Backbone(
        id="mine", title="Mine", width=8, height=8, blocks=(), source=wanted_weights(SMALL).url
    )
    add_backbone(made, {})
    assert main(["backbones", "--download", SMALL]) == 0
    assert "nothing is sent" in capsys.readouterr().out
    assert asks_here.connections == 0
    assert backbone_jobs.downloaded_weights("keras:MobileNetV2") is None
