"""What sending would mean, in figures and words; and a person's yes to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imgclf_gui.core import vision
from imgclf_gui.core.annotation import AnnotationProvider
from imgclf_gui.core.cloud import Account, CloudImage, Consent, Quote
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.files import write_error, write_text_atomic
from imgclf_gui.core.project import Project
from imgclf_gui.core.resources import config_folder

CLOUD_FOLDER = "cloud"
CONSENTS_FILE = "consents.json"
"""In the settings."""


def quote(
    provider: AnnotationProvider,
    account: Account,
    images: Sequence[CloudImage],
    request: Mapping[str, Any],
) -> Quote:
    """What it means to send `request`, a person's edits included; nothing is connected to.

    Raises:
        UserError: `cloud.request`, `cloud.feature`.
    """
    by_name = {image.name: image for image in images}
    sizes = {name: len(image.content) for name, image in by_name.items()}
    named = vision.names_in(request)
    missing = next((name for name in named if name not in by_name), None)
    if missing is not None:
        raise UserError(
            "cloud.request",
            f"The request names '{missing:.80}', and there is no such image.",
            "Add the image, or take its entry out of the request.",
        )
    kinds = _kinds(provider, request)
    units = vision.units(request)
    low, high = vision.price(units) if provider.online else (0.0, 0.0)
    parts = vision.batches(request, sizes)
    return Quote(
        provider=provider.kind,
        host=provider.host_of(account),
        images=len(named),
        bytes=sum(vision.json_bytes(part, sizes) for part in parts),
        requests=len(parts),
        features=kinds,
        units=sum(units.values()),
        price_low=low,
        price_high=high,
        exif=any(by_name[name].exif for name in named),
        faces="faces" in kinds,
        billed=account.payer if provider.online else "",
        prices_as_of=vision.PRICES_AS_OF,
    )


def _kinds(provider: AnnotationProvider, request: Mapping[str, Any]) -> tuple[str, ...]:
    """The features of the request, in their usual order; all are the provider's."""
    wanted = {kind for kinds in vision.asked(request) for kind in kinds}
    able = provider.features()
    unable = [one.title for one in vision.FEATURES if one.kind in wanted.difference(able)]
    if unable:
        titles = ", ".join(vision.feature(kind).title for kind in able)
        raise UserError(
            "cloud.feature",
            f"{provider.title} cannot tell: {', '.join(unable)}.",
            f"It can tell: {titles}. Choose among these, or another provider.",
        )
    return tuple(one.kind for one in vision.FEATURES if one.kind in wanted)


def quote_words(quote: Quote) -> tuple[str, ...]:
    """The quote in sentences, for the sheet in the window and for the command line."""
    images = "1 image" if quote.images == 1 else f"{quote.images:,} images"
    features = ", ".join(vision.feature(kind).title.lower() for kind in quote.features)
    if not quote.host:
        return (f"{images} for {features}: answered on this machine, nothing is sent or paid.",)
    requests = "1 request" if quote.requests == 1 else f"{quote.requests:,} requests"
    said = [
        f"To {quote.host}: {images}, {bytes_words(quote.bytes)} as JSON, in {requests}.",
        f"Asked for: {features}.",
        _price_words(quote),
    ]
    if quote.billed:
        said.append(f"Billed to the project {quote.billed}.")
    said.append(
        "EXIF stays in the images: it may tell where and when they were taken, and by whom."
        if quote.exif
        else "EXIF is taken out: where and when they were taken is not sent."
    )
    if quote.faces:
        said.append("Faces are looked for: ask the people in the images whether they agree.")
    return tuple(said)


def _price_words(quote: Quote) -> str:
    units = "1 unit" if quote.units == 1 else f"{quote.units:,} units"
    low, high = _money(quote.price_low), _money(quote.price_high)
    price = high if low == high else f"{low} to {high}"
    as_of = quote.prices_as_of
    return (
        f"{units}, {price}: the first {vision.FREE_UNITS:,} of each feature in a month are free "
        f"(price table of {as_of.day} {as_of:%B %Y}; without taxes)."
    )


def _money(amount: float) -> str:
    """'$0', '$0.0015', '$12.50'."""
    if amount == 0:
        return "$0"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def consent(quote: Quote) -> Consent:
    """To be called when a person has said yes to `quote`, and only then."""
    return Consent(quote)


def remember_consent(project: Project, quote: Quote) -> None:
    """Keep that the person said yes, in this project, to quotes like this one.

    With the person's settings, not in the project: who gets a copy of it has agreed to nothing.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    known = _remembered(project)
    if quote.key not in known:
        _write(project, [*known, quote.key])


def consent_remembered(project: Project, quote: Quote) -> bool:
    """Whether the person said yes for this project, to where and what for."""
    return quote.key in _remembered(project)


def forget_consents(project: Project) -> None:
    """Ask again each time.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    if _remembered(project):
        _write(project, [])


def _write(project: Project, keys: list[str]) -> None:
    path = config_folder() / CONSENTS_FILE
    everything = {**_everything(), _place(project): keys}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
    kept = {
        place: agreed for place, agreed in everything.items() if agreed and Path(place).is_dir()
    }
    write_text_atomic(path, json.dumps(kept, indent=2) + "\n")


def _remembered(project: Project) -> list[str]:
    """The keys of quotes."""
    agreed = _everything().get(_place(project))
    return [key for key in agreed if isinstance(key, str)] if isinstance(agreed, list) else []


def _everything() -> dict[str, Any]:
    """Of all projects, by their folders; a damaged file agrees to nothing."""
    try:
        kept = json.loads((config_folder() / CONSENTS_FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _place(project: Project) -> str:
    return str(project.folder.resolve())
