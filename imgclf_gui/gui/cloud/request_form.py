"""The form of a request: who is asked, about which images, what, and how they are prepared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.cloud import CloudImage
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.cloud.desk import Desk
from imgclf_gui.gui.cloud.feature_list import FeatureList
from imgclf_gui.gui.cloud.image_list import ImageList, Line
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.operations.images import pictures_folder
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckBox
from imgclf_gui.gui.widgets.labels import WrongLabel
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.scrolled_column import scrolled

REHEARSAL = "rehearsal"
"""In the list of those who can be asked, besides the kinds of providers."""
FROM_DATASET = 10
"""Images that are taken from the dataset at once."""
SHOWN_REFUSALS = 3


class RequestForm(QWidget):
    """Edits the desk's draft; of a recorded exchange it shows what was asked."""

    account_wanted = Signal()

    def __init__(self, studio: Studio, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("request_form")
        self._studio = studio
        self._desk = desk
        self._whom = named(QComboBox(), "cloud_provider", "Who is asked")
        self._recording = named(QComboBox(), "cloud_recording", "Recorded exchange")
        self._account = named(QToolButton(), "cloud_account", "Account")
        self._count = plain_label(objectName="cloud_image_count")
        self._images = ImageList("cloud_images", "Images of the request", several=True)
        self._refused = WrongLabel("cloud_refused")
        self._features = FeatureList()
        self._strip = named(OutlinedCheckBox("Strip EXIF"), "cloud_strip_exif")
        self._shrink = named(OutlinedCheckBox("Shrink to 640×480"), "cloud_downscale")
        self._add, self._clear = self._image_buttons()
        self._arrange()
        self._connect()
        self._list_recordings()
        self._refresh()

    # What the person does

    def _connect(self) -> None:
        desk, draft = self._desk, self._desk.draft
        self._whom.activated.connect(self._on_whom_chosen)
        self._recording.activated.connect(self._on_recording_chosen)
        self._account.clicked.connect(self.account_wanted)
        self._images.remove_asked.connect(self._on_remove)
        self._features.changed.connect(lambda: draft.ask_for(self._features.asked))
        self._strip.clicked.connect(self._on_how_changed)
        self._shrink.clicked.connect(self._on_how_changed)
        draft.images_changed.connect(self._refresh)
        draft.request_changed.connect(self._refresh)
        desk.rehearsal_changed.connect(self._refresh)
        desk.exchanges.changed.connect(self._list_recordings)
        self._studio.dataset_changed.connect(self._refresh)

    @Slot(int)
    def _on_whom_chosen(self, index: int) -> None:
        kind = self._whom.itemData(index)
        if kind == REHEARSAL:
            recordings = self._desk.exchanges.recordings
            self._desk.choose_rehearsal(recordings[0] if recordings else None)
        else:
            self._desk.choose_rehearsal(None)
            self._desk.draft.ask(kind)
        self._refresh()

    @Slot(int)
    def _on_recording_chosen(self, index: int) -> None:
        self._desk.choose_rehearsal(self._desk.exchanges.recordings[index])

    @Slot()
    def _on_how_changed(self) -> None:
        how = replace(
            self._desk.draft.how,
            strip_exif=self._strip.isChecked(),
            downscale=self._shrink.isChecked(),
        )
        self._desk.draft.prepare_as(how)

    @Slot()
    def _on_remove(self) -> None:
        if self._desk.rehearsed is None:
            self._desk.draft.remove(self._images.selected)

    @Slot()
    def choose_files(self) -> None:
        """Ask for image files."""
        from imgclf_gui.core.images import IMAGE_EXTENSIONS  # with it comes Pillow

        settings = self._studio.settings
        patterns = " ".join(f"*{extension}" for extension in sorted(IMAGE_EXTENSIONS))
        files, _ = QFileDialog.getOpenFileNames(
            self.window(),
            "Images to ask about",
            settings.last_folder("cloud", pictures_folder()),
            f"Images ({patterns});;All files (*)",
        )
        if files:
            settings.remember_folder("cloud", Path(files[0]).parent)
            self.add([Path(file) for file in files])

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a folder of images."""
        usual = self._studio.settings.last_folder("cloud", pictures_folder())
        chosen = QFileDialog.getExistingDirectory(
            self.window(), "Images to ask about: a folder", usual
        )
        if chosen:
            self._studio.settings.remember_folder("cloud", Path(chosen).parent)
            self.add([Path(chosen)])

    def add(self, paths: list[Path]) -> None:
        """Ask about these files and folders, too."""
        self._desk.choose_rehearsal(None)
        self._desk.draft.add(paths)

    @Slot()
    def add_from_dataset(self) -> None:
        """Some of the test images, which no network here has learned from; else the first ones."""
        project, images = self._studio.project, self._studio.dataset.images
        if project is None:
            return
        rows = [row for row in images if row.split == "test"] or list(images)
        step = max(1, len(rows) // FROM_DATASET)
        self.add([project.images_folder / row.path for row in rows[::step][:FROM_DATASET]])

    # What is shown

    @Slot()
    def _list_recordings(self) -> None:
        recordings = self._desk.exchanges.recordings
        if self._recording.count() != len(recordings):
            self._recording.clear()
            for one in recordings:
                self._recording.addItem(one.info.title or one.id)
        if self._whom.count() == 0:
            for kind, provider in self._desk.draft.providers.items():
                self._whom.addItem(provider.title, kind)
                self._whom.setItemData(
                    self._whom.count() - 1, provider.summary, Qt.ItemDataRole.ToolTipRole
                )
        if recordings and self._whom.findData(REHEARSAL) < 0:
            self._whom.addItem("Rehearsal: a recorded exchange", REHEARSAL)

    @Slot()
    def _refresh(self) -> None:
        desk, draft, recorded = self._desk, self._desk.draft, self._desk.rehearsed
        self._whom.setCurrentIndex(
            self._whom.findData(REHEARSAL if recorded else draft.provider.kind)
        )
        self._recording.setVisible(recorded is not None)
        self._account.setVisible(recorded is None and draft.provider.online)
        if recorded is not None:
            self._recording.setCurrentIndex(list(desk.exchanges.recordings).index(recorded))
        for widget in (self._add, self._features, self._strip, self._shrink):
            widget.setEnabled(recorded is None)
        self._clear.setEnabled(recorded is None and bool(draft.images or draft.refused))
        self.from_dataset.setEnabled(bool(self._studio.dataset.images))
        self._strip.setChecked(draft.how.strip_exif)
        self._shrink.setChecked(draft.how.downscale)
        why_not = "" if draft.provider.online else f"{draft.provider.title} cannot tell it."
        offered = draft.provider.features()
        self._features.offer(offered, why_not)
        if recorded is None:
            self._features.show_asked(draft.asked)
        else:
            self._features.show_recorded(desk.rehearsal.asked if desk.rehearsal else ())
        self._show_images()

    def _show_images(self) -> None:
        draft, rehearsal = self._desk.draft, self._desk.rehearsal
        if self._desk.rehearsed is None:
            images = [(one, one.source) for one in draft.images]
        elif rehearsal is None:
            images = []
        else:
            seen = rehearsal.seen
            images = [(one.answered.image, seen.file_of(one)) for one in seen.answers]
        self._images.show_lines([image_line(image, file) for image, file in images])
        words = "1 image" if len(images) == 1 else f"{len(images):,} images"
        if draft.preparing and self._desk.rehearsed is None:
            words = f"Reading images… {words} so far" if images else "Reading images…"
        self._count.setText(words)
        refused = draft.refused if self._desk.rehearsed is None else ()
        shown = [report for _path, report in refused[:SHOWN_REFUSALS]]
        lines = [one.message for one in shown]
        if len(refused) > SHOWN_REFUSALS:
            lines.append(f"… and {len(refused) - SHOWN_REFUSALS:,} more.")
        lines.extend(dict.fromkeys(one.hint for one in shown if one.hint))
        self._refused.say("\n".join(lines))

    # Its parts

    def _image_buttons(self) -> tuple[QWidget, ...]:
        add = named(QToolButton(), "cloud_add_images", "Add images")
        add.setText("Add…")
        add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        add.setIcon(icons.icon("add"))
        add.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        add.clicked.connect(self.choose_files)
        menu = named(QMenu(add), "cloud_add_menu")
        menu.addAction("Image files…", self.choose_files)
        menu.addAction("A folder…", self.choose_folder)
        self.from_dataset = menu.addAction(
            f"Up to {FROM_DATASET} images of the dataset", self.add_from_dataset
        )
        add.setMenu(menu)
        clear = named(QPushButton("Clear"), "cloud_clear_images", "Leave all images out")
        clear.clicked.connect(self._desk.draft.clear)
        return add, clear

    def _arrange(self) -> None:
        for combo in (self._whom, self._recording):
            combo.setMinimumContentsLength(12)
        self._whom.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._account.setIcon(icons.icon("account"))
        self._account.setToolTip("Account: how you sign in, and what is billed")
        whom = QHBoxLayout()
        whom.setSpacing(theme.SPACING)
        whom.addWidget(self._whom, 1)
        whom.addWidget(self._account)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(whom)
        layout.addWidget(self._recording)
        layout.addWidget(
            scrolled(self._images_and_features(), "request_scroll", "Images and features"), 1
        )

    def _images_and_features(self) -> QVBoxLayout:
        self._images.setMinimumHeight(100)
        self._strip.setToolTip(
            "Leave out where and when a photograph was taken, and with which camera"
        )
        self._shrink.setToolTip(
            "Google recommends 640×480 pixels, for text more; larger images cost nothing but time"
        )
        pictures = QHBoxLayout()
        pictures.setSpacing(theme.SPACING)
        pictures.addWidget(self._count, 1)
        pictures.addWidget(self._add)
        pictures.addWidget(self._clear)
        how = QGridLayout()
        how.addWidget(self._strip, 0, 0)
        how.addWidget(self._shrink, 0, 1)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, theme.SPACING // 2, 0)
        column.setSpacing(theme.SPACING)
        column.addLayout(pictures)
        column.addWidget(self._images, 1)
        column.addWidget(self._refused)
        column.addLayout(how)
        column.addWidget(self._features)
        return column


def image_line(image: CloudImage, file: Path) -> Line:
    """An image of a request, which `file` shows."""
    words = f"{image.width}×{image.height}, {bytes_words(len(image.content))}"
    return Line(image.name, file, f"{words}, with EXIF notes" if image.exif else words)
