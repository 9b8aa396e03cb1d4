"""What the studio holds of cloud models, each made when it is first needed. No widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from imgclf_gui.gui.job_view import JobView

if TYPE_CHECKING:
    from imgclf_gui.gui.cloud.accounts import CloudAccount
    from imgclf_gui.gui.cloud.automl_models import CustomModels
    from imgclf_gui.gui.studio import Studio

MODELS_FOLDER = "automl"
"""In a project that has custom models: one may be deployed, and cost, though nobody looks."""


class CloudParts(QObject):
    """The account, and the custom models of the open project."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self._account: CloudAccount | None = None
        self._models: CustomModels | None = None
        studio.project_changed.connect(self._look)
        studio.attach(self)

    @property
    def account(self) -> CloudAccount:
        """Who is asked, and pays: the same for all views."""
        if self._account is None:
            from imgclf_gui.gui.cloud.accounts import CloudAccount

            self._account = CloudAccount()
        return self._account

    @property
    def models(self) -> CustomModels:
        """Custom models by AutoML."""
        if self._models is None:
            from imgclf_gui.gui.cloud.automl_models import CustomModels

            self._models = CustomModels(self._studio, self.account)
        return self._models

    @property
    def lingering(self) -> str:
        """What goes on costing when the window closes, in a sentence; '' if nothing does."""
        return self._models.lingering if self._models is not None else ""

    @property
    def trains_here(self) -> bool:
        """Whether a custom model is made on this machine: then runs are only a part of that."""
        return self._models is not None and self._models.trains_here

    @Slot()
    def _look(self) -> None:
        """Custom models are watched from the moment when their project opens."""
        project = self._studio.project
        if project is not None and (project.folder / MODELS_FOLDER).is_dir():
            self.models  # noqa: B018 made, it lists them

    # As a part of the studio

    @property
    def job(self) -> JobView | None:
        """That of the custom models is told by them."""
        return None

    def stop(self) -> None:
        """Nothing runs here."""

    def close(self) -> None:
        """Join the account's threads."""
        if self._account is not None:
            self._account.close()
