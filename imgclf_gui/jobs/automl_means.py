"""With what a custom model is worked at: a provider, an account, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imgclf_gui.core import network
from imgclf_gui.core.automl import (
    STEP_TITLES,
    AutoMLAccess,
    AutoMLProvider,
    AutoMLSession,
    Doing,
    Here,
    LabelledImage,
    Operation,
    Step,
)
from imgclf_gui.core.cloud import Account, Cancel, Preparation
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.listing import readable
from imgclf_gui.core.vision import base64_bytes
from imgclf_gui.jobs.automl_folder import AutoMLFolder
from imgclf_gui.jobs.cloud_images import made_ready
from imgclf_gui.jobs.cloud_sending import until
from imgclf_gui.protocol import automl_events as e
from imgclf_gui.protocol.automl_state import AutoMLState

TRAINS_ON = frozenset(("JPEG", "PNG", "GIF", "BMP"))
"""Formats of images, as Pillow names them, that are uploaded as they are."""


@dataclass(frozen=True)
class Means:
    """With what a custom model is worked at."""

    provider: AutoMLProvider
    account: Account = field(default_factory=Account)
    secret: Callable[[], str] | None = field(default=None, repr=False)
    here: Here | None = None
    """For a provider on this machine."""
    on_event: Callable[[e.AutoMLEvent], object] = lambda event: None
    """Called on the working thread with every event, also with those that are not kept."""
    cancel: Cancel = field(default_factory=Cancel)
    """Ends the waiting at once; what the provider is at goes on, and can be gone on with."""


def open_session(means: Means, model: AutoMLFolder, cancel: Cancel) -> AutoMLSession:
    """A session for `model`, in the region of its order; signing in ends when it is cancelled.

    Raises:
        UserError: `automl.extra`, `automl.account`, `cloud.…`.
    """
    account = means.account
    if region := model.order().region:  # what was made there is not known in another one
        account = account.model_copy(update={"region": region})
    access = AutoMLAccess(model.folder, account, means.secret, _content, means.here)
    return until(lambda: means.provider.open(access), cancel)


def note_hosts(means: Means, model: AutoMLFolder, doing: Doing) -> None:
    """Say whom the next request goes to, before it does."""
    if not means.provider.online:
        return
    for host in means.provider.hosts(model.order(), means.account, doing):
        network.note(host, "custom model: " + doing)


def prepared(images: Sequence[Path], provider: AutoMLProvider) -> tuple[bytes | ErrorReport, ...]:
    """The bytes of each image as it is sent for a prediction, or why it cannot be.

    One that is too large, as photographs are, is sent smaller.
    """
    most = provider.most_prediction_bytes

    def one(path: Path) -> bytes | ErrorReport:
        try:
            for downscale in (False, True):
                content = made_ready(path, Preparation(downscale=downscale)).content
                if base64_bytes(len(content)) <= most:
                    return content
        except UserError as error:
            return error.report
        return ErrorReport(
            code="automl.image",
            message=f"{readable(path.name)} has {bytes_words(len(content))}, and "
            f"{bytes_words(most)} are the most.",
            hint="Save it smaller.",
        )

    return tuple(map(one, images))


def _content(image: LabelledImage) -> bytes:
    how = Preparation(downscale=False)
    return made_ready(image.file, how, TRAINS_ON, name=image.name).content


def ask_to_stop(model: AutoMLFolder, means: Means, step: Step) -> None:
    """Ask the provider to end what goes on of `step`, also while somebody else follows it.

    Raises:
        UserError: `automl.nothing` if nothing goes on, or why it could not be asked.
    """
    operation = going_on(model.state(), step)
    session = open_session(means, model, means.cancel)
    note_hosts(means, model, step)
    try:
        session.stop(operation)
    finally:
        session.close()


def going_on(state: AutoMLState, step: Step) -> Operation:
    """What goes on of `step` at the provider.

    Raises:
        UserError: `automl.nothing` if nothing does.
    """
    operation = state.operation(step)
    if operation is None or not operation.name:
        raise UserError(
            "automl.nothing",
            f"Nothing of '{STEP_TITLES[step]}' is going on.",
            "Look at the model's state.",
        )
    return operation
