"""`imgclf cloud automl …`: custom models, trained at Google or on this machine."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.cli.automl_hands import (
    agreed,
    deployment_agreed,
    in_hand,
    means,
    provider,
    say_quote,
    short,
    training_again_agreed,
)
from imgclf_gui.cli.automl_tables import (
    deployment_words,
    show_answers,
    show_metrics,
    show_models,
    summary,
)
from imgclf_gui.cli.cloud import cancelled_by_interrupt
from imgclf_gui.cli.numbers import share
from imgclf_gui.cli.output import Output
from imgclf_gui.core.automl import STEP_TITLES, AutoMLProvider, Deployed, Step
from imgclf_gui.core.automl_rows import ROW_FORMS
from imgclf_gui.core.cloud import Quote
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs import accounts, automl
from imgclf_gui.jobs.automl import AutoMLFolder, Means, PlannedModel
from imgclf_gui.protocol.automl_state import Deployment

Parsers = Any
"""argparse does not name the type of `add_subparsers`."""


def add(commands: Parsers, shared: argparse.ArgumentParser) -> None:
    """Add the command, and those below it."""
    parser = commands.add_parser("automl", help="train custom models; deploy, ask, export them")
    below = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_train(below, shared)
    for name, act, what in (
        ("status", _status, "where models are and what they cost; asks the provider"),
        ("metrics", _metrics, "what a model is worth on the test images"),
        ("deploy", _deploy, "let a model answer; it costs by the hour until it is undeployed"),
        ("undeploy", _undeploy, "end that"),
        ("export", _export, "bring an edge model here as a file"),
        ("cancel", _cancel, "end what goes on at the provider"),
        ("predict", _predict, "ask a model what images show"),
    ):
        command = below.add_parser(name, parents=[shared], help=what)
        command.add_argument("project", type=Path, metavar="PROJECT")
        command.add_argument(
            "model",
            metavar="MODEL",
            nargs="?" if name == "status" else None,
            help="its number, its name, or 'latest'",
        )
        command.set_defaults(act=act)
        _add_options(name, command)
    rows = below.add_parser(
        "rows", parents=[shared], help="print the dataset as a file for AutoML's console"
    )
    rows.add_argument("project", type=Path, metavar="PROJECT")
    rows.add_argument("--form", choices=ROW_FORMS, default=ROW_FORMS[1])
    rows.add_argument("--bucket", default="", help="where the images are; else their paths")
    rows.set_defaults(act=_rows)


def _add_train(below: Parsers, shared: argparse.ArgumentParser) -> None:
    providers = ", ".join(map(short, catalog.automl_providers()))
    train = below.add_parser("train", parents=[shared], help="train a model on a project's images")
    train.add_argument("project", type=Path, metavar="PROJECT")
    train.add_argument("--provider", metavar="KIND", help=f"one of: {providers} (default: local)")
    train.add_argument("--budget", type=int, metavar="N", help="in the provider's unit")
    train.add_argument("--kind", metavar="KIND", help="of the model, as the provider names them")
    train.add_argument("--edge", action="store_true", help="a model to be exported: --kind edge")
    train.add_argument("--bucket", metavar="NAME", help="of Cloud Storage, for the images")
    train.add_argument("--name", metavar="NAME", help="what to call the model")
    train.add_argument("--resume", metavar="MODEL", help="go on with this one instead")
    train.add_argument("--dry-run", action="store_true", help="show what it means, send nothing")
    train.add_argument("--yes", action="store_true", help="agree to what would be sent and paid")
    train.set_defaults(act=_train)


def _add_options(name: str, command: argparse.ArgumentParser) -> None:
    if name in ("deploy", "predict"):
        command.add_argument(
            "--yes", action="store_true", help="agree to what would be sent and paid"
        )
    if name == "predict":
        command.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
        command.add_argument(
            "--deploy", action="store_true", help="deploy it for this, and undeploy it again"
        )
    if name == "export":
        command.add_argument("--form", default="", help="'tflite'; by default the usual one")
    if name == "status":
        asked = command.add_mutually_exclusive_group()
        asked.add_argument("--offline", action="store_true", help="ask nobody")
        asked.add_argument(
            "--everywhere",
            action="store_true",
            help="also what this app deployed with the account from other projects",
        )
    if name == "metrics":
        command.add_argument("--threshold", type=share, default=0.5, metavar="0…1")


def _train(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    if arguments.resume is not None:
        _refuse_settings(arguments)
        model = AutoMLFolder.find(project, arguments.resume)
        training_again_agreed(project, model, arguments, output)
    else:
        who = provider(arguments.provider or "local")
        planned = _planned(project, who, arguments)
        _say_planned(who, planned, output)
        if arguments.dry_run:
            output.say("Nothing was sent.")
            output.result({"sent": False, **_quote_figures(planned.quote)})
            return 0
        consent = None if planned.problems else agreed(planned.quote, arguments, output)
        model = automl.order_model(project, planned, consent)
    with in_hand(project, model, output) as work:
        try:
            work.make()
        except UserError as error:
            raise _with_hint(error, f"To go on: imgclf cloud automl train {project.folder} "
                             f"--resume {model.id}") from error  # fmt: skip
    return _shown(model, output, 0.5)


def _planned(
    project: Project, provider: AutoMLProvider, arguments: argparse.Namespace
) -> PlannedModel:
    return automl.plan_model(
        project,
        provider,
        accounts.load(),
        kind=arguments.kind or ("edge" if arguments.edge else ""),
        budget=arguments.budget,
        name=arguments.name or "",
        bucket=arguments.bucket or "",
    )


def _say_planned(provider: AutoMLProvider, planned: PlannedModel, output: Output) -> None:
    for finding in planned.findings:
        word = "Problem" if finding.level == "problem" else "Note"
        output.say(f"{word}: {finding.message} {finding.fix}")
    for sentence in automl.automl_quote_words(provider, planned.order, planned.quote):
        output.say(sentence)


def _status(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    named = arguments.model is not None
    models = [AutoMLFolder.find(project, arguments.model)] if named else AutoMLFolder.list(project)
    for model in models:
        if model.error is None and not arguments.offline and not model.held:
            _look(project, model, output)
    show_models(project, models, output)
    there = list(_deployed_there(output)) if arguments.everywhere else []
    for one in there:
        deployment = Deployment(one.since, one.an_hour, sure=True)
        output.say(f"{one.title} ({one.endpoint}) {deployment_words(deployment, time.time())}")
    figures = {"models": [summary(model, time.time()) for model in models]}
    output.result(
        figures | ({"deployed": list(map(asdict, there))} if arguments.everywhere else {})
    )
    return 0


def _deployed_there(output: Output) -> Iterator[Deployed]:
    account = accounts.load()
    with cancelled_by_interrupt() as cancel:
        for who in (entry() for entry in catalog.automl_providers().values()):
            if who.online and "deploy" in who.steps:
                output.say(f"Asking {who.host_of(account)}…")
                asked = Means(who, account, accounts.secret(account), cancel=cancel)
                yield from automl.deployed_there(asked)


def _look(project: Project, model: AutoMLFolder, output: Output) -> None:
    """Ask where it is, if anything of it may go on; who cannot be reached is no reason to end."""
    state = model.state()
    if not any(step.open and step.operation for step in state.steps.values()):
        return
    try:
        with in_hand(project, model, output) as work:
            work.look()
    except UserError as error:
        output.say(f"Model {model.id}: {error.report.sentence()}")


def _metrics(arguments: argparse.Namespace, output: Output) -> int:
    model = AutoMLFolder.find(Project.open(arguments.project), arguments.model)
    if model.metrics() is None:
        raise UserError(
            "automl.untrained", f"{model.name} is not measured.", "Go on with its training first."
        )
    return _shown(model, output, arguments.threshold)


def _shown(model: AutoMLFolder, output: Output, threshold: float) -> int:
    metrics = model.metrics()
    if metrics is not None:
        show_metrics(model, metrics, threshold, output)
    figures = metrics.model_dump(mode="json", exclude={"outcomes"}) if metrics else None
    output.result({**summary(model, time.time()), "metrics": figures})
    return 0


def _deploy(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    model = AutoMLFolder.find(project, arguments.model)
    with in_hand(project, model, output) as work:
        work.deploy(deployment_agreed(model, arguments, output))
    return _ended(model, output, "It costs until it is undeployed.")


def _undeploy(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    model = AutoMLFolder.find(project, arguments.model)
    with in_hand(project, model, output) as work:
        work.undeploy()
    return _ended(model, output, "It costs nothing any more.")


def _export(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    model = AutoMLFolder.find(project, arguments.model)
    with in_hand(project, model, output) as work:
        folder = work.export(arguments.form)
    output.say(f"It is in {folder}.")
    output.result({**summary(model, time.time()), "folder": str(folder.absolute())})
    return 0


def _cancel(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    model = AutoMLFolder.find(project, arguments.model)
    state = model.state()
    going = [step for step, one in state.steps.items() if one.open and one.operation]
    step: Step = going[-1] if going else "train"
    if model.held:
        with means(project, model, output) as found:
            automl.ask_to_stop(model, found, step)
        return _ended(model, output, "Whoever follows it is told when it has ended.")
    with in_hand(project, model, output) as work:
        work.stop(step)
    return _ended(model, output, f"{STEP_TITLES[step]}: ended.")


def _predict(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    model = AutoMLFolder.find(project, arguments.model)
    for path in arguments.images:
        if not path.exists():
            raise UserError("use.image", f"There is nothing at {path}.", "Check the path.")
    who, order = provider(model.order().provider), model.order()
    ready = automl.prepared(arguments.images, who)
    contents = [content for content in ready if isinstance(content, bytes)]
    quote = automl.prediction_quote(who, accounts.load(), order, contents)
    say_quote(who, model, quote, output)
    deployment = deployment_agreed(model, arguments, output) if arguments.deploy else None
    consent = agreed(quote, arguments, output)
    with in_hand(project, model, output) as work:
        answers = work.predict(arguments.images, consent, deployment)
    show_answers(answers, output)
    output.result(
        {
            "model": model.id,
            "answers": [
                {
                    "image": str(one.path),
                    "guesses": [[guess.label, guess.score] for guess in one.guesses],
                    "error": one.error.model_dump(mode="json") if one.error else None,
                }
                for one in answers
            ],
        }
    )
    return 1 if all(one.error for one in answers) else 0


def _rows(arguments: argparse.Namespace, output: Output) -> int:
    text = automl.dataset_rows(Project.open(arguments.project), arguments.form, arguments.bucket)
    for line in text.splitlines():
        output.say(line)
    output.result({"form": arguments.form, "rows": text.splitlines()})
    return 0


def _ended(model: AutoMLFolder, output: Output, words: str) -> int:
    output.say(words)
    output.result(summary(model, time.time()))
    return 0


def _with_hint(error: UserError, more: str) -> UserError:
    report = error.report
    return UserError(report.code, report.message, f"{report.hint} {more}".strip(), report.details)


def _refuse_settings(arguments: argparse.Namespace) -> None:
    given: Sequence[object] = (
        arguments.provider, arguments.budget, arguments.kind, arguments.bucket, arguments.name,
        arguments.edge or None, arguments.dry_run or None,
    )  # fmt: skip
    if any(each is not None for each in given):
        raise UserError(
            "use.automl",
            "A model is gone on with as it was ordered.",
            "Leave everything but the project out, or order a new one without --resume.",
        )


def _quote_figures(quote: Quote) -> dict[str, Any]:
    return {
        "host": quote.host,
        "images": quote.images,
        "bytes": quote.bytes,
        "price": quote.price_high,
        "currency": quote.currency,
        "prices_as_of": quote.prices_as_of.isoformat() if quote.host else None,
    }
