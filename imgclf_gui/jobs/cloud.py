"""Asking a provider about images: prepared, quoted, agreed to, sent. The one door to `cloud_*.py`.

Everything here may block, so the window calls it from a service's thread. `cloud_history` keeps
what was asked and answered.
"""

from __future__ import annotations

from imgclf_gui.jobs.cloud_consent import (
    consent,
    consent_remembered,
    forget_consents,
    quote,
    quote_words,
    remember_consent,
)
from imgclf_gui.jobs.cloud_images import Prepared, prepare
from imgclf_gui.jobs.cloud_local import built_in_classifier
from imgclf_gui.jobs.cloud_sending import Answered, Sender, send, until

__all__ = [
    "Answered",
    "Prepared",
    "Sender",
    "built_in_classifier",
    "consent",
    "consent_remembered",
    "forget_consents",
    "prepare",
    "quote",
    "quote_words",
    "remember_consent",
    "send",
    "until",
]
