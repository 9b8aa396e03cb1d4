"""What all events are made of."""

from __future__ import annotations

import time

from pydantic import BaseModel, ConfigDict, Field


class EventValue(BaseModel):
    """A part of an event."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BaseEvent(EventValue):
    """Something that happened in a job."""

    job: str = ""
    at: float = Field(default_factory=time.time)
    """Seconds since 1970."""
