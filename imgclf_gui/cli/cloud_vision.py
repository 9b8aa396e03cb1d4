"""`imgclf cloud vision`: what images show, by Cloud Vision or by what is built in."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.cli.cloud import asked_consent, cancelled_by_interrupt, progress_line
from imgclf_gui.cli.numbers import whole
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import plain
from imgclf_gui.core import vision
from imgclf_gui.core.annotation import AnnotationProvider
from imgclf_gui.core.cloud import Account, Cancel, CloudImage, Consent, Preparation, Quote
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.core.vision_answer import Answer, answer
from imgclf_gui.jobs import accounts, cloud
from imgclf_gui.jobs.cloud_history import keep

TEXT_SHOWN = 80


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    kinds = ", ".join(one.kind for one in vision.FEATURES)
    providers = catalog.annotation_providers()
    parser = commands.add_parser(
        "vision", parents=[shared], help="ask what images show; --dry-run sends nothing"
    )
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE|FOLDER")
    parser.add_argument(
        "--feature", action="append", metavar="KIND", help=f"may be repeated: {kinds}"
    )
    parser.add_argument(
        "--most", type=whole(1, vision.MOST_RESULTS), metavar="N", help="results of each feature"
    )
    parser.add_argument(
        "--provider",
        default=next(iter(providers)),
        metavar="KIND",
        help=f"one of: {', '.join(providers)}",
    )
    parser.add_argument(
        "--request",
        type=Path,
        metavar="FILE.json",
        help="a request of your own, as --dry-run shows",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show request and price, send nothing"
    )
    parser.add_argument("--curl", action="store_true", help="show the same request as a command")
    parser.add_argument("--yes", action="store_true", help="agree to what would be sent and paid")
    parser.add_argument("--project", type=Path, help="keep request and answers in this project")
    parser.add_argument(
        "--no-downscale", action="store_true", help="send images larger than 640 × 480 as they are"
    )
    parser.add_argument("--keep-exif", action="store_true", help="leave EXIF in the images")
    parser.set_defaults(act=_act)


@dataclass(frozen=True)
class _Asked:
    """What would be sent, to whom."""

    provider: AnnotationProvider
    account: Account
    images: tuple[CloudImage, ...]
    refused: tuple[tuple[Path, ErrorReport], ...]
    request: dict[str, Any]
    quote: Quote


def _act(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project) if arguments.project is not None else None
    with cancelled_by_interrupt() as cancel:
        asked = _asked(arguments, output, cancel)
        shown = [_curl(asked)] if arguments.curl else []
        shown += [vision.text(asked.request)] if arguments.dry_run else []
        for line in "\n".join([*shown, *cloud.quote_words(asked.quote)]).splitlines():
            output.say(line)
        if arguments.dry_run:
            output.say("Nothing was sent.")
            output.result(_result(asked, sent=False))
            return 0
        consent = _consent(asked.quote, project, arguments, output)
        answers = _send(asked, consent, output, cancel)
    _show(answers, output)  # they are paid for, whether they can be kept or not
    kept, unkept = None, None
    try:
        kept = _keep(asked, answers, project)
    except UserError as error:
        unkept = error
    output.result(
        {
            **_result(asked, sent=True),
            "exchange": kept,
            "answers": [
                {
                    "image": one.image.name,
                    "response": one.response,
                    "error": one.error.model_dump(mode="json") if one.error else None,
                }
                for one in answers
            ],
        }
    )
    if unkept is not None:
        raise unkept
    return 1 if all(one.error for one in answers) else 0


def _asked(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> _Asked:
    provider = catalog.load(EntrySpec(kind=arguments.provider), catalog.annotation_providers())
    for path in arguments.images:
        if not path.exists():
            raise UserError("use.image", f"There is nothing at {path}.", "Check the path.")
    how = Preparation(strip_exif=not arguments.keep_exif, downscale=not arguments.no_downscale)
    prepared = cloud.prepare(arguments.images, how, cancel)
    for _, report in prepared.refused:
        output.say(f"Left out: {plain(report.message)}")
    if not prepared.images:
        raise UserError("use.image", "There is no image to ask about.", "Name other files.")
    account = accounts.load()
    request = _request(arguments, provider, [image.name for image in prepared.images])
    quote = cloud.quote(provider, account, prepared.images, request)
    return _Asked(provider, account, prepared.images, prepared.refused, request, quote)


def _request(
    arguments: argparse.Namespace, provider: AnnotationProvider, names: Sequence[str]
) -> dict[str, Any]:
    if arguments.request is None:
        kinds = arguments.feature or ["labels"]
        return vision.request(
            names, [vision.AskedFeature(kind, arguments.most) for kind in dict.fromkeys(kinds)]
        )
    if arguments.feature or arguments.most:
        raise UserError(
            "use.request",
            "--feature and --most belong to a request that is made here.",
            "Leave them out, or --request.",
        )
    try:
        text = arguments.request.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise UserError(
            "use.request",
            f"{arguments.request} cannot be read.",
            "Give a file in UTF-8, as --dry-run shows it.",
            str(error),
        ) from error
    found = provider.check(text)
    if found:
        told = " ".join(f"Line {one.line}: {one.message}" for one in found[:5])
        raise UserError("cloud.request", f"{arguments.request.name}: {told}", "Mend it.")
    return vision.read(text)


def _curl(asked: _Asked) -> str:
    account = asked.account
    command = vision.curl(account.host, account.way, account.payer)
    return f"# request.json: the JSON with each image in base64 (base64 -w0 IMAGE)\n{command}"


def _consent(
    quote: Quote, project: Project | None, arguments: argparse.Namespace, output: Output
) -> Consent | None:
    before = project is not None and cloud.consent_remembered(project, quote)
    return asked_consent(quote, output, yes=arguments.yes or before)


def _send(
    asked: _Asked, consent: Consent | None, output: Output, cancel: Cancel
) -> tuple[cloud.Answered, ...]:
    with ExitStack() as stack:
        classify = None
        if not asked.provider.online:
            classify = cloud.built_in_classifier(stack.enter_context(Session(output)).jobs)
            cancel = stack.enter_context(cancelled_by_interrupt())  # the session took Ctrl+C over
        tell = stack.enter_context(progress_line(output))
        return cloud.send(
            asked.provider,
            accounts.access(asked.account, classify),
            asked.images,
            asked.request,
            consent=consent,
            on_progress=lambda now: tell(f"{now.done:,} of {now.total:,} images. {now.words}"),
            cancel=cancel,
        )


def _keep(asked: _Asked, answers: Sequence[cloud.Answered], project: Project | None) -> str | None:
    """The folder of the exchange; None without a project."""
    if project is None:
        return None
    kept = keep(
        project,
        provider=asked.quote.provider,
        host=asked.quote.host,
        request=asked.request,
        answers=answers,
    )
    return str(kept.folder.absolute())


def _result(asked: _Asked, *, sent: bool) -> Mapping[str, Any]:
    figures = asdict(asked.quote) | {"prices_as_of": asked.quote.prices_as_of.isoformat()}
    return {
        "sent": sent and asked.provider.online,
        "request": asked.request,
        "quote": figures,
        "left_out": [
            {"image": str(path), "error": report.model_dump(mode="json")}
            for path, report in asked.refused
        ],
    }


def _show(answers: Sequence[cloud.Answered], output: Output) -> None:
    rows: list[tuple[str, str, str, str]] = []
    for one in answers:
        if one.error is not None:
            rows.append((one.image.name, "error", one.error.message, ""))
            continue
        said = answer(one.response, one.image.width, one.image.height)
        found = [(one.image.name, *row) for row in _rows(said)]
        rows += found or [(one.image.name, "", "nothing was found", "")]
    output.table("", ["Image", "What", "Answer", ">Score"], rows)


def _rows(said: Answer) -> Iterator[tuple[str, str, str]]:
    for label in said.labels:
        yield "label", label.text, _score(label.score)
    for guess in said.web:
        yield "web", guess.text, _score(guess.score)
    for region in said.regions:
        if region.kind not in ("text", "documents"):
            yield region.kind, region.text, _score(region.score)
    if said.text:
        yield "text", " ".join(said.text.split())[:TEXT_SHOWN], ""
    for colour in said.colours:
        name = f"#{colour.red:02x}{colour.green:02x}{colour.blue:02x}"
        yield "colour", f"{name}, {colour.share:.0%} of the pixels", _score(colour.score)
    for name, likelihood in said.safe_search:
        yield "safe search", f"{name}: {likelihood.lower().replace('_', ' ')}", ""


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"
