"""Task dependence, measured: which backbone suits, which of its blocks, and for how few images."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.job_view import duration
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.backbone_list import RUN
from imgclf_gui.gui.widgets.figures_table import FiguresTable
from imgclf_gui.gui.widgets.following import Following
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.measured_bars import Bar, MeasuredBars
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.rank_choice import RankChoice
from imgclf_gui.gui.widgets.scrolled_column import ScrolledColumn
from imgclf_gui.gui.widgets.words import run_title, when
from imgclf_gui.plan.backbones import backbones, feature_blocks, run_mark, weights_path
from imgclf_gui.protocol.transfer_events import TransferKind
from imgclf_gui.protocol.transfer_state import (
    WAY_WORDS,
    WAYS,
    TransferState,
    block_rows,
    few_rows,
    rank_rows,
    transfer_sentence,
)
from imgclf_gui.protocol.transfer_table import transfer_table

QUESTIONS: dict[TransferKind, tuple[str, str]] = {
    "rank": (
        "Which backbone?",
        "Rank what is ticked by a linear probe on its features, on images that nothing has "
        "learned from; beside it LogME, H-score and nearest class means. A run is kept as a "
        "backbone of your own for that.",
    ),
    "layers": (
        "Which blocks?",
        "A linear probe behind each block of the backbone: where general features end, and later "
        "blocks stop helping.",
    ),
    "few-images": (
        "How few images?",
        "Accuracy against images a class: a linear probe on frozen features beside a network that "
        "is trained from nothing. This one takes minutes.",
    ),
}
"""What a button says, and what it does."""


class TransferabilityPanel(Following):
    """Three questions; below, what is known of the chosen one: a sentence, bars, and a table."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transferability_panel")
        self._studio = studio
        self._measuring = studio.augmenting.transfer
        self._kind: TransferKind = "rank"
        self._backbone = ""
        self._shown: tuple[object, ...] = ()
        """What bars and table were made of."""
        self._questions = {kind: _question(kind) for kind in QUESTIONS}
        self._choice = named(
            QComboBox(), "transferability_backbone", "The backbone that is measured"
        )
        self._choice.setToolTip("The backbone that is measured")
        self._ranked = RankChoice()
        self._purpose = wrapped_label(muted=True, name="transferability_purpose")
        self._measure = named(QPushButton(icons.icon("check"), "Measure"), "transferability_start")
        theme.set_primary(self._measure)
        self._cancel = named(QPushButton(icons.icon("stop"), "Cancel"), "transferability_cancel")
        self._copy = named(QPushButton(icons.icon("copy"), "Copy as CSV"), "transferability_copy")
        self._copy.setToolTip("Put the table on the clipboard; shares are fractions")
        self._progress = wrapped_label(muted=True, name="transferability_progress")
        self._bar = named(ProgressBar(), "transferability_bar", "Progress of the measurement")
        self._bar.setFixedHeight(6)
        self._error = WrongLabel("transferability_error")
        self._sentence = wrapped_label(name="transferability_sentence")
        self._outdated = WrongLabel("transferability_outdated")
        self._bars = MeasuredBars()
        self._table = FiguresTable("transferability_table", "Results of the measurement")
        self._table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._details = wrapped_label(muted=True, name="transferability_details")
        self._arrange()
        self._connect()

    def choose_backbone(self, name: str) -> None:
        """Which backbone the last two questions are about: its id; '' for the usual one."""
        self._backbone = name
        self.refresh()

    def choose(self, kind: TransferKind) -> None:
        """Show another question."""
        self._kind = kind
        self.refresh()

    def follow(self) -> None:
        """Show the chosen question, and what is known of it."""
        self._list_backbones()
        measuring, state = self._measuring, self._state()
        for kind, button in self._questions.items():
            button.setChecked(kind == self._kind)
            font = button.font()
            font.setBold(kind == self._kind)
            button.setFont(font)
        self._purpose.setText(QUESTIONS[self._kind][1])
        open_project = self._studio.project is not None
        ready = self._kind != "rank" or bool(self._ranked.ticked)
        self._measure.setEnabled(open_project and ready and not measuring.active)
        self._measure.setToolTip("" if ready else "Tick at least one of what is to be ranked")
        self._cancel.setVisible(measuring.active)
        self._cancel.setEnabled(not measuring.cancelled)
        self._follow_job()
        known = state is not None and state.results > 0
        for widget in (self._bars, self._table, self._details, self._copy):
            widget.setVisible(known)
        if state is None or not known:
            self._sentence.setText("Not measured yet.")
            self._outdated.say("")
            return
        self._sentence.setText(transfer_sentence(state))
        self._outdated.say(self._outdated_words(state))
        self._details.setText(_details(state))
        seen = (id(state), state.results, self._kind)
        if seen != self._shown:
            self._shown = seen
            self._show(state)

    def _state(self) -> TransferState | None:
        return self._measuring.newest(self._kind, self._backbone if self._kind != "rank" else "")

    def _list_backbones(self) -> None:
        """Those with weights; the first line means the one that the network begins with."""
        self._choice.setVisible(self._kind != "rank")
        self._ranked.setVisible(self._kind == "rank")
        known = {key: it for key, it in backbones().items() if weights_path(it) is not None}
        there = {key: it.title for key, it in known.items()}
        made_of = {it.made_of for it in known.values()}
        runs = {
            f"{RUN}{run.id}": f"Run {run_title(run.id, run.name)}"
            for run in self._studio.runs
            if can_be_backbone(run)
            and run_mark(run.created_at, run.state.best_epoch) not in made_of
        }
        self._ranked.show_lines({**there, **runs}, {*there, *list(runs)[:1]})
        if self._backbone not in there:
            self._backbone = ""
        wanted = [("", "The network's own, or the first"), *there.items()]
        if wanted != [
            (self._choice.itemData(row), self._choice.itemText(row))
            for row in range(self._choice.count())
        ]:
            self._choice.clear()
            for key, title in wanted:
                self._choice.addItem(title, key)
        self._choice.setCurrentIndex(max(0, self._choice.findData(self._backbone)))

    def _follow_job(self) -> None:
        measuring = self._measuring
        progress = measuring.growing.progress if measuring.growing else None
        self._bar.setVisible(measuring.active)
        self._progress.setVisible(measuring.active)
        self._bar.show_fraction(progress.done if progress else None)
        parts = [measuring.title]
        if progress is not None:
            parts.append(progress.what)
            if progress.images_per_second:
                unit = "steps/s" if progress.what.startswith("training") else "images/s"
                parts.append(f"{progress.images_per_second:,.0f} {unit}")
            if progress.seconds_left is not None:
                parts.append(f"{duration(progress.seconds_left)} left")
        self._progress.setText(" · ".join(parts) if measuring.active else "")
        failed = measuring.error if not measuring.active and not measuring.cancelled else None
        self._error.say(failed.sentence() if failed else "")

    def _outdated_words(self, state: TransferState) -> str:
        """Why it may be different now."""
        started = state.started
        if started is None or (self._measuring.active and state is self._measuring.growing):
            return ""
        if started.fingerprint != self._studio.summary.fingerprint:
            return "The dataset has changed since this was measured: measure again."
        known = backbones()
        measured = [(it.backbone, it.weights) for it in state.backbones]
        measured += [(started.backbone, started.weights)] if started.backbone else []
        for name, weights in measured:
            if name not in known or known[name].sha256 != weights:
                title = known[name].title if name in known else name
                return f"The weights of {title} have changed since: measure again."
        if not state.complete:
            return "It was ended before all was measured."
        return ""

    def _show(self, state: TransferState) -> None:
        few = state.started is not None and state.started.kind == "few-images"
        self._bars.show_bars(bars_of(state), [WAY_WORDS[way] for way in WAYS] if few else ())
        table = transfer_table(state)
        self._table.show_rows([column.title for column in table.columns], table.texts())
        bar = self._table.horizontalScrollBar()
        self._table.setFixedHeight(self._table.height() + bar.sizeHint().height())

    @Slot(int)
    def _on_backbone(self, row: int) -> None:
        self.choose_backbone(str(self._choice.itemData(row)))

    @Slot()
    def _on_measure(self) -> None:
        one = [self._backbone] if self._backbone else []
        self._measuring.measure(self._kind, self._ranked.ticked if self._kind == "rank" else one)

    @Slot(str)
    def _on_run_changed(self, run_id: str) -> None:
        """This comes thirty times a second: only a run that has ended is news."""
        if not self._studio.run(run_id).state.active:
            self.refresh()

    @Slot()
    def _on_copy(self) -> None:
        state = self._state()
        if state is not None:
            QGuiApplication.clipboard().setText(transfer_table(state).csv())

    def _connect(self) -> None:
        for kind, button in self._questions.items():
            button.clicked.connect(lambda _checked=False, kind=kind: self.choose(kind))
        self._choice.activated.connect(self._on_backbone)
        self._measure.clicked.connect(self._on_measure)
        self._cancel.clicked.connect(self._measuring.cancel)
        self._copy.clicked.connect(self._on_copy)
        self._ranked.changed.connect(self.refresh)
        self._measuring.changed.connect(self.refresh)
        self._studio.dataset_changed.connect(self.refresh)
        self._studio.runs_changed.connect(self.refresh)
        self._studio.run_changed.connect(self._on_run_changed)

    def _arrange(self) -> None:
        group = QButtonGroup(self)
        questions, actions = QHBoxLayout(), QHBoxLayout()
        for button in self._questions.values():
            group.addButton(button)
            questions.addWidget(button)
        questions.addStretch(1)
        for action in (self._choice, self._measure, self._cancel, self._copy):
            actions.addWidget(action)
        actions.addStretch(1)
        inside = ScrolledColumn()
        column = QVBoxLayout(inside)
        column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING)
        column.addLayout(questions)
        column.addWidget(self._purpose)
        column.addWidget(self._ranked)
        column.addLayout(actions)
        for widget in (
            self._progress, self._bar, self._error, self._sentence, self._outdated, self._bars,
            self._table, self._details,
        ):  # fmt: skip
            column.addWidget(widget)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        layout.addWidget(area)


def can_be_backbone(run: RunView) -> bool:
    """Whether something of the network of `run` lies in front of its head, and has learned."""
    kinds = [block.entry.kind for block in run.plan.network.blocks]
    return bool(run.state.best_epoch and not run.state.active and feature_blocks(kinds))


def bars_of(state: TransferState) -> list[Bar]:
    """What is drawn of a measurement."""
    kind = state.started.kind if state.started else "rank"
    if kind == "rank":
        return [Bar(row.measured.title, row.accuracy, row.interval) for row in rank_rows(state)]
    if kind == "layers":
        return [
            Bar(f"{row.probed.place + 1} {row.probed.name}", row.accuracy, row.interval)
            for row in block_rows(state)
        ]
    return [
        Bar(f"{row.images_a_class:,}", figures.accuracy, figures.interval, series)
        for row in few_rows(state)
        for series, figures in enumerate((row.frozen, row.scratch))
        if figures is not None
    ]


def _details(state: TransferState) -> str:
    """On what it was measured, how, and when."""
    started = state.started
    if started is None:
        return ""
    parts = [
        f"Learned from {started.train_images:,} training images, measured on {started.images:,} "
        f"{started.split} images that nothing has learned from",
        when(started.at),
    ]
    if state.finished is not None:
        parts.append(f"in {duration(state.finished.seconds)}")
    text = " · ".join(parts) + "."
    if started.kind == "few-images":
        seeds = "Whiskers are 95 % t-intervals over the seeds, that draw other images each."
        return f"{text} {seeds} From nothing: {started.scratch}."
    return f"{text} Whiskers are 95 % intervals; p compares with the best on the same images."


def _question(kind: TransferKind) -> QPushButton:
    title, purpose = QUESTIONS[kind]
    button = named(QPushButton(title), f"transferability_{kind.replace('-', '_')}")
    button.setCheckable(True)
    button.setToolTip(purpose)
    return button
