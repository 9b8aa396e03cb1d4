"""What this app has sent over the network since it started, so that a person can see it.

Whoever makes a request says so just before it: `note(host, purpose)`. The window's status line
shows what is `seen`, and `subscribe`s to what follows. One list a process; safe from any thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Contact:
    """One request."""

    host: str
    """'storage.googleapis.com'."""
    purpose: str
    """In a few words: 'weights of MobileNetV2'. Never a secret, nor what an image shows."""
    at: float
    """Seconds since 1970."""


Watcher = Callable[[Contact], None]

_lock = threading.Lock()
_contacts: list[Contact] = []
_watchers: list[Watcher] = []


def note(host: str, purpose: str) -> None:
    """Keep that `host` is asked now, and tell who watches, on the thread that asks."""
    contact = Contact(host, purpose, time.time())
    with _lock:
        _contacts.append(contact)
        watchers = tuple(_watchers)
    for tell in watchers:
        tell(contact)


def seen() -> tuple[Contact, ...]:
    """Every request since the start, the oldest first."""
    with _lock:
        return tuple(_contacts)


def subscribe(watcher: Watcher) -> Callable[[], None]:
    """Let `watcher` hear of each request to come; what is returned ends that.

    It is called on the thread that asks: hand over to your own, and return at once.
    """
    with _lock:
        _watchers.append(watcher)

    def end() -> None:
        with _lock:
            if watcher in _watchers:
                _watchers.remove(watcher)

    return end
