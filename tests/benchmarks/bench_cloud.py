"""What asking a cloud costs beside the call itself, against servers on this machine.

Three figures: the overhead of one labelled image over the bare call of Google's client, 200 images
in batches against one by one where each answer takes 100 ms, and how long the modules take that
the tab imports before its first use. The servers run in this process and take their share.

Example::

    PYTHONPATH=. .venv/bin/python tests/benchmarks/bench_cloud.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from imgclf_gui import catalog
from imgclf_gui.core import vision
from imgclf_gui.core.annotation import Access
from imgclf_gui.core.cloud import Account, Cancel, CloudImage
from imgclf_gui.jobs import cloud
from tests.helpers.cloud_parts import KEY, asked, many, pictures, vision_host
from tests.helpers.vision_server import Good, VisionServer

ROUNDS = 40
IMAGES = 200
IMAGE_BYTES = 30_000
LATENCY = 0.1
TAB = (
    "imgclf_gui.core.vision", "imgclf_gui.core.vision_answer", "imgclf_gui.core.cloud",
    "imgclf_gui.core.annotation", "imgclf_gui.catalog.providers.cloud_vision",
    "imgclf_gui.catalog.providers.built_in", "imgclf_gui.jobs.cloud",
    "imgclf_gui.jobs.cloud_history", "imgclf_gui.jobs.accounts",
)  # fmt: skip
IMPORT = """
import time
import pydantic, imgclf_gui.core.entry, imgclf_gui.catalog, imgclf_gui.jobs.supervisor
import imgclf_gui.core.images
began = time.thread_time()
import {modules}
print(time.thread_time() - began)
"""
"""The window has imported the first ones long before anybody opens the tab. Processor time of
the importing thread: other programs run beside, and NumPy's threads spin for a while."""


def main() -> None:
    """Print the figures."""
    with VisionServer() as server:
        for transport in ("grpc", "rest"):
            one_image(server, transport)
        for transport in ("grpc", "rest"):
            batches(server, transport)
    imports()


def one_image(server: VisionServer, transport: str) -> None:
    """One photograph, labelled: our whole way against the client alone, in turn."""
    images = pictures("chelsea.jpg")
    with _sender(server, transport) as sender:
        bare = _bare(server, transport, images[0])

        def ours() -> object:
            return _send(sender, server, transport, images)

        ours(), bare()
        rounds = [(_seconds(bare), _seconds(ours)) for _ in range(ROUNDS)]
    client, whole = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(
        f"one image over {transport}: {1000 * whole:.1f} ms, the bare client "
        f"{1000 * client:.1f} ms, overhead {1000 * (whole - client):.1f} ms (medians of {ROUNDS})"
    )


def batches(server: VisionServer, transport: str) -> None:
    """Many images, each answer late by 100 ms."""
    server.script([], then=Good(LATENCY))
    images = many(IMAGES, IMAGE_BYTES)
    with _sender(server, transport) as sender:
        together = _seconds(lambda: _send(sender, server, transport, images))
        alone = _seconds(lambda: [_send(sender, server, transport, (image,)) for image in images])
    server.script([])
    print(
        f"{IMAGES} images over {transport}, 100 ms late: {together:.2f} s in batches, "
        f"{alone:.2f} s one by one: {alone / together:.1f}x"
    )


def imports() -> None:
    """In fresh processes."""
    script = IMPORT.format(modules=", ".join(TAB))
    times = [
        float(
            subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
        )
        for _ in range(7)
    ]
    print(f"modules of the tab: {1000 * statistics.median(times):.0f} ms of the processor (of 7)")


def _account(server: VisionServer, transport: str) -> Account:
    return Account.model_validate(
        {"way": "api-key", "host": vision_host(server, transport), "transport": transport}
    )


def _sender(server: VisionServer, transport: str) -> cloud.Sender:
    provider = catalog.annotation_providers()["cloud-vision"]()
    return cloud.Sender(provider, Access(_account(server, transport), lambda: KEY))


def _send(
    sender: cloud.Sender, server: VisionServer, transport: str, images: tuple[CloudImage, ...]
) -> object:
    provider = catalog.annotation_providers()["cloud-vision"]()
    request = asked(images)
    quote = cloud.quote(provider, _account(server, transport), images, request)
    return sender.send(
        images,
        request,
        consent=cloud.consent(quote),
        on_progress=lambda progress: None,
        cancel=Cancel(),
    )


def _bare(server: VisionServer, transport: str, image: CloudImage) -> Callable[[], object]:
    """The client by itself, with the image's bytes."""
    from google.auth.api_key import Credentials
    from google.cloud import vision_v1
    from google.cloud.vision_v1.services.image_annotator import transports

    from imgclf_gui.catalog.google_parts import channel

    key = Credentials(KEY)  # type: ignore[no-untyped-call]
    host = vision_host(server, transport)
    made = (
        transports.ImageAnnotatorRestTransport(host=host, credentials=key)
        if transport == "rest"
        else transports.ImageAnnotatorGrpcTransport(channel=channel(host, key))
    )
    client = vision_v1.ImageAnnotatorClient(transport=made)
    feature = {"type_": vision.feature("labels").type, "max_results": 3}
    request = {"requests": [{"image": {"content": image.content}, "features": [feature]}]}
    return lambda: client.batch_annotate_images(request=request, retry=None, timeout=60)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
