"""Writing files so that a crash at any moment leaves the old file or the new one, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from imgclf_gui.core.errors import UserError

ABANDONED_SECONDS = 86_400.0
"""What is half written and this old is not written any more: its process was killed."""


def write_atomic(path: Path, write: Callable[[IO[bytes]], object], *, lasting: bool = True) -> None:
    """Replace `path` by what `write` puts into the file it is given.

    Temporary file beside it, fsync, rename, fsync of the folder. What is not `lasting` does without
    fsync: it can be made again, and somebody waits for it.

    Raises:
        UserError: `file.full`, `file.write`; `path` is as it was before.
    """
    # Of this thread alone: another may be writing the same file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with temporary.open("wb") as stream:
            write(stream)
            stream.flush()
            if lasting:
                os.fsync(stream.fileno())
        temporary.replace(path)
        if lasting:
            _sync_folder(path.parent)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text_atomic(path: Path, text: str) -> None:
    """Replace `path` by `text` in UTF-8; see `write_atomic`."""
    write_atomic(path, lambda stream: stream.write(text.encode("utf-8")))


def remove_abandoned(folder: Path) -> None:
    """Remove files and folders in `folder` that a killed process left half written (.part)."""
    for path in folder.glob("*.part"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_error(path: Path, error: OSError) -> UserError:
    """What `error` means to the person whose file `path` could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError(
            "file.full",
            f"There is no space left to write {path.name}.",
            f"Free some space on the disk of {path.parent}, then go on; what was there before "
            "is intact.",
            str(error),
        )
    return UserError(
        "file.write",
        f"{path.name} could not be written: {error.strerror or error}.",
        f"Check that you may write to {path.parent}.",
        str(error),
    )


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # a folder cannot be opened there; the rename is journalled
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
