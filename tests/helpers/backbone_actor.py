"""An actor that plays the adding of weights files of Keras.

A file of 'keras:VGG16' is refused; one of 'keras:VGG19' is worked on until it is stopped; any other
becomes a backbone of one convolution.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.plan.applications import find_application
from imgclf_gui.plan.backbones import Backbone, add_backbone, own_id
from imgclf_gui.protocol import commands
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.transfer_events import TransferProgressed
from tests.helpers.actor_worker import Actor

KERNEL = {"00_convolution/kernel": np.zeros((3, 3, 3, 4), np.float32)}


class BackboneActor(Actor):
    """Plays what is asked for."""

    def act(self, command: commands.Command) -> None:
        """Do one job."""
        if isinstance(command, commands.AddBackbone):
            self.add(command)
        else:
            super().act(command)

    def add(self, command: commands.AddBackbone) -> None:
        """Play the adding of a file."""
        job, application = command.job, find_application(command.application)
        self.say(TransferProgressed(job=job, done=0.5, what=f"building {application.title}"))
        if application.name == "VGG16":
            error = ErrorReport(code="backbone.file", message="It is of another network.")
            self.say(e.JobFailed(job=job, error=error))
            return
        if application.name == "VGG19":
            self.wait_for_stop(job)
            stopped = ErrorReport(code="backbone.stopped", message="It was stopped.")
            self.say(e.JobFailed(job=job, error=stopped))
            return
        digest = sha256(Path(command.file).read_bytes()).hexdigest()
        title = command.title or application.title
        backbone = Backbone(
            id=own_id(title, digest),
            title=title,
            width=32,
            height=32,
            blocks=(BlockSpec(kind="convolution", filters=4, bias=False),),
            source=command.source,
        )
        kept = add_backbone(backbone, KERNEL)
        self.say(
            e.BackboneAdded(
                job=job, backbone=kept.id, title=title, sha256=kept.sha256, file_sha256=digest
            )
        )


if __name__ == "__main__":
    BackboneActor().play()
