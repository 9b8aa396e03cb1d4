"""What a study shows of each variant: its accuracy, and the difference it makes, drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPointF,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.titled_table import Index, TitledTableModel
from imgclf_gui.gui.widgets.words import percent
from imgclf_gui.protocol.study_state import StudyRow, Verdict, points

COLUMNS = {
    "Variant": "What training images are changed by, and whether that helps. p is how probable so "
    "large a difference is by chance alone, corrected for the number of variants: it counts below "
    "0.05.",
    "Accuracy": "On the validation images: the mean over the seeds, and its 95 % interval.",
    "Difference in points": "To the training without augmentation, seed by seed: the mean, and "
    "its 95 % interval, before the correction for the number of variants.",
}
VERDICT_WORDS: dict[Verdict, str] = {
    "compared with": "the others are compared with it",
    "helps": "▲ helps",
    "hurts": "▼ hurts",
    "no difference": "no difference shown",
    "none yet": "no verdict yet",
}
_VARIANT, _ACCURACY, _DIFFERENCE = range(3)
_MARGIN = 8
_LEAST_SCALE = 0.005
"""Half the width of the picture stands for this difference at least: half a point."""
SECOND_ROLE = Qt.ItemDataRole.UserRole
"""The second line of a cell."""


class StudyModel(TitledTableModel):
    """A row for each variant; two lines a cell."""

    columns = COLUMNS

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[StudyRow, ...] = ()
        self._seeds = 0

    def show_rows(self, rows: Sequence[StudyRow], seeds: int) -> None:
        """Show `rows`, each of which will have been trained with `seeds` seeds."""
        if len(rows) != len(self.rows):
            self.beginResetModel()
            self.rows, self._seeds = tuple(rows), seeds
            self.endResetModel()
        else:
            self.rows, self._seeds = tuple(rows), seeds
            last = self.index(len(rows) - 1, _DIFFERENCE)
            self.dataChanged.emit(self.index(0, 0), last)

    @property
    def scale(self) -> float:
        """The largest difference that is drawn, as a share of the images."""
        return max([_LEAST_SCALE, *(abs(place) for row in self.rows for place in _places(row))])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Variants."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Both lines of a cell, and the whole row in a sentence."""
        row, column = self.rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._first(row)[column]
            case _ if role == SECOND_ROLE:
                return self._second(row)[column]
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return plain_tip(self._sentence(row))
        return None

    def _first(self, row: StudyRow) -> tuple[str, str, str]:
        return shortened(row.title, 100), percent(row.accuracy), ""

    def _second(self, row: StudyRow) -> tuple[str, str, str]:
        partly = len(row.seeds) < self._seeds
        spread = f"{len(row.seeds)} of {self._seeds} seeds" if partly else _spread(row)
        return _verdict(row), spread, difference_words(row)

    def _sentence(self, row: StudyRow) -> str:
        return (
            f"{row.sentence} Accuracy {percent(row.accuracy)} (95 %: {_spread(row) or 'not known'})"
            f", mean of {len(row.seeds)} of {self._seeds} seeds; {_verdict(row)}."
        )


def _verdict(row: StudyRow) -> str:
    """'▲ helps · p = 0.012'."""
    words = VERDICT_WORDS[row.verdict]
    if row.p_value is None:
        return words
    return f"{words} · {'p < 0.001' if row.p_value < 0.001 else f'p = {row.p_value:.2g}'}"


def _spread(row: StudyRow) -> str:
    """'89.9–92.3 %', of the accuracy."""
    if row.interval is None:
        return ""
    low, high = row.interval
    return f"{100 * low:.1f}–{100 * high:.1f} %"


def difference_words(row: StudyRow) -> str:
    """'+1.2 (−0.30 to 2.7)'; empty while there is none."""
    if row.difference is None:
        return ""
    sign = "+" if row.difference > 0 else ""
    mean = f"{sign}{points(row.difference)}"
    if row.difference_interval is None:
        return mean
    low, high = row.difference_interval
    return f"{mean} ({points(low)} to {points(high)})"


def _places(row: StudyRow) -> tuple[float, ...]:
    """The mean difference, and the ends of its interval, as far as they are known."""
    mean = () if row.difference is None else (row.difference,)
    return (*mean, *(row.difference_interval or ()))


class _CellDelegate(QStyledItemDelegate):
    """Two lines of text; of a difference a picture above its figures."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        metrics = option.fontMetrics
        texts = (str(index.data()), str(index.data(SECOND_ROLE)))
        width = max(metrics.horizontalAdvance(text) for text in texts) + 2 * _MARGIN
        return QSize(width, 2 * metrics.height() + 2 * _MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, StudyModel):
            return
        row = model.rows[index.row()]
        colours, half = theme.current(), option.rect.height() // 2
        upper = option.rect.adjusted(_MARGIN, 4, -_MARGIN, -half)
        lower = option.rect.adjusted(_MARGIN, half, -_MARGIN, -4)
        if index.row():
            painter.setPen(QColor(colours.border))
            painter.drawLine(option.rect.topLeft(), option.rect.topRight())
        if index.column() == _DIFFERENCE:
            _draw_zero(painter, option.rect)
            _draw_difference(painter, upper, row, model.scale)
        else:
            _text(painter, upper, str(index.data()), QColor(colours.text), index.column())
        second = colours.muted
        if index.column() == _VARIANT:
            second = {"helps": colours.good, "hurts": colours.bad}.get(row.verdict, second)
        _text(painter, lower, str(index.data(SECOND_ROLE)), QColor(second), index.column())


def _text(painter: QPainter, rect: QRect, text: str, colour: QColor, column: int) -> None:
    sides = {_VARIANT: Qt.AlignmentFlag.AlignLeft, _ACCURACY: Qt.AlignmentFlag.AlignRight}
    side = sides.get(column, Qt.AlignmentFlag.AlignHCenter)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    if column == _DIFFERENCE and text:  # the line of zero must not run through the figures
        ground = QColor(theme.current().base)
        width = painter.fontMetrics().horizontalAdvance(shown) + _MARGIN
        plate = QRect(0, 0, width, rect.height())
        plate.moveCenter(rect.center())
        painter.fillRect(plate, ground)
    painter.setPen(colour)
    painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, shown)


def _draw_zero(painter: QPainter, rect: QRect) -> None:
    painter.setPen(QPen(QColor(theme.current().muted), 1, Qt.PenStyle.DotLine))
    middle = rect.center().x()
    painter.drawLine(middle, rect.top() + 1, middle, rect.bottom())


def _draw_difference(painter: QPainter, rect: QRect, row: StudyRow, scale: float) -> None:
    """The interval as a line with ends, the mean as a mark on it."""
    if not _places(row):
        return
    colours = theme.current()
    shades = {"helps": colours.good, "hurts": colours.bad}
    colour = QColor(shades.get(row.verdict, colours.accent))
    middle, level = rect.center().x(), rect.center().y() + 0.5
    places = [middle + value / scale * (rect.width() / 2 - 6) for value in _places(row)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 2))
    if len(places) > 1:
        painter.drawLine(QPointF(places[1], level), QPointF(places[2], level))
        for end in places[1:]:
            painter.drawLine(QPointF(end, level - 4), QPointF(end, level + 4))
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(places[0], level), 3.5, 3.5)
    painter.restore()


class StudyTable(QTableView):
    """The variants of a study, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("study_table")
        self.setAccessibleName("Variants of the study")
        self.variants = StudyModel(self)
        self.setModel(self.variants)
        self.setItemDelegate(_CellDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_ACCURACY, QHeaderView.ResizeMode.Fixed)
        widest = self.fontMetrics().horizontalAdvance("100.0–100.0 %")
        header.resizeSection(_ACCURACY, widest + 3 * _MARGIN)
