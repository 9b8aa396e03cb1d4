"""What tests of AutoML have in common: a project, an account of the test's servers, one order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from imgclf_gui.catalog.providers.vertex_automl import VertexAutoml
from imgclf_gui.core.cloud import Account, Cancel
from imgclf_gui.core.project import Project
from imgclf_gui.jobs import automl, cloud
from imgclf_gui.jobs.automl import AutoMLFolder, Means, ModelWork, PlannedModel
from imgclf_gui.protocol.automl_events import AutoMLEvent, StepProgressed
from tests.helpers.token_server import TokenServer
from tests.helpers.vertex_server import VertexServer

PROJECT, BUCKET = "example-project", "bucket"
EDGE = "edge"


@dataclass
class Vertex:
    """A project and the servers that its models are made with."""

    project: Project
    server: VertexServer
    tokens: TokenServer
    account: Account
    provider: VertexAutoml = field(
        default_factory=lambda: VertexAutoml(poll_seconds=0.02, call_seconds=20)
    )
    events: list[AutoMLEvent] = field(default_factory=list)

    @property
    def means(self) -> Means:
        """With what one works, and listens."""
        return Means(self.provider, self.account, on_event=self.events.append, cancel=Cancel())

    @property
    def connections(self) -> int:
        """How often anybody connected to any of the servers."""
        storage = self.server.cloud.storage.connections
        return self.server.connections + self.tokens.connections + storage

    def planned(self, kind: str = "cloud", budget: int | None = None) -> PlannedModel:
        """A model that could be ordered."""
        return automl.plan_model(
            self.project, self.provider, self.account, kind=kind, budget=budget, bucket=BUCKET
        )

    def ordered(self, kind: str = "cloud") -> AutoMLFolder:
        """A model that a person agreed to."""
        planned = self.planned(kind)
        return automl.order_model(self.project, planned, cloud.consent(planned.quote))

    def work(self, model: AutoMLFolder, cancel: Cancel | None = None) -> ModelWork:
        """The model in hand, as after a restart: only its folder is known."""
        means = self.means if cancel is None else replace(self.means, cancel=cancel)
        return ModelWork(Project.open(self.project.folder), AutoMLFolder.open(model.folder), means)

    def made(self, kind: str = "cloud") -> AutoMLFolder:
        """A model that is trained and measured."""
        model = self.ordered(kind)
        with self.work(model) as work:
            work.make()
        return model

    def happened(self) -> list[str]:
        """The kinds of the events that were kept, with their steps."""
        kept = [event for event in self.events if not isinstance(event, StepProgressed)]
        return [f"{event.type} {getattr(event, 'step', '')}".strip() for event in kept]


def vertex_account(server: VertexServer, tokens: TokenServer, folder: Path) -> Account:
    """A service account whose sign-in and services are on this machine."""
    return Account(
        way="service-account",
        file=str(tokens.service_account(folder)),
        project=PROJECT,
        automl_host=f"http://{server.host}",
    )
