"""An actor that plays studies as their names say: 'killed' dies after the first training, 'long'
waits there to be stopped, any other one trains all that is missing."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from imgclf_gui.plan.study import StudyPlan
from imgclf_gui.protocol import commands, events
from tests.helpers.actor_worker import Actor


class StudyActor(Actor):
    """Each variant has five images of a hundred more right than the one before."""

    def act(self, command: commands.Command) -> None:
        """Do one job."""
        if isinstance(command, commands.StartStudy):
            self.study(command)
        else:
            super().act(command)

    def study(self, command: commands.StartStudy) -> None:
        """Play the trainings that are missing."""
        folder, job = Path(command.study), command.job
        plan = StudyPlan.model_validate_json((folder / "plan.json").read_bytes())
        name = json.loads((folder / "study.json").read_text("utf-8"))["name"]
        done, total = len(command.done), plan.trainings
        self.say(events.StudyStarted(job=job, trainings=total, done=done))
        for variant, seed in plan.order():
            if (variant, seed) in command.done:
                continue
            where = {"job": job, "variant": variant, "seed": seed}
            self.say(events.StudyProgressed(**where, done=done + 0.5, trainings=total))
            right = 80 + 5 * variant + seed
            self.say(events.VariantTrained(**where, images=100, correct=right, seconds=1, loss=0.5))
            if not command.done and name == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if not command.done and name == "long":
                self.wait_for_stop(job)
                self.say(events.StudyFinished(job=job, seconds=1, stopped=True))
                return
        self.say(events.StudyFinished(job=job, seconds=1))


if __name__ == "__main__":
    StudyActor().play()
