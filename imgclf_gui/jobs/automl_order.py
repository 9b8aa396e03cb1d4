"""Ordering a custom model: the dataset as AutoML sees it, its price, and a person's yes."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Literal

from imgclf_gui.core.automl import AutoMLProvider, Doing, LabelledImage, ModelKind, Order
from imgclf_gui.core.automl_checks import Finding, findings, split_counts
from imgclf_gui.core.automl_rows import DatasetRow, RowForm, rows_text
from imgclf_gui.core.cloud import Account, Consent, Quote
from imgclf_gui.core.dataset import Dataset, fingerprint_of, natural_key
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.automl_folder import AutoMLFolder
from imgclf_gui.protocol.automl_events import Agreed

What = Literal["train", "deploy", "predict"]
TAG_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class PlannedModel:
    """A custom model that may be ordered, and what a person should know before."""

    order: Order
    kind: ModelKind
    images: tuple[LabelledImage, ...]
    findings: tuple[Finding, ...]
    """Problems keep it from being ordered; advice does not."""
    quote: Quote

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What keeps it from being ordered."""
        return tuple(finding for finding in self.findings if finding.level == "problem")


def plan_model(
    project: Project,
    provider: AutoMLProvider,
    account: Account,
    *,
    kind: str = "",
    budget: int | None = None,
    name: str = "",
    bucket: str = "",
) -> PlannedModel:
    """What training a model on the project's dataset would be; nothing is connected to.

    Without `kind` and `budget` the usual ones.

    Raises:
        UserError: `automl.kind`, `automl.budget`, `automl.account`, `automl.bucket`, or the
            dataset cannot be read.
    """
    wanted = model_kind(provider, kind)
    images, fingerprint = labelled_images(project)
    order = Order(
        provider=provider.kind,
        model_kind=wanted.kind,
        budget=_budget(wanted, budget),
        name=name.strip() or project.spec.name,
        tag="".join(secrets.choice(TAG_LETTERS) for _ in range(12)),
        labels=_labels(images),
        images=split_counts(images),
        account_project=account.project if provider.online else "",
        region=account.region if provider.online else "",
        bucket=bucket.removeprefix("gs://").rstrip("/") if provider.online else "",
        fingerprint=fingerprint,
    )
    provider.check(order)
    return PlannedModel(
        order,
        wanted,
        images,
        findings(images, type(provider)),
        training_quote(provider, account, order, images),
    )


def order_model(project: Project, planned: PlannedModel, consent: Consent | None) -> AutoMLFolder:
    """A new custom model, as planned; nothing is sent yet.

    Raises:
        UserError: `automl.dataset` for the first problem, `cloud.consent` without the person's
            yes to the quote, or the folder cannot be written.
    """
    if planned.problems:
        first = planned.problems[0]
        raise UserError("automl.dataset", first.message, first.fix)
    require(planned.quote, consent)
    model = AutoMLFolder.create(project, planned.order)
    if planned.quote.host:
        model.record(agreed("train", planned.quote))
    return model


def labelled_images(project: Project) -> tuple[tuple[LabelledImage, ...], str]:
    """The project's images with their labels and splits, and the dataset's fingerprint.

    Raises:
        UserError: the dataset cannot be read.
    """
    with Dataset.open(project.dataset_path) as dataset:
        rows = dataset.images_split_by(project.spec.data)
    images = tuple(
        LabelledImage(
            name=row.name,
            file=project.images_folder / row.path,
            content=PurePath(row.path).stem,
            labels=(row.label,),
            split=row.split,
            size_bytes=row.size_bytes,
        )
        for row in rows
    )
    return images, fingerprint_of(rows)


def dataset_rows(project: Project, form: RowForm, bucket: str = "") -> str:
    """The project's dataset as a file for AutoML's console.

    Images are named as `bucket` would hold them, or by their paths in the project's folder.

    Raises:
        UserError: the dataset cannot be read.
    """
    images, _ = labelled_images(project)
    folder = f"gs://{bucket.removeprefix('gs://').rstrip('/')}/" if bucket else "images/"
    rows = [
        DatasetRow(
            folder + image.file.relative_to(project.images_folder).as_posix(),
            image.labels,
            image.split,
        )
        for image in images
    ]
    return rows_text(rows, form)


def training_quote(
    provider: AutoMLProvider, account: Account, order: Order, images: Sequence[LabelledImage]
) -> Quote:
    """What making the model sends and costs at most."""
    kind = model_kind(provider, order.model_kind)
    once = {image.content: image.size_bytes for image in images}
    return _quote(
        provider, account, order, "train", "upload",
        images=len(once), size=sum(once.values()), units=order.budget,
        high=kind.price(order.budget),
    )  # fmt: skip


def training_again_quote(
    project: Project, provider: AutoMLProvider, account: Account, order: Order
) -> Quote:
    """What another training costs, after one that was stopped and is billed.

    Raises:
        UserError: the dataset cannot be read.
    """
    return training_quote(provider, account, order, labelled_images(project)[0])


def deployment_quote(provider: AutoMLProvider, account: Account, order: Order) -> Quote:
    """What the deployed model costs an hour; no image is sent."""
    an_hour = model_kind(provider, order.model_kind).deployed_an_hour
    return _quote(
        provider, account, order, "deploy", "deploy",
        images=0, size=0, units=1, low=an_hour, high=an_hour,
    )  # fmt: skip


def prediction_quote(
    provider: AutoMLProvider, account: Account, order: Order, images: Sequence[bytes]
) -> Quote:
    """What asking the deployed model sends; it costs nothing beside the deployment."""
    size = sum(map(len, images))
    return _quote(
        provider, account, order, "predict", "predict",
        images=len(images), size=size, units=len(images),
    )  # fmt: skip


def automl_quote_words(provider: AutoMLProvider, order: Order, quote: Quote) -> tuple[str, ...]:
    """The quote in sentences, for the sheet in the window and for the command line."""
    if not quote.host:
        kind = model_kind(provider, order.model_kind)
        return (
            f"Trains on this machine for at most {kind.budget.words(order.budget)}; nothing is "
            "sent or paid.",
        )
    what = quote.features[0]
    words = []
    if quote.images:
        place = f"{quote.host}, bucket {order.bucket}" if what == "train" else quote.host
        count = "1 image goes" if quote.images == 1 else f"{quote.images:,} images go"
        words.append(f"{count} to {place} ({bytes_words(quote.bytes)} at most).")
        words.append("EXIF is taken out: where and when they were taken is not sent.")
    day = quote.prices_as_of
    as_of = f"price of {day.day} {day:%B %Y}; without taxes"
    if what == "train":
        kind = model_kind(provider, order.model_kind)
        words.append(
            f"Training costs ${quote.price_high:,.2f} at most, for "
            f"{kind.budget.words(order.budget)} ({as_of}). The bucket costs beside it, as long as "
            "it is full."
        )
    if what == "deploy":
        words.append(
            f"As long as the model is deployed it costs ${quote.price_high:,.3f} an hour, whether "
            f"it is asked or not ({as_of}). Undeploy it when you are done."
        )
    if what == "predict":
        words.append("Asking costs nothing beside the deployment.")
    words.append(f"Billed to the project {quote.billed}.")
    return tuple(words)


def require(quote: Quote, consent: Consent | None) -> None:
    """Refuse what nobody agreed to.

    Raises:
        UserError: `cloud.consent`.
    """
    if not quote.host or (consent is not None and consent.covers(quote)):
        return
    raise UserError(
        "cloud.consent",
        f"Nothing was sent to {quote.host}: nobody agreed to it."
        if consent is None
        else f"Nothing was sent to {quote.host}: it is more than what was agreed to.",
        "Look at what would be sent and what it costs, and agree to it.",
    )


def agreed(what: What, quote: Quote) -> Agreed:
    """The line of the journal for a person's yes."""
    return Agreed(
        what=what,
        host=quote.host,
        images=quote.images,
        bytes=quote.bytes,
        price_low=quote.price_low,
        price_high=quote.price_high,
        prices_as_of=quote.prices_as_of,
    )


def _quote(
    provider: AutoMLProvider,
    account: Account,
    order: Order,
    what: What,
    doing: Doing,
    *,
    images: int,
    size: int,
    units: int,
    low: float = 0.0,
    high: float = 0.0,
) -> Quote:
    hosts = provider.hosts(order, account, doing) if provider.online else ()
    return Quote(
        provider=provider.kind,
        host=hosts[0] if hosts else "",
        images=images,
        bytes=size,
        requests=images,
        features=(what, order.model_kind),
        units=units,
        price_low=low,
        price_high=high,
        exif=False,
        faces=False,
        billed=order.account_project,
        prices_as_of=provider.prices_as_of or date.min,
    )


def model_kind(provider: AutoMLProvider, wanted: str) -> ModelKind:
    """The kind of that name; without a name the usual one.

    Raises:
        UserError: `automl.kind`.
    """
    kinds = {kind.kind: kind for kind in provider.model_kinds()}
    if not wanted:
        return next(iter(kinds.values()))
    if wanted not in kinds:
        raise UserError(
            "automl.kind",
            f"{provider.title} makes no '{wanted:.40}' models.",
            f"Choose one of: {', '.join(kinds)}.",
        )
    return kinds[wanted]


def _budget(kind: ModelKind, wanted: int | None) -> int:
    budget = kind.budget
    if wanted is None:
        return budget.usual
    if not budget.least <= wanted <= budget.most:
        raise UserError(
            "automl.budget",
            f"A budget of {budget.words(wanted)} is not possible.",
            f"Choose {budget.least:,} to {budget.words(budget.most)}.",
        )
    return wanted


def _labels(images: Sequence[LabelledImage]) -> tuple[str, ...]:
    return tuple(sorted({label for image in images for label in image.labels}, key=natural_key))
