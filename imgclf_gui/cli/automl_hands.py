"""Who works at a custom model on the command line, what a person agrees to, and what is said."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from imgclf_gui import catalog
from imgclf_gui.cli.cloud import asked_consent, cancelled_by_interrupt, progress_line
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.core.automl import STEP_TITLES, AutoMLProvider
from imgclf_gui.core.cloud import Consent, Quote
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.jobs import accounts, automl
from imgclf_gui.jobs.automl import AutoMLFolder, Means, ModelWork
from imgclf_gui.protocol import automl_events as e


def short(kind: str) -> str:
    """A provider's kind as a person writes it."""
    return kind.removesuffix("-automl")


def provider(wanted: str) -> AutoMLProvider:
    """The provider of a kind, as it is stored or as a person writes it."""
    known = catalog.automl_providers()
    kind = next((kind for kind in known if wanted in (kind, short(kind))), wanted)
    return catalog.load(EntrySpec(kind=kind), known)


def agreed(quote: Quote, arguments: argparse.Namespace, output: Output) -> Consent | None:
    """The person's yes, by --yes or asked for.

    Raises:
        UserError: `cloud.consent`.
    """
    return asked_consent(quote, output, yes=arguments.yes)


def deployment_agreed(
    model: AutoMLFolder, arguments: argparse.Namespace, output: Output
) -> Consent | None:
    """The person's yes to what a deployed model costs.

    Raises:
        UserError: `cloud.consent`.
    """
    who, order = provider(model.order().provider), model.order()
    quote = automl.deployment_quote(who, accounts.load(), order)
    say_quote(who, model, quote, output)
    return agreed(quote, arguments, output)


def training_again_agreed(
    project: Project, model: AutoMLFolder, arguments: argparse.Namespace, output: Output
) -> None:
    """A training that was stopped is billed: another one needs a yes of its own.

    Raises:
        UserError: `cloud.consent`.
    """
    if model.state().step("train").status != "stopped":
        return
    who, order = provider(model.order().provider), model.order()
    quote = automl.training_again_quote(project, who, accounts.load(), order)
    say_quote(who, model, quote, output)
    agreed(quote, arguments, output)


def say_quote(who: AutoMLProvider, model: AutoMLFolder, quote: Quote, output: Output) -> None:
    """What it sends and costs, unless it is nothing."""
    if quote.host:
        for sentence in automl.automl_quote_words(who, model.order(), quote):
            output.say(sentence)


@contextmanager
def in_hand(project: Project, model: AutoMLFolder, output: Output) -> Iterator[ModelWork]:
    """The model, to be worked at, with its events shown as they come."""
    with means(project, model, output) as found, ModelWork(project, model, found) as work:
        yield work


@contextmanager
def means(project: Project, model: AutoMLFolder, output: Output) -> Iterator[Means]:
    """With what the model is worked at: Ctrl+C ends it, and its events are shown."""
    with ExitStack() as stack:
        who = provider(model.order().provider)
        here = None
        if not who.online:
            from imgclf_gui.jobs.local_automl import LocalHere

            session = stack.enter_context(Session(output))
            here = LocalHere(project, lambda: session.jobs)
        cancel = stack.enter_context(cancelled_by_interrupt())  # the session took Ctrl+C over
        tell = stack.enter_context(progress_line(output))

        def happened(event: e.AutoMLEvent) -> None:
            output.journal(event)
            if isinstance(event, e.StepProgressed):
                tell(event.words)
            elif said := _sentence(event):
                output.say(said)

        account = accounts.load()
        yield Means(who, account, accounts.secret(account), here, happened, cancel)


def _sentence(event: e.AutoMLEvent) -> str:
    match event:
        case e.StepBeginning():
            return f"{STEP_TITLES[event.step]}…"
        case e.StepDone() if event.refused_rows:
            first = event.refused[0].reason
            rows = "1 row was" if event.refused_rows == 1 else f"{event.refused_rows:,} rows were"
            return f"{STEP_TITLES[event.step]}: done; {rows} left out, the first: {first}"
        case e.StepDone():
            return f"{STEP_TITLES[event.step]}: done."
        case _:
            return ""
