"""Custom models by AutoML: ordered, made, deployed, asked. The one door to `automl_*.py`.

Everything here may block, so the window calls it from a service's thread.
"""

from __future__ import annotations

from pathlib import Path

from imgclf_gui import catalog
from imgclf_gui.core import network
from imgclf_gui.core.automl import AutoMLAccess, Deployed
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.automl_folder import AutoMLFolder
from imgclf_gui.jobs.automl_means import Means, ask_to_stop, prepared
from imgclf_gui.jobs.automl_order import (
    PlannedModel,
    automl_quote_words,
    dataset_rows,
    deployment_quote,
    order_model,
    plan_model,
    prediction_quote,
    training_again_quote,
)
from imgclf_gui.jobs.automl_steps import ModelWork, Predicted
from imgclf_gui.jobs.cloud_sending import until
from imgclf_gui.protocol.automl_state import Deployment

__all__ = [
    "AutoMLFolder",
    "Means",
    "ModelWork",
    "PlannedModel",
    "Predicted",
    "ask_to_stop",
    "automl_quote_words",
    "dataset_rows",
    "delete_model",
    "deployed_models",
    "deployed_there",
    "deployment_quote",
    "order_model",
    "plan_model",
    "prediction_quote",
    "prepared",
    "training_again_quote",
]


def deployed_models(project: Project) -> tuple[tuple[AutoMLFolder, Deployment], ...]:
    """What of the project is, or may be, deployed, and costs: from the journals, at once."""
    found = []
    for model in AutoMLFolder.list(project):
        deployment = None if model.error is not None else model.state().deployment
        if deployment is not None:
            found.append((model, deployment))
    return tuple(found)


def deployed_there(means: Means) -> tuple[Deployed, ...]:
    """What this app has deployed with the account, whichever project or machine it was from.

    Raises:
        UserError: `automl.account` if the account names no project, or nobody could be asked.
    """
    access = AutoMLAccess(Path(), means.account, means.secret)
    session = until(lambda: means.provider.open(access), means.cancel)
    if means.provider.online:
        network.note(means.provider.host_of(means.account), "custom models: what is deployed")
    try:
        return until(session.deployed, means.cancel, session.cancel)
    finally:
        session.close()


def delete_model(model: AutoMLFolder) -> None:
    """Remove what is known of `model` here; nothing changes at the provider.

    Raises:
        UserError: `model.busy`, `file.write`; `automl.deployed` while it is deployed,
            `automl.training` while a provider elsewhere trains it: that would go on unseen.
    """
    if model.error is None:
        state = model.state()
        if state.deployment is not None:
            raise UserError(
                "automl.deployed", f"{model.name} is deployed, and costs.", "Undeploy it first."
            )
        provider = catalog.automl_providers().get(model.info.provider)
        if state.operation("train") is not None and provider is not None and provider.online:
            raise UserError(
                "automl.training",
                f"{model.name} may be training at its provider, and that costs.",
                "Go on with it, and cancel it or wait for its end.",
            )
    model.delete()
