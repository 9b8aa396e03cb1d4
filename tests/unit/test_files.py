"""Atomic writing: at any failure the old file is there, whole, and nothing else."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import remove_abandoned, write_atomic, write_error, write_text_atomic

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_text_atomic(Path(sys.argv[1]), "new" * 10_000)
except UserError as error:
    sys.exit(error.code)
"""

KILLED = """
import os, signal, sys
from pathlib import Path
from imgclf_gui.core.files import write_atomic
def write(stream):
    stream.write(b"new" * 100_000)
    stream.flush()
    os.kill(os.getpid(), signal.SIGKILL)
write_atomic(Path(sys.argv[1]), write)
"""


def _run(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_text_is_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    write_text_atomic(path, "one")
    write_text_atomic(path, "zwölf")
    assert path.read_text("utf-8") == "zwölf"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_in_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    path.write_text("old")

    def write(stream: IO[bytes]) -> None:
        stream.write(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_atomic(path, write)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    path.write_text("old")
    done = _run(FULL_DISK, path)
    assert done.stderr.strip() == "file.full"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_process_killed_in_mid_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    path.write_text("old")
    assert _run(KILLED, path).returncode == -9
    assert path.read_text() == "old"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        write_text_atomic(tmp_path / "gone" / "project.json", "text")
    assert caught.value.code == "file.write"
    assert "project.json" in caught.value.report.message
    assert str(tmp_path / "gone") in caught.value.report.hint


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_space_quota_and_size_limit_all_read_as_full(number: int) -> None:
    error = write_error(Path("runs/a/latest.safetensors"), OSError(number, os.strerror(number)))
    assert error.code == "file.full"
    assert "latest.safetensors" in error.report.message
    assert "intact" in error.report.hint


@pytest.mark.skipif(sys.platform == "win32", reason="a file in use cannot be replaced there")
def test_threads_may_write_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    failed: list[UserError] = []

    def write(letter: str) -> None:
        try:
            for _ in range(50):
                write_text_atomic(path, letter * 100_000)
        except UserError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert path.read_text() in ("a" * 100_000, "b" * 100_000)
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_long_ago_is_removed(tmp_path: Path) -> None:
    file, folder, young = (tmp_path / name for name in (".a.json.1-1.part", "b.1.part", "c.part"))
    file.touch()
    young.touch()
    (folder / "inside").mkdir(parents=True)
    for old in (file, folder):
        os.utime(old, (0, 0))
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == [young]
