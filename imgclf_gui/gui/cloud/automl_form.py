"""The order of a custom model: who trains it, which kind, with what budget, and what that means."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.automl import AutoMLProvider, ModelKind
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.note_box import NoteBox
from imgclf_gui.gui.cloud.automl_models import CustomModels
from imgclf_gui.gui.cloud.automl_words import budget_words, unit_words
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.services.automl import Offer
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.scrolled_column import scrolled
from imgclf_gui.gui.widgets.split_bar import SplitBar
from imgclf_gui.gui.widgets.wrapped_check import WrappedCheck

TYPING_MS = 250
NOTHING_LEAVES = "Nothing leaves this machine."
SHOWN_FINDINGS = 4
MEND_FIRST = "Mend the dataset first; what is wrong stands above."


class OrderForm(QWidget):
    """What stands here is planned anew with each change, off the window's thread."""

    account_wanted = Signal()

    def __init__(self, studio: Studio, models: CustomModels) -> None:
        super().__init__()
        self.setObjectName("automl_form")
        self._studio = studio
        self._models = models
        self._offer: Offer | None = None
        """What is known of what stands here; None while it is being planned."""
        self._wish = 0
        self._agreed_to = ""
        self._provider = named(QComboBox(), "automl_provider", "Who trains it")
        self._account = named(QToolButton(), "automl_account", "Account")
        self._kind = named(QComboBox(), "automl_kind", "Kind of model")
        self._budget = named(QSpinBox(), "automl_budget", "Budget")
        self._bounds = wrapped_label(muted=True, name="automl_bounds")
        self._name = named(QLineEdit(), "automl_name", "Name of the model")
        self._bucket = named(QLineEdit(), "automl_bucket", "Bucket of Cloud Storage")
        self._about = wrapped_label(muted=True, name="automl_about")
        self._splits = SplitBar()
        self._dataset = wrapped_label(name="automl_dataset")
        self._problems = NoteBox("automl_problems")
        self._advice = wrapped_label(muted=True, name="automl_advice")
        self._to_dataset = named(QPushButton("Go to Dataset"), "automl_to_dataset")
        self._lacks = NoteBox("automl_lacks")
        self._words = wrapped_label(name="automl_words")
        self._agree = WrappedCheck("automl_agree")
        self._train = named(QPushButton(icons.icon("train"), "Train"), "automl_train")
        self._why_not = wrapped_label(muted=True, name="automl_why_not")
        self._to_account = named(
            QPushButton(icons.icon("account"), "Account…"), "automl_to_account"
        )
        self._error = WrongLabel("automl_order_error")
        self._form = QFormLayout()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._plan)
        for kind, provider in models.providers.items():
            self._provider.addItem(provider.title, kind)
        self._arrange()
        self._connect()
        self._on_provider_chosen()

    @property
    def provider(self) -> AutoMLProvider:
        """Who is chosen."""
        return self._models.providers[self._provider.currentData()]

    @property
    def kind(self) -> ModelKind:
        """What is chosen."""
        kinds = {kind.kind: kind for kind in self.provider.model_kinds()}
        return kinds.get(self._kind.currentData(), next(iter(kinds.values())))

    # What the person does

    def _connect(self) -> None:
        self._provider.activated.connect(self._on_provider_chosen)
        self._kind.activated.connect(self._on_kind_chosen)
        self._budget.valueChanged.connect(lambda: self._renew(TYPING_MS))
        self._name.textEdited.connect(lambda: self._renew(TYPING_MS))
        self._bucket.textEdited.connect(lambda: self._renew(TYPING_MS))
        for button in (self._account, self._to_account):
            button.clicked.connect(self.account_wanted)
        self._agree.box.clicked.connect(self._on_agreed)
        self._train.clicked.connect(self._on_train)
        self._to_dataset.clicked.connect(lambda: self._studio.page_wanted.emit("dataset"))
        self._models.offered.connect(self._on_offered)
        self._models.order_ended.connect(self._on_order_ended)
        studio = self._studio
        for signal in (self._models.account.changed, studio.project_changed):
            signal.connect(self._plan_again)
        studio.dataset_changed.connect(self._plan_again)

    @Slot()
    def _on_provider_chosen(self) -> None:
        provider = self.provider
        self._kind.clear()
        for kind in provider.model_kinds():
            self._kind.addItem(kind.title, kind.kind)
            tip = Qt.ItemDataRole.ToolTipRole
            self._kind.setItemData(self._kind.count() - 1, kind.summary, tip)
        self._kind.setEnabled(self._kind.count() > 1)
        for widget in (self._account, self._bucket):
            widget.setVisible(provider.online)
        self._form.setRowVisible(self._bucket, provider.online)
        self._form.setRowVisible(self._kind, self._kind.count() > 1)
        self._on_kind_chosen()

    @Slot()
    def _on_kind_chosen(self) -> None:
        budget = self.kind.budget
        self._budget.blockSignals(True)
        self._budget.setRange(budget.least, budget.most)
        self._budget.setGroupSeparatorShown(True)
        self._budget.setSingleStep(1_000 if budget.most >= 100_000 else 1)
        self._budget.setValue(budget.usual)
        self._budget.blockSignals(False)
        self._renew(0)

    @Slot()
    def _on_agreed(self) -> None:
        self._agreed_to = self._quoted() if self._agree.box.isChecked() else ""
        self._refresh()

    @Slot()
    def _on_train(self) -> None:
        offer = self._offer
        if offer is not None and offer.planned is not None and not self._reason():
            agreed = bool(self._agreed_to) and self._agreed_to == self._quoted()
            self._error.say("")
            self._agreed_to = ""
            self._models.order(self.provider, offer.planned, agreed)
            self._renew(0)

    # What comes of it

    @Slot()
    def _plan_again(self) -> None:
        """What it depends on is another."""
        self._renew(0)

    def _renew(self, wait: int) -> None:
        self._offer = None
        self._timer.start(wait)
        self._refresh()

    @Slot()
    def _plan(self) -> None:
        self._wish = self._models.plan(
            self.provider,
            self.kind.kind,
            self._budget.value(),
            self._name.text(),
            self._bucket.text(),
        )

    @Slot(object)
    def _on_offered(self, offer: Offer) -> None:
        if offer.number == self._wish and not self._timer.isActive():
            self._offer = offer
            self._refresh()

    @Slot(object)
    def _on_order_ended(self, found: object) -> None:
        wrong = isinstance(found, ErrorReport) and found.code != "cloud.cancelled"
        self._error.say(found.sentence() if wrong and isinstance(found, ErrorReport) else "")
        self._refresh()

    # What is shown

    def _refresh(self) -> None:
        provider, kind, offer = self.provider, self.kind, self._offer
        suffix = f" {unit_words(self._budget.value(), kind.budget.unit)}"
        if suffix != self._budget.suffix():  # setting it takes back what is half typed
            self._budget.setSuffix(suffix)
        as_of = provider.prices_as_of
        price = f"; prices of {as_of.day} {as_of:%B %Y}, without taxes" if as_of else ""
        self._bounds.setText(f"{budget_words(kind.budget, kind.training_an_hour)}{price}.")
        self._about.setText(kind.summary if provider.online else provider.summary)
        self._name.setPlaceholderText(self._studio.spec.name)
        summary = self._studio.summary
        self._splits.show_summary(summary)
        self._dataset.setText(f"{summary.count():,} images of {len(summary.labels):,} classes")
        lacks = provider.lacks()
        said = f"{provider.title} needs a part that is not installed. Run: {lacks}"
        self._lacks.say(said if lacks else "", wrong=False)
        self._show_findings()
        self._show_consent(offer)
        reason = self._reason()
        self._train.setEnabled(not reason)
        self._why_not.setText(reason)
        self._why_not.setVisible(bool(reason))
        error = offer.error if offer is not None else None
        self._to_account.setVisible(error is not None and error.code == "automl.account")

    def _show_findings(self) -> None:
        planned = self._offer.planned if self._offer is not None else None
        if planned is None and self._offer is None:
            return  # what was found before stays until the new is known
        found = planned.findings if planned is not None else ()
        problems = [one for one in found if one.level == "problem"]
        said = [f"{one.message} {one.fix}" for one in problems[:SHOWN_FINDINGS]]
        if len(problems) > SHOWN_FINDINGS:
            said.append(f"… and {len(problems) - SHOWN_FINDINGS} more.")
        self._problems.say("\n".join(said), wrong=True)
        self._to_dataset.setVisible(bool(problems))
        advice = [f"{one.message} {one.fix}" for one in found if one.level == "advice"]
        self._advice.setText("\n".join(advice[:SHOWN_FINDINGS]))
        self._advice.setVisible(bool(advice))

    def _show_consent(self, offer: Offer | None) -> None:
        online, planned = self.provider.online, offer.planned if offer is not None else None
        if not online:
            self._words.setText(NOTHING_LEAVES)
        elif planned is not None and offer is not None:
            self._words.setText("\n".join(offer.words))
        self._words.setVisible(not online or planned is not None)
        self._agree.setVisible(online and planned is not None and not planned.problems)
        if planned is not None:
            quote = planned.quote
            self._agree.say(
                f"I agree that {quote.images:,} images leave this machine for {quote.host}, and "
                f"to pay up to ${quote.price_high:,.2f}."
            )
        self._agree.box.setChecked(bool(self._agreed_to) and self._agreed_to == self._quoted())

    def _quoted(self) -> str:
        """What a tick is about; another one takes the tick away."""
        planned = self._offer.planned if self._offer is not None else None
        if planned is None:
            return ""
        quote = planned.quote
        return f"{quote.key}|{quote.images}|{quote.bytes}|{quote.units}|{planned.order.bucket}"

    def _reason(self) -> str:
        """Why it cannot be ordered; '' if it can."""
        offer, provider = self._offer, self.provider
        planned = offer.planned if offer is not None else None
        error = offer.error.sentence() if offer is not None and offer.error is not None else ""
        reasons = (
            (self._models.ordering is not None, "A model is being ordered."),
            (bool(provider.lacks()), f"{provider.title} is not installed."),
            (offer is None, "Looking at the dataset…"),
            (planned is None, error),
            (planned is not None and bool(planned.problems), MEND_FIRST),
            (provider.online and not self._agree.box.isChecked(), "Tick that you agree first."),
        )
        return next((sentence for holds, sentence in reasons if holds), "")

    def _arrange(self) -> None:
        theme.set_primary(self._train)
        self._fill_form()
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, theme.SPACING // 2, 0)
        column.setSpacing(theme.SPACING)
        title = plain_label("Order a custom model")
        theme.set_title(title)
        column.addWidget(title)
        column.addLayout(self._form)
        for part in (
            self._about,
            self._lacks,
            self._dataset,
            self._splits,
            self._problems,
            self._to_dataset,
            self._advice,
            self._words,
            self._agree,
            self._train,
            self._why_not,
            self._to_account,
            self._error,
        ):
            column.addWidget(part)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(column, "automl_form_scroll"))

    def _fill_form(self) -> None:
        """What is chosen and typed."""
        self._account.setIcon(icons.icon("account"))
        self._account.setToolTip("Account: how you sign in, and what is billed")
        self._name.setMaxLength(100)
        self._bucket.setPlaceholderText("my-project-automl")
        for combo in (self._provider, self._kind):
            combo.setMinimumContentsLength(10)
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
        whom = QHBoxLayout()
        whom.addWidget(self._provider, 1)
        whom.addWidget(self._account)
        form = self._form
        form.setSpacing(theme.SPACING)
        form.addRow("Trained by", whom)
        for words, widget in (
            ("Kind", self._kind),
            ("Budget", self._budget),
            ("Name", self._name),
            ("Bucket", self._bucket),
        ):
            label = plain_label(words)
            label.setBuddy(widget)
            form.addRow(label, widget)
            if widget is self._budget:
                form.addRow(self._bounds)
