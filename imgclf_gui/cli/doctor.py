"""`imgclf doctor`: what the app needs of this machine, and the command that mends what lacks."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import imgclf_gui
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.system import missing_libraries
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.resources import cache_folder, config_folder, data_folder

PACKAGES = (
    "tensorflow", "keras", "numpy", "Pillow", "pydantic", "safetensors", "PySide6-Essentials",
    "pyqtgraph", "QtAwesome", "rich",
)  # fmt: skip
ENOUGH_DISK = 2e9
ENOUGH_MEMORY = 3e9


class Check(NamedTuple):
    """One thing the app needs ('missing' if it lacks), or can do without ('note')."""

    name: str
    status: Literal["ok", "missing", "note"]
    found: str
    fix: str = ""


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    doctor = commands.add_parser(
        "doctor", parents=[shared], help="check what this machine has and lacks"
    )
    doctor.set_defaults(act=_doctor)


def checks() -> Iterator[Check]:
    """Everything that is looked at."""
    yield Check("imgclf-studio", "ok", imgclf_gui.__version__)
    yield _python()
    yield from map(_package, PACKAGES)
    yield _processor()
    yield _memory()
    yield _gpu()
    yield _display()
    yield _libraries()
    for name, folder in (
        ("Cache", cache_folder()), ("Settings", config_folder()), ("Projects", data_folder())
    ):  # fmt: skip
        yield _disk(name, folder)


def _doctor(arguments: argparse.Namespace, output: Output) -> int:
    del arguments
    found = list(checks())
    output.table("", ["", "Status", "Found", "To mend it"], found)
    missing = [check.name for check in found if check.status == "missing"]
    output.say(f"Missing: {', '.join(missing)}." if missing else "Nothing is missing.")
    output.result({"missing": missing, "checks": [check._asdict() for check in found]})
    return 1 if missing else 0


def _python() -> Check:
    found = f"{platform.python_version()}, {platform.platform()}"
    if (3, 11) <= sys.version_info < (3, 14):
        return Check("Python", "ok", found)
    return Check("Python", "missing", found, "Install it with Python 3.11, 3.12 or 3.13.")


def _package(name: str) -> Check:
    try:
        found = version(name)
    except PackageNotFoundError:
        return Check(name, "missing", "not installed", _install(name))
    if name == "PySide6-Essentials" and found.startswith("6.12.0") and sys.version_info < (3, 12):
        # It ends the process after some 5,000 Qt calls (PYSIDE-3474).
        return Check(name, "missing", f"{found} crashes on Python 3.11", _install(f"{name}<6.12"))
    return Check(name, "ok", found)


def _install(requirement: str) -> str:
    return f"{Path(sys.executable).name} -m pip install '{requirement}'"


def _processor() -> Check:
    found = f"{os.cpu_count()} cores, {platform.machine()}"
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return Check("Processor", "ok", found)
    if platform.machine() in ("x86_64", "AMD64") and " avx " not in flags:
        return Check(
            "Processor",
            "missing",
            f"{found}, without AVX",
            "TensorFlow needs a processor with AVX.",
        )
    return Check("Processor", "ok", found)


def _memory() -> Check:
    import psutil

    memory = psutil.virtual_memory()
    found = f"{bytes_words(memory.available)} free of {bytes_words(memory.total)}"
    if memory.available < ENOUGH_MEMORY:
        return Check("Memory", "note", found, "Close other programs before a training.")
    return Check("Memory", "ok", found)


def _gpu() -> Check:
    nvidia = shutil.which("nvidia-smi")
    if nvidia is None:
        return Check("GPU", "note", "none that TensorFlow can use; the CPU trains")
    found = "; ".join(line.split(" (UUID")[0] for line in _lines_of([nvidia, "-L"]))
    if not found:
        return Check("GPU", "note", "its driver does not answer", "Install the NVIDIA driver anew.")
    try:
        version("nvidia-cudnn-cu12")
    except PackageNotFoundError:
        return Check("GPU", "note", f"{found}, not used yet", _install("tensorflow[and-cuda]"))
    return Check("GPU", "ok", found)


def _lines_of(command: list[str]) -> list[str]:
    """What it prints; nothing if it fails, or does not end."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return ended.stdout.splitlines()


def _display() -> Check:
    if not sys.platform.startswith("linux"):
        return Check("Display", "ok", sys.platform)
    for variable in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM"):
        if os.environ.get(variable):
            return Check("Display", "ok", f"{variable}={os.environ[variable]}")
    return Check("Display", "note", "none: no window here, 'imgclf' does everything without one")


def _libraries() -> Check:
    missing = missing_libraries()
    if not missing:
        return Check("System libraries", "ok", "all that the window needs")
    fix = f"sudo apt install {' '.join(missing.values())}"
    seen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return Check("System libraries", "missing" if seen else "note", f"no {', '.join(missing)}", fix)


def _disk(name: str, folder: Path) -> Check:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if not os.access(there, os.W_OK):
        return Check(name, "missing", f"{there} cannot be written", f"chmod u+w {there}")
    found = f"{folder}, {bytes_words(free)} free"
    if free < ENOUGH_DISK:
        return Check(
            name, "missing", found, f"Free some space: {bytes_words(ENOUGH_DISK)} are enough."
        )
    return Check(name, "ok", found)
