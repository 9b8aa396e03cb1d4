"""System packages that some tests need: without them a test is skipped, in CI it fails."""

from __future__ import annotations

import ctypes
import os
import shutil

import pytest

PROGRAMS = {
    "git": "git",
    "imagemagick": "import",
    "openbox": "openbox",
    "x11-utils": "xwininfo",
    "xauth": "xauth",
    "xdotool": "xdotool",
    "xvfb": "Xvfb",
}
"""A program that each Debian package brings."""

LIBRARIES = {
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
}
"""A library that each Debian package brings: what Qt needs for a real display."""

DISPLAY = ("xvfb", "openbox", "xdotool", *LIBRARIES)
"""What a test needs that drives the window on a display of its own."""


def needs(*packages: str) -> None:
    """Skip the calling test where one of the Debian `packages` is missing; with CI=true, fail."""
    missing = [package for package in packages if not _installed(package)]
    if not missing:
        return
    reason = f"needs the system packages: {' '.join(missing)}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _installed(package: str) -> bool:
    if package in PROGRAMS:
        return shutil.which(PROGRAMS[package]) is not None
    try:
        ctypes.CDLL(LIBRARIES[package])
    except OSError:
        return False
    return True
