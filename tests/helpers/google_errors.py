"""What Google's services say when they refuse, over gRPC and over REST."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn

HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""Status of HTTP by name in google.rpc.Code (google/rpc/code.proto)."""


@dataclass(frozen=True)
class Status:
    """A refusal: a name in google.rpc.Code, the sentence, and what ErrorInfo and RetryInfo hold."""

    code: str
    message: str = ""
    reason: str = ""
    retry_delay: float | None = None
    """Seconds."""
    metadata: dict[str, str] = field(default_factory=dict)
    domain: str = "googleapis.com"

    @property
    def message_pb(self) -> Any:
        """The same as google.rpc.Status."""
        from google.protobuf import any_pb2, duration_pb2
        from google.rpc import code_pb2, error_details_pb2, status_pb2

        details = []
        if self.reason:
            info = error_details_pb2.ErrorInfo(
                reason=self.reason, domain=self.domain, metadata=self.metadata
            )
            details.append(info)
        if self.retry_delay is not None:
            delay = duration_pb2.Duration()
            delay.FromMilliseconds(round(self.retry_delay * 1000))
            details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        packed = [any_pb2.Any() for _ in details]
        for one, detail in zip(packed, details, strict=True):
            one.Pack(detail)
        code = code_pb2.Code.Value(self.code)
        return status_pb2.Status(code=code, message=self.message, details=packed)

    def abort(self, context: Any) -> NoReturn:
        """End a call of gRPC with it."""
        from grpc_status import rpc_status

        context.abort_with_status(rpc_status.to_status(self.message_pb))
        raise AssertionError("abort_with_status raises")

    def rest(self) -> tuple[int, bytes]:
        """The status of HTTP and the body."""
        from google.protobuf import json_format

        status = HTTP[self.code]
        error: dict[str, Any] = {"code": status, "message": self.message, "status": self.code}
        details = json_format.MessageToDict(self.message_pb).get("details")
        if details:
            error["details"] = details
        return status, json.dumps({"error": error}, indent=2).encode()


def _of(service: str) -> dict[str, str]:
    return {"service": service, "consumer": "projects/1234567890"}


VISION = "vision.googleapis.com"

KEY_INVALID = Status(
    "INVALID_ARGUMENT",
    "API key not valid. Please pass a valid API key.",
    "API_KEY_INVALID",
    metadata={"service": VISION},
)
TOKEN_INVALID = Status(
    "UNAUTHENTICATED",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie "
    "or other valid authentication credential. See "
    "https://developers.google.com/identity/sign-in/web/devconsole-project.",
    "ACCESS_TOKEN_EXPIRED",
    metadata={"service": VISION},
)
NOT_ENABLED = Status(
    "PERMISSION_DENIED",
    "Cloud Vision API has not been used in project 1234567890 before or it is disabled. Enable it "
    "by visiting https://console.developers.google.com/apis/api/vision.googleapis.com/overview"
    "?project=1234567890 then retry. If you enabled this API recently, wait a few minutes for the "
    "action to propagate to our systems and retry.",
    "SERVICE_DISABLED",
    metadata=_of(VISION),
)
NO_BILLING = Status(
    "PERMISSION_DENIED",
    "This API method requires billing to be enabled. Please enable billing on project #1234567890 "
    "by visiting https://console.developers.google.com/billing/enable?project=1234567890 then "
    "retry. If you enabled billing for this project recently, wait a few minutes for the action "
    "to propagate to our systems and retry.",
    "BILLING_DISABLED",
    metadata=_of(VISION),
)
NO_PERMISSION = Status(
    "PERMISSION_DENIED",
    "Caller does not have required permission to use project example-project. Grant the caller "
    "the roles/serviceusage.serviceUsageConsumer role, or a custom role with the "
    "serviceusage.services.use permission.",
    "USER_PROJECT_DENIED",
    metadata=_of(VISION),
)
QUOTA = Status(
    "RESOURCE_EXHAUSTED",
    "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service "
    "'vision.googleapis.com' for consumer 'project_number:1234567890'.",
    "RATE_LIMIT_EXCEEDED",
    metadata=_of(VISION) | {"quota_limit_value": "1800", "quota_unit": "1/min/{project}"},
)
UNAVAILABLE = Status("UNAVAILABLE", "The service is currently unavailable.")
TIMED_OUT = Status("DEADLINE_EXCEEDED", "Deadline exceeded while annotating images.")
NOT_FOUND = Status("NOT_FOUND", "Requested entity was not found.")
