# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that reach the user as one readable message. A traceback is a defect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any


class TerraceError(Exception):
    """Base of everything the engine raises on purpose. `result` is as much of the module's result as there is."""

    result: Mapping[str, Any] = MappingProxyType({})


class InvalidOption(TerraceError):
    """The description is wrong at `path`, e.g. ``network.security_groups[2].ingress[0].port``."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


class Refused(TerraceError):
    """The plan contains something that must not be done; nothing was changed."""

    def __init__(self, message: str, result: Mapping[str, Any] = MappingProxyType({})) -> None:
        super().__init__(message)
        self.result = result


class NotReady(TerraceError):
    """A resource did not reach the wanted state in time, or failed."""


class NotVisible(NotReady):
    """Something that must exist does not show yet. Right after its creation it is looked for again, as on AWS's NotFound."""


class LockLost(TerraceError):
    """The lock of the stack is no longer surely held; nothing more may be changed."""


class AmbiguousAnswer(TerraceError):
    """A create call that cannot be repeated safely got no answer: it may or may not have taken effect."""


class ApplyFailed(TerraceError):
    """At least one step failed. `resources` tells what was done all the same, `failures` one line per step.

    The message says the same of several steps only once. `result` is the module's whole result as far as it got, filled in
    on the way up.
    """

    def __init__(self, failures: list[str], resources: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(_together(failures)))
        self.failures = failures
        self.resources = resources


# Each call has its own, though the problem is the same.
REQUEST = re.compile(r" \(request [^)]*\)")


def _together(failures: Iterable[str]) -> list[str]:
    """Join the subjects of lines ``subject: problem`` that tell of the same problem."""
    subjects: dict[str, list[str]] = {}
    problems: dict[str, str] = {}
    for line in failures:
        subject, _colon, problem = line.partition(": ")
        same = REQUEST.sub("", problem)
        problems.setdefault(same, problem)
        subjects.setdefault(same, []).append(subject)
    return [f"{', '.join(subjects[same])}: {problem}" for same, problem in problems.items()]


DENIED = ("AccessDenied", "UnauthorizedOperation", "AuthFailure")
# AWS checks further actions on the way, and mostly says which one it missed.
MISSED_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
HINTS = (
    (DENIED, "the caller's credentials lack the permission {action}"),
    (
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException"),
        "renew the credentials and run again: what was done is kept",
    ),
    # Before the quotas: RequestLimitExceeded is none.
    (("Throttling", "RequestLimitExceeded", "TooManyRequests"), "the API kept throttling: run again later"),
    (("LimitExceeded", "QuotaExceeded", "MaximumExceeded", "TooMany"), "ask for a higher service quota, or declare fewer"),
    (("DependencyViolation", "ResourceInUse", "DeleteConflict"), "something outside the stack still uses it"),
    (("OptInRequired", "SubscriptionRequired"), "the account has to subscribe to the service first"),
)


# botocore's complaints about arguments, without the values that it quotes.
REFUSED_ARGUMENT = re.compile(r"(?:Missing required|Unknown|Invalid \S+ for) parameter[^:,\n]*(?:: \"\w+\")?")


def explain(error: BaseException) -> str:
    """Return one line for any exception: operation, AWS code, message, request id, what to do. Never an argument's value.

    Clients put the IAM action that a call needs into the answer's error, as `Action`.
    """
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return _explain_answer(error, response)
    if type(error).__name__ == "ParamValidationError":
        return "the request is not valid: " + "; ".join(REFUSED_ARGUMENT.findall(str(error)))
    if isinstance(error, TerraceError) or type(error).__module__.startswith("botocore"):
        return " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {error}"


def _explain_answer(error: BaseException, response: Mapping[str, Any]) -> str:
    code = response.get("Error", {}).get("Code", "Unknown")
    message = response.get("Error", {}).get("Message", "")
    request = response.get("ResponseMetadata", {}).get("RequestId", "none")
    operation = getattr(error, "operation_name", "the call")
    hint = next((hint for codes, hint in HINTS if any(known in code for known in codes)), None)
    missed = MISSED_ACTION.search(message)
    action = missed[1] if missed else response.get("Error", {}).get("Action", "for this call")
    advice = f"; {hint.format(action=action)}" if hint else ""
    return f"{operation} answered {code}: {message} (request {request}){advice}"
