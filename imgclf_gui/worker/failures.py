"""What an exception means to a person."""

from __future__ import annotations

import errno
import sys
import traceback

from imgclf_gui.core.errors import ErrorReport, UserError

OUT_OF_MEMORY = ("out of memory", "exception:status: 1,")
"""In TensorFlow's messages; oneDNN, which computes on CPUs, tells only its status dnnl_status_t."""


def report_of(error: Exception) -> ErrorReport:
    """The report that JobFailed carries; details hold the traceback, for a bug report."""
    if isinstance(error, UserError):
        return error.report
    details = "".join(traceback.format_exception(error))[-20_000:]
    if isinstance(error, MemoryError) or _tensorflow_ran_out_of_memory(error):
        return ErrorReport(
            code="run.memory",
            message="There is not enough memory for this.",
            hint="Use a smaller batch size, smaller images or a smaller network. "
            "The best model so far is kept.",
            details=details,
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ErrorReport(
            code="file.full",
            message="There is no space left on the disk.",
            hint="Free some space, then go on; what was there before is intact.",
            details=details,
        )
    if isinstance(error, OSError):
        return ErrorReport(
            code="file.error",
            message=f"A file could not be used: {error.strerror or error}.",
            hint=f"Check {error.filename or 'the disk'} and try again.",
            details=details,
        )
    return ErrorReport(
        code="worker.unexpected",
        message=f"Something went wrong that should not have: {_short(error)}.",
        hint="Try again; if it comes back, copy the details into a bug report.",
        details=details,
    )


def _tensorflow_ran_out_of_memory(error: Exception) -> bool:
    tensorflow = sys.modules.get("tensorflow")  # not imported: it cannot be its error
    if tensorflow is None:
        return False
    return isinstance(error, tensorflow.errors.ResourceExhaustedError) or (
        isinstance(error, tensorflow.errors.OpError)
        and any(sign in str(error).lower() for sign in OUT_OF_MEMORY)
    )


def _short(error: Exception) -> str:
    first = str(error).strip().splitlines()[:1]
    text = f"{type(error).__name__}: {first[0].rstrip(':.')}" if first else type(error).__name__
    return text[:300]
