"""`imgclf cloud vision` and `imgclf cloud account`, against a server on this machine."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

from imgclf_gui.cli.main import main
from imgclf_gui.core.cloud import Account
from imgclf_gui.core.project import Project
from imgclf_gui.jobs import accounts, cloud
from imgclf_gui.jobs.cloud_history import exchanges
from tests.helpers import google_errors as google
from tests.helpers.cloud_parts import KEY, PICTURES, MemoryKeyring
from tests.helpers.vision_server import PerImageError, VisionServer

CHELSEA, ROCKET = str(PICTURES / "chelsea.jpg"), str(PICTURES / "rocket.jpg")


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    monkeypatch.delenv(accounts.VARIABLE, raising=False)
    before, mine = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


@pytest.fixture
def server() -> Iterator[VisionServer]:
    """A server, and an account that asks it."""
    with VisionServer() as started:
        accounts.set_key(KEY)
        accounts.save(Account(way="api-key", host=started.rest_host, transport="rest"))
        yield started


class Said:
    """How a command ended, and what it said."""

    def __init__(self, code: int, capsys: pytest.CaptureFixture[str]) -> None:
        self.code = code
        self.out, self.errors = capsys.readouterr()

    @property
    def result(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return result


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str | Path) -> Said:
        return Said(main(["cloud", *map(str, words)]), capsys)

    return run


def test_a_dry_run_shows_request_and_price_and_sends_nothing(
    server: VisionServer, run: Any
) -> None:
    said = run("vision", CHELSEA, "--feature", "labels", "--most", 3, "--dry-run", "--curl")
    assert said.code == 0
    assert '"content": "<chelsea.jpg as base64>"' in said.out
    assert '"maxResults": 3' in said.out
    assert "1 unit, $0 to $0.0015" in said.out
    assert "x-goog-api-key: $GOOGLE_API_KEY" in said.out
    assert "Nothing was sent." in said.out
    assert KEY not in said.out
    assert server.connections == 0
    result = run("vision", CHELSEA, "--dry-run", "--json").result
    assert result["sent"] is False
    assert result["quote"]["price_high"] == 0.0015
    assert result["quote"]["prices_as_of"] == "2026-11-01"
    assert server.connections == 0


def test_a_dry_run_needs_no_account(run: Any) -> None:
    said = run("vision", CHELSEA, ROCKET, "--feature", "faces", "--dry-run")
    assert said.code == 0
    assert "To vision.googleapis.com: 2 images" in said.out
    assert "ask the people in the images" in said.out


def test_without_a_yes_nothing_is_sent(
    server: VisionServer, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))  # no terminal
    said = run("vision", CHELSEA)
    assert said.code == 2
    assert "nobody agreed to it" in said.errors
    assert "--yes" in said.errors
    assert server.connections == 0


@pytest.mark.parametrize(("typed", "requests"), [("y\n", 1), ("n\n", 0), ("\n", 0), ("", 0)])
def test_on_a_terminal_it_asks(
    typed: str, requests: int, server: VisionServer, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.StringIO(typed)
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)
    said = run("vision", CHELSEA)
    assert said.code == (0 if requests else 2)
    assert "Send?" in said.out
    assert server.requests == requests
    assert server.connections == requests


def test_answers_come_as_a_table_and_as_json(server: VisionServer, run: Any) -> None:
    words = ("vision", CHELSEA, ROCKET, "--feature", "labels", "--feature", "text", "--yes")
    said = run(*words)
    assert said.code == 0
    assert "chelsea.jpg" in said.out
    assert "Red" in said.out
    assert "SAMPLE 42" in said.out
    assert server.received[0].api_key == KEY
    result = run(*words, "--json").result
    assert [one["image"] for one in result["answers"]] == ["chelsea.jpg", "rocket.jpg"]
    assert result["answers"][0]["response"]["labelAnnotations"][0]["description"] == "Red"
    assert result["exchange"] is None


def test_one_image_that_fails_does_not_fail_the_command(server: VisionServer, run: Any) -> None:
    server.script([PerImageError(0)])
    said = run("vision", CHELSEA, ROCKET, "--yes")
    assert said.code == 0
    assert "Bad image data" in said.out
    server.script([PerImageError(0)])
    assert run("vision", CHELSEA, "--yes").code == 1


def test_a_refusal_is_a_sentence(server: VisionServer, run: Any) -> None:
    server.script([google.NOT_ENABLED])
    said = run("vision", CHELSEA, "--yes")
    assert said.code == 1
    assert "The API is not enabled in your Google Cloud project." in said.errors


def test_request_and_answers_are_kept_in_a_project(
    server: VisionServer, run: Any, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "project")
    result = run("vision", CHELSEA, "--yes", "--project", project.folder, "--json").result
    (kept,) = exchanges(project)
    assert result["exchange"] == str(kept.folder)
    assert kept.answers()[0].response == result["answers"][0]["response"]
    assert kept.info.host == server.rest_host


def test_answers_that_cannot_be_kept_are_shown_all_the_same(
    server: VisionServer, run: Any, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "project")
    (project.folder / "cloud").write_text("no folder")
    said = run("vision", CHELSEA, "--yes", "--project", project.folder)
    assert said.code == 1
    assert "Red" in said.out
    assert "cloud could not be written" in said.errors
    assert server.requests == 1


def test_a_program_hears_of_images_that_are_left_out(
    server: VisionServer, run: Any, tmp_path: Path
) -> None:
    (tmp_path / "wrong.jpg").write_bytes(b"no image")
    (left_out,) = run("vision", CHELSEA, tmp_path, "--dry-run", "--json").result["left_out"]
    assert left_out["image"].endswith("wrong.jpg")
    assert "cannot be read" in left_out["error"]["message"]
    assert server.connections == 0


def test_a_consent_that_the_project_remembers_holds_here_too(
    server: VisionServer, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgclf_gui import catalog
    from tests.helpers.cloud_parts import asked, pictures

    monkeypatch.setattr(sys, "stdin", io.StringIO())
    project = Project.create(tmp_path / "project")
    assert run("vision", CHELSEA, "--project", project.folder).code == 2
    images = pictures("chelsea.jpg")
    provider = catalog.annotation_providers()["cloud-vision"]()
    cloud.remember_consent(project, cloud.quote(provider, accounts.load(), images, asked(images)))
    assert run("vision", ROCKET, "--project", project.folder).code == 0
    assert run("vision", ROCKET, "--feature", "web", "--project", project.folder).code == 2
    assert server.requests == 1


def test_a_request_of_ones_own(server: VisionServer, run: Any, tmp_path: Path) -> None:
    shown = run("vision", CHELSEA, "--dry-run", "--json").result["request"]
    shown["requests"][0]["imageContext"] = {"languageHints": ["de"]}
    file = tmp_path / "request.json"
    file.write_text(json.dumps(shown, indent=2))
    assert run("vision", CHELSEA, "--request", file, "--yes").code == 0
    assert server.received[0].request.requests[0].image_context.language_hints == ["de"]
    file.write_text(file.read_text("utf-8").replace("languageHints", "languages"))
    said = run("vision", CHELSEA, "--request", file, "--yes")
    assert said.code == 2
    assert "request.json: Line 13: " in said.errors
    assert 'no field named "languages"' in said.errors
    assert run("vision", ROCKET, "--request", file, "--dry-run").code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vision", "none.jpg"], "nothing at none.jpg"),
        (["vision", CHELSEA, "--feature", "moods", "--dry-run"], "labels, objects"),
        (["vision", CHELSEA, "--provider", "oracle", "--dry-run"], "cloud-vision, built-in"),
        (["vision", CHELSEA, "--request", "none.json"], "none.json cannot be read"),
        (["vision", CHELSEA, "--request", "x.json", "--most", "3"], "Leave them out"),
        (["vision", CHELSEA, "--provider", "built-in", "--feature", "web"], "cannot tell: Web"),
        (["vision", str(PICTURES / "README.txt")], "no image to ask about"),
        (["account", "--set", "colour=red"], "--set colour is no setting"),
        (["account", "--set", "host=evil.example"], "nor on this machine"),
        (["account", "--set", "project"], "NAME=VALUE"),
    ],
)
def test_wrong_use_says_what_would_be_right(words: list[str], said: str, run: Any) -> None:
    ended = run(*words)
    assert ended.code == 2
    assert said in ended.errors


def test_the_account_is_shown_changed_and_tested(
    server: VisionServer, run: Any, memory: MemoryKeyring
) -> None:
    said = run("account", "--set", "project=mine-1", "--set", "quota_project=payer", "--test")
    assert said.code == 0
    assert "mine-1" in said.out
    assert "in the keyring of this system" in said.out
    assert "signed in with the API key" in said.out
    assert KEY not in said.out
    assert server.images == 0
    assert accounts.load().quota_project == "payer"
    result = run("account", "--forget-key", "--json").result
    assert result["key"] is None
    assert result["account"]["project"] == "mine-1"
    assert memory.kept == {}


def test_a_key_file_is_found_from_every_folder(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("account", "--set", "file=robot.json").code == 0
    assert accounts.load().file == str(Path.cwd() / "robot.json")
    assert run("account", "--set", "file=~/robot.json").code == 0
    assert accounts.load().file == str(Path.home() / "robot.json")
    assert run("account", "--set", 'file={"private_key": 1}').code == 2
    assert run("account", "--set", "file=").code == 0
    assert accounts.load().file == ""


def test_a_key_is_read_and_never_an_argument(
    run: Any, memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\n"))
    said = run("account", "--key")
    assert said.code == 0
    assert KEY not in said.out + said.errors
    assert list(memory.kept.values()) == [KEY]
    monkeypatch.setattr(sys, "stdin", io.StringIO("nope\n"))
    assert run("account", "--key").code == 1
