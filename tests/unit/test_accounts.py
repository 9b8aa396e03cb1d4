"""The account: kept without secrets; its key in the keyring, or in this process alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from pydantic import ValidationError

from imgclf_gui.core.cloud import Account, Cancel, loopback
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.resources import config_folder
from imgclf_gui.jobs import accounts
from tests.helpers import google_errors as google
from tests.helpers.cloud_parts import KEY, MemoryKeyring, vision_host
from tests.helpers.vision_server import VisionServer


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    monkeypatch.delenv(accounts.VARIABLE, raising=False)
    before, mine = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(mine)
    yield mine
    accounts.forget_key()
    keyring.set_keyring(before)


def everything_kept() -> str:
    files = [path for path in config_folder().parent.rglob("*") if path.is_file()]
    return "".join(path.read_text("utf-8", "replace") for path in files)


def test_an_account_is_kept() -> None:
    assert accounts.load() == Account()
    account = accounts.account_with(
        Account(), way="service-account", file="/keys/robot.json", project="mine-1"
    )
    accounts.save(account)
    assert accounts.load() == account


def test_a_damaged_file_is_said_to_be_so() -> None:
    accounts.save(Account())
    (config_folder() / accounts.FILE).write_text('{"way": "by-magic"}')
    with pytest.raises(UserError) as caught:
        accounts.load()
    assert caught.value.code == "cloud.account"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("way", "password"),
        ("host", "evil.example.com"),
        ("host", "http://192.168.1.1:80"),
        ("host", "http://127.0.0.1:80/path"),
        ("host", "https://vision.googleapis.com"),
        ("host", KEY),
        ("automl_host", KEY),
        ("project", KEY),
        ("quota_project", "two words"),
        ("file", "-----BEGIN PRIVATE KEY-----abc"),
        ("file", '{"private_key": "abc"}'),
        ("file", "two\nlines"),
        ("transport", "pigeon"),
        ("no_such", "x"),
    ],
)
def test_a_setting_that_does_not_work_is_refused_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(UserError) as caught:
        accounts.account_with(Account(), **{name: value})
    report = caught.value.report
    assert report.code == "cloud.account"
    if name != "no_such":  # a secret may be pasted anywhere
        assert value not in report.model_dump_json()


ELSEWHERE = (
    "", "127.0.0.1:80", "http://localhost:80", "http://127.0.0.1", "http://0.0.0.0:1",
    "http://u@127.0.0.1:1", "http://127.0.0.1:99999", "http://1.1.1.1:80", "https://127.0.0.1:80",
)  # fmt: skip


def test_only_this_machine_and_google_are_hosts() -> None:
    assert loopback("http://127.0.0.1:8080")
    assert loopback("http://[::1]:8080")
    for host in ELSEWHERE:
        assert not loopback(host)
    with pytest.raises(ValidationError):
        Account(host="vision.googleapis.com.evil.example")


def test_the_key_goes_to_the_keyring_and_into_no_file(memory: MemoryKeyring) -> None:
    assert accounts.key_stored() is None
    assert accounts.set_key(f" {KEY}\n") == "keyring"
    assert list(memory.kept.values()) == [KEY]
    account = Account(way="api-key")
    accounts.save(account)
    secret = accounts.secret(account)
    assert secret is not None
    assert secret() == KEY
    assert accounts.key_stored() == "keyring"
    assert KEY not in everything_kept()
    accounts.forget_key()
    accounts.forget_key()
    assert accounts.key_stored() is None
    with pytest.raises(UserError) as caught:
        secret()
    assert "imgclf cloud account --key" in caught.value.report.hint


def test_without_a_keyring_the_key_is_for_this_session_only() -> None:
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    assert accounts.set_key(KEY) == "session"
    secret = accounts.secret(Account(way="api-key"))
    assert secret is not None
    assert secret() == KEY
    assert accounts.key_stored() == "session"
    assert KEY not in everything_kept()
    accounts.forget_key()
    assert accounts.key_stored() is None


class PlainText(MemoryKeyring):
    """As backends that write files: of a priority that nobody recommends."""

    priority = 0.5  # type: ignore[assignment]


def test_a_keyring_that_is_none_gets_no_key() -> None:
    plain = PlainText()
    keyring.set_keyring(plain)
    assert accounts.set_key(KEY) == "session"
    assert not plain.kept


@pytest.mark.parametrize(
    ("way", "payer"), [("adc", "quota"), ("service-account", "quota"), ("api-key", "")]
)
def test_who_pays_is_said_only_as_far_as_it_is_known(way: str, payer: str) -> None:
    account = accounts.account_with(Account(), way=way, project="mine", quota_project="quota")
    assert account.payer == payer
    alone = accounts.account_with(Account(), way=way, project="mine")
    assert alone.payer == ("mine" if way == "adc" else "")


def test_the_environment_may_name_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(accounts.VARIABLE, KEY)
    assert accounts.key_stored() == "environment"
    secret = accounts.secret(Account(way="api-key"))
    assert secret is not None
    assert secret() == KEY


@pytest.mark.parametrize("key", ["", "short", "two words are none", "x" * 600, "schlüssel"])
def test_what_cannot_be_a_key_is_refused(key: str) -> None:
    with pytest.raises(UserError) as caught:
        accounts.set_key(key)
    assert caught.value.code == "cloud.key"


def test_other_ways_need_no_key() -> None:
    assert accounts.secret(Account()) is None
    assert accounts.access(Account()).secret is None


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_an_account_is_tested_without_an_image(transport: str) -> None:
    accounts.set_key(KEY)
    with VisionServer() as server:
        account = accounts.account_with(
            Account(), way="api-key", host=vision_host(server, transport), transport=transport
        )
        said = accounts.test(account, Cancel())
        assert said.endswith("signed in with the API key.")
        assert server.images == 0
        assert server.received[0].api_key == KEY
        server.script([google.Status("INVALID_ARGUMENT", "There are no images.")])
        assert accounts.test(account, Cancel()) == said
        server.script([google.NOT_ENABLED])
        with pytest.raises(UserError) as caught:
            accounts.test(account, Cancel())
        assert caught.value.code == "cloud.not-enabled"


def test_the_path_of_a_key_file_is_kept_and_nothing_of_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "robot.json"
    file.write_text('{"private_key": "hush"}')
    accounts.save(Account(way="service-account", file=str(file)))
    assert "hush" not in everything_kept()
