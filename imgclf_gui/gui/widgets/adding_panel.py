"""Adding and removing backbones, in place: a question, how far it is, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from imgclf_gui.core.errors import UserError
from imgclf_gui.gui import theme
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.application_chooser import ApplicationChooser
from imgclf_gui.gui.widgets.labels import ElidedLabel, WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.plan.application_weights import guessed_key
from imgclf_gui.plan.applications import Application, check_buildable
from imgclf_gui.plan.backbone_files import shown_name
from imgclf_gui.plan.backbones import first_backbone

FILE_WORDS = (
    "Weights that Keras saved do not say of which network they are. The file is read as numbers "
    "alone, nothing in it is executed, and it is kept only if blocks compute the same with them."
)
DOWNLOAD_WORDS = (
    "Keras publishes weights of its networks that have learned from ImageNet. Choose one, and read "
    "what would be sent before anything is."
)
REMOVE_WORDS = (
    "Its weights are deleted from this machine, and cannot be brought back from here. Runs that "
    "were trained with it keep working."
)
IN_USE_WORDS = " The network of this project begins with it, and could not be trained any more."


class AddingPanel(QFrame):
    """Follows `studio.adding`; hidden while there is nothing to ask or to tell."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("adding_panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._studio = studio
        self._adding = studio.adding
        self._asked: tuple[object, ...] = ()
        """The question that is on show."""
        self._title = ElidedLabel(name="adding_title")
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._words = wrapped_label(name="adding_words")
        self._chooser = ApplicationChooser()
        self._address = _text_to_copy("adding_address", "Address of the file")
        self._wrong = WrongLabel("adding_wrong")
        self._bar = named(ProgressBar(), "adding_progress", "Progress")
        self._far = ElidedLabel(name="adding_far")
        self._hash = _text_to_copy("adding_sha256", "sha256 of the file")
        self._accept = named(QPushButton("Add it"), "adding_accept")
        self._dismiss = named(QPushButton("Cancel"), "adding_dismiss")
        self._plain = self._accept.palette()
        self._arrange()
        self._chooser.chosen.connect(self._refresh)
        self._accept.clicked.connect(self._on_accept)
        self._dismiss.clicked.connect(self._on_dismiss)
        self._adding.changed.connect(self._refresh)
        self._refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape cancels."""
        if event.key() == Qt.Key.Key_Escape:
            self._on_dismiss()
        else:
            super().keyPressEvent(event)

    # What a person does

    @Slot()
    def _on_accept(self) -> None:
        application = self._chooser.application
        match self._adding.question:
            case "file" if application is not None:
                self._adding.add(application.of)
            case "download" if application is not None:
                self._adding.download(application.of)
            case "remove":
                self._adding.remove()

    @Slot()
    def _on_dismiss(self) -> None:
        if self._adding.active:
            self._adding.stop()
        else:
            self._adding.dismiss()

    # What is shown

    @Slot()
    def _refresh(self) -> None:
        adding = self._adding
        question = "" if adding.active else adding.question
        added = None if adding.active or question else adding.added
        self.setVisible(adding.active or bool(question) or added is not None)
        self._show_parts(question)
        if adding.active:
            self._show_work()
        elif question:
            self._show_question()
        elif added is not None:
            self._title.setText(f"{added.title} is here, and chosen")
            words = "It is kept on this machine. sha256 of the file that it came in:"
            self._words.setText(words if added.file_sha256 else "It was on this machine already.")
            self._hash.setText(added.file_sha256)
            self._hash.setVisible(bool(added.file_sha256))
            self._dismiss.setText("Close")

    def _show_parts(self, question: str) -> None:
        active = self._adding.active
        self._words.setVisible(not active)
        self._chooser.setVisible(question in ("file", "download"))
        for widget in (self._bar, self._far):
            widget.setVisible(active)
        for hidden in (self._address, self._hash):
            hidden.hide()
        self._wrong.say("")
        self._accept.setVisible(bool(question))
        self._dismiss.setEnabled(not self._adding.cancelled or not active)

    def _show_work(self) -> None:
        adding = self._adding
        self._title.setText(adding.title)
        self._bar.show_fraction(adding.fraction)
        self._far.setText(adding.words or "Starting…")
        self._dismiss.setText("Cancel")

    def _show_question(self) -> None:
        adding = self._adding
        asked = (adding.question, adding.path, adding.leaving)
        if asked != self._asked:
            self._asked = asked
            self._chooser.choose(guessed_key(adding.path.name) if adding.question == "file" else "")
            self.setFocus()
        application = self._chooser.application
        match adding.question:
            case "file":
                self._ask_about_file(application)
            case "download":
                self._ask_about_download(application)
            case _:
                self._ask_about_removal()
        self._dismiss.setText("Keep it" if adding.question == "remove" else "Cancel")

    def _ask_about_file(self, application: Application | None) -> None:
        self._title.setText("Of which network are these weights?")
        self._words.setText(f"{shown_name(self._adding.path)}\n{FILE_WORDS}")
        allowed = application is not None
        if application is not None:
            try:
                check_buildable(application)
            except UserError as error:
                self._wrong.say(error.report.sentence())
                allowed = False
        self._offer("Add it", allowed)

    def _ask_about_download(self, application: Application | None) -> None:
        from imgclf_gui.jobs.backbones import downloaded_weights, wanted_weights

        self._title.setText("Download weights that Keras publishes")
        self._words.setText(DOWNLOAD_WORDS)
        self._offer("Download", application is not None)
        if application is None:
            return
        try:
            wanted, here = wanted_weights(application.of), downloaded_weights(application.of)
        except UserError as error:
            self._wrong.say(error.report.sentence())
            self._offer("Download", False)
            return
        if here is not None:
            self._words.setText("These weights were downloaded before: nothing needs to be sent.")
            self._offer("Choose it", True)
            return
        self._words.setText("\n".join(wanted.consent()))
        self._address.setText(wanted.url)
        self._address.setCursorPosition(0)
        self._address.show()

    def _ask_about_removal(self) -> None:
        backbone = self._adding.leaving
        if backbone is None:
            return
        used = first_backbone(self._studio.spec.network, {backbone.id: backbone}) is not None
        self._title.setText(f"Remove {backbone.title}?")
        self._words.setText(REMOVE_WORDS + (IN_USE_WORDS if used else ""))
        self._offer("Remove it", True, primary=False)

    def _offer(self, text: str, allowed: bool, *, primary: bool = True) -> None:
        self._accept.setText(text)
        self._accept.setEnabled(allowed)
        self._accept.setPalette(self._plain)
        if allowed and primary:
            theme.set_primary(self._accept)

    def _arrange(self) -> None:
        work, buttons = QHBoxLayout(), QHBoxLayout()
        for row in (work, buttons):
            row.setSpacing(theme.SPACING)
        work.addWidget(self._far, 2)
        work.addWidget(self._bar, 1)
        buttons.addWidget(self._accept)
        buttons.addWidget(self._dismiss)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._title)
        for part in (self._words, self._chooser, self._address, self._hash, self._wrong):
            column.addWidget(part)
        column.addLayout(work)
        column.addLayout(buttons)


def _text_to_copy(name: str, accessible: str) -> QLineEdit:
    """One line that may be longer than there is room for; it can be selected and copied."""
    line = named(QLineEdit(), name, accessible)
    line.setReadOnly(True)
    return line
