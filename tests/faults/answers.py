# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors as the services give them: each has codes, statuses and a wire format of its own."""

from __future__ import annotations

import functools
import json
from typing import NamedTuple
from xml.sax.saxutils import escape

import botocore.session

REQUEST_ID = "11111111-2222-3333-4444-555555555555"
CALLER = "arn:aws:iam::123456789012:user/operator"


class Failure(NamedTuple):
    """An error of a service: its code, HTTP status and message."""

    code: str
    status: int
    message: str


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


@functools.cache
def protocol_of(service: str) -> str:
    """Return the wire protocol that botocore speaks with a service; query's errors for what nobody knows."""
    session = botocore.session.get_session()
    return session.get_service_model(service).resolved_protocol if service in session.get_available_services() else "query"


def throttled(service: str) -> Failure:
    by_service = {
        "ec2": ("RequestLimitExceeded", 503),
        "s3": ("SlowDown", 503),
        "resourcegroupstaggingapi": ("ThrottledException", 400),
    }
    by_protocol = {"query": ("Throttling", 400)}
    code, status = by_service.get(service) or by_protocol.get(protocol_of(service), ("ThrottlingException", 400))
    return Failure(code, status, "Rate exceeded")


def internal(service: str) -> Failure:
    by_service = {
        "ec2": "InternalError",
        "s3": "InternalError",
        "iam": "ServiceFailure",
        "logs": "ServiceUnavailableException",
        "secretsmanager": "InternalServiceError",
        "ssm": "InternalServerError",
        "resourcegroupstaggingapi": "InternalServiceException",
    }
    return Failure(by_service.get(service, "InternalFailure"), 500, "An internal error has occurred")


def denied(service: str, operation: str) -> Failure:
    reason = f"User: {CALLER} is not authorized to perform: {service}:{operation}"
    if service == "ec2":
        return Failure("UnauthorizedOperation", 403, f"You are not authorized to perform this operation. {reason}")
    if protocol_of(service) == "json":
        return Failure("AccessDeniedException", 400, reason)
    return Failure("AccessDenied", 403, reason)


def expired(service: str) -> Failure:
    if service == "ec2":
        return Failure("RequestExpired", 400, "Request has expired.")
    if protocol_of(service) == "json":
        return Failure("ExpiredTokenException", 400, "The security token included in the request is expired")
    return Failure("ExpiredToken", 400 if service == "s3" else 403, "The security token included in the request is expired")


def render(service: str, failure: Failure) -> Answer:
    """Write an error in the service's format."""
    protocol, code, message = protocol_of(service), failure.code, escape(failure.message)
    if "json" in protocol:
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": REQUEST_ID, "x-amzn-ErrorType": code}
        return Answer(failure.status, headers, json.dumps({"__type": code, "message": failure.message}).encode())
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    if protocol == "ec2":
        body = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
    elif service == "s3":
        body = f"<Error>{error}<RequestId>{REQUEST_ID}</RequestId></Error>"
    else:
        fault = "Sender" if failure.status < 500 else "Receiver"
        error = f"<Error><Type>{fault}</Type>{error}</Error>"
        body = f"<ErrorResponse>{error}<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    return Answer(failure.status, {"Content-Type": "text/xml"}, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode())
