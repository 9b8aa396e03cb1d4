"""What the app is, and what a bug report needs to know."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from imgclf_gui import __version__
from imgclf_gui.gui.icons import app_icon
from imgclf_gui.gui.studio import Studio

_PACKAGES = ("PySide6-Essentials", "tensorflow", "keras", "numpy", "Pillow", "pyqtgraph")


def show_about(studio: Studio, parent: QWidget) -> None:
    """Tell what this is; the window stays usable."""
    box = QMessageBox(parent)
    box.setObjectName("about")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("About ImgClf Studio")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIconPixmap(app_icon().pixmap(64, 64))
    box.setText(f"ImgClf Studio {__version__}")
    box.setInformativeText(
        "Build image classifiers by pointing and clicking, offline. Your images, your networks "
        f"and your models stay on this machine.\n\nApache License 2.0.\n\n{details(studio)}"
    )
    box.setModal(False)
    box.show()


def copy_details(studio: Studio) -> None:
    """Put versions and devices on the clipboard."""
    QGuiApplication.clipboard().setText(details(studio))
    studio.said.emit("Versions and devices are on the clipboard. 'imgclf doctor' tells more.")


def details(studio: Studio) -> str:
    """Versions and devices, one a line."""
    import platform

    lines = [
        f"ImgClf Studio {__version__}",
        f"Python {platform.python_version()} on {platform.platform()}",
        *(f"{package} {_version(package)}" for package in _PACKAGES),
        f"Display: {QGuiApplication.platformName()}",
        *(f"Device {device.label}: {device.name}" for device in studio.devices),
    ]
    return "\n".join(lines)


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"
