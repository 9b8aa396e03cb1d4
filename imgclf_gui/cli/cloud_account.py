"""`imgclf cloud account`: who is asked, and with which key."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from imgclf_gui.cli.cloud import cancelled_by_interrupt
from imgclf_gui.cli.output import Output
from imgclf_gui.core.cloud import Account
from imgclf_gui.core.errors import UserError
from imgclf_gui.jobs import accounts

KEY_PLACES = {
    "keyring": "in the keyring of this system",
    "session": "in this process only, which ends now: this system has no keyring",
    "environment": f"in {accounts.VARIABLE}",
    None: "nowhere",
}


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "account", parents=[shared], help="show, change and test the account"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"one of: {', '.join(Account.model_fields)}",
    )
    parser.add_argument(
        "--key", action="store_true", help="ask for an API key, and keep it in the keyring"
    )
    parser.add_argument("--forget-key", action="store_true", help="remove the API key")
    parser.add_argument(
        "--test", action="store_true", help="ask whether the account is let in; no image is sent"
    )
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace, output: Output) -> int:
    account = accounts.load()
    if arguments.set:
        account = accounts.account_with(account, **dict(map(_pair, arguments.set)))
        if account.file:  # found from every folder
            place = Path(account.file).expanduser().absolute()
            account = accounts.account_with(account, file=str(place))
        accounts.save(account)
    if arguments.forget_key:
        accounts.forget_key()
    where = accounts.set_key(_asked()) if arguments.key else accounts.key_stored()
    rows = [(field.title, getattr(account, name)) for name, field in Account.model_fields.items()]
    output.table("", ["Setting", "Value"], [*rows, ("API key", KEY_PLACES[where])])
    said = ""
    if arguments.test:
        with cancelled_by_interrupt() as cancel:
            said = accounts.test(account, cancel)
        output.say(said)
    output.result({"account": account.model_dump(mode="json"), "key": where, "test": said})
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in Account.model_fields:
        raise UserError(
            "use.account",
            f"--set {name[:40]} is no setting of the account.",
            f"Write --set NAME=VALUE with one of: {', '.join(Account.model_fields)}.",
        )
    return name, value


def _asked() -> str:
    """A key never stands in an argument, which others could see and the shell would keep."""
    if sys.stdin.isatty():
        return getpass.getpass("API key (it is not shown): ")
    return sys.stdin.readline().strip()
