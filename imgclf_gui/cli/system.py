"""What a window needs of the system: libraries, and a display."""

from __future__ import annotations

import ctypes
import os
import sys

LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""What Qt needs on Linux wherever it draws, and the Debian package that brings it."""

X_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""The same for a window on an X display."""


def display_problem() -> str | None:
    """Why no window can open here, in one sentence; None where one can."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "This machine has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)."
    missing = missing_libraries()
    if missing:
        packages = " ".join(missing.values())
        return (
            f"The window needs {', '.join(missing)}: sudo apt install {packages} "
            "('imgclf doctor' checks everything)."
        )
    return None


def missing_libraries() -> dict[str, str]:
    """What the display at hand needs and the system lacks, with the packages; {} off Linux."""
    if not sys.platform.startswith("linux"):
        return {}
    on_x = bool(os.environ.get("DISPLAY")) and not os.environ.get("WAYLAND_DISPLAY")
    needed = {**LIBRARIES, **(X_LIBRARIES if on_x else {})}
    return {library: package for library, package in needed.items() if not _loads(library)}


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
