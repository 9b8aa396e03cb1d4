"""TensorFlow's start in this process, and the devices it sees."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.core.entry import Device
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.machine import memory_bytes
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.core.summary import DeviceSummary


@cache
def tensorflow() -> Any:
    """TensorFlow, imported and set up once.

    Raises:
        UserError: `tensorflow.missing`.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        import keras
        import tensorflow as tf
    except ImportError as error:
        raise UserError(
            "tensorflow.missing",
            f"TensorFlow cannot be loaded: {error}.",
            "Run 'imgclf doctor'; it names the command that mends this.",
            str(error),
        ) from error
    # A person's keras.json must not change what a run gives.
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    tf.config.threading.set_intra_op_parallelism_threads(_usable_cores())
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    return tf


def threads() -> int:
    """CPU threads that one TensorFlow operation may use."""
    return int(tensorflow().config.threading.get_intra_op_parallelism_threads())


def versions() -> dict[str, str]:
    """Versions of what computes."""
    import keras

    return {
        "python": platform.python_version(),
        "tensorflow": tensorflow().__version__,
        "keras": keras.__version__,
    }


def list_devices() -> tuple[DeviceSummary, ...]:
    """The CPU, then each GPU that TensorFlow can use."""
    gpus = tensorflow().config.list_physical_devices("GPU")
    memory = _gpu_memory() if gpus else []
    cpu = catalog.device_from_text("cpu").label()
    found = [DeviceSummary(label=cpu, name=_cpu_name(), memory_bytes=memory_bytes())]
    for index, gpu in enumerate(gpus):
        details = tensorflow().config.experimental.get_device_details(gpu)
        found.append(
            DeviceSummary(
                label=catalog.device_from_text(f"gpu:{index}").label(),
                name=details.get("device_name", "GPU"),
                memory_bytes=memory[index] if index < len(memory) else None,
            )
        )
    return tuple(found)


def find_device(spec: EntrySpec) -> tuple[Device, DeviceSummary]:
    """The device that a run asks for, and what is known of it.

    Raises:
        UserError: `device.missing`, or the catalogue does not know it.
    """
    device = catalog.load(spec, catalog.device_entries())
    devices = list_devices()
    for summary in devices:
        if summary.label == device.label():
            return device, summary
    raise UserError(
        "device.missing",
        f"There is no device '{device.label()}' here.",
        f"Choose one of: {', '.join(summary.label for summary in devices)}.",
    )


def on_device(device: Device) -> AbstractContextManager[None]:
    """Within it, TensorFlow computes on `device`."""
    scope: AbstractContextManager[None] = tensorflow().device(device.tensorflow_name())
    return scope


def _usable_cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _gpu_memory() -> list[int]:
    """Bytes of each GPU as its driver tells; empty where it does not."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    asked = [tool, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
        return [int(line) << 20 for line in answer.stdout.split()]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
