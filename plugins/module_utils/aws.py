# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients for AWS, from the options and credentials that amazon.aws defines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

try:
    import boto3
    from botocore import __version__ as botocore_version
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:  # AnsibleAWSModule tells the user
    pass

from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info

from ansible_collections.terrace.aws.plugins.module_utils import permissions
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import AmbiguousAnswer, Refused, explain

# Adaptive mode's client-side rate limiter takes twice as long under throttling; no other layer retries.
RETRIES = {"mode": "standard", "max_attempts": 10}
CONNECTIONS = 32
CONNECT_SECONDS = 10
READING = ("Describe", "Get", "List", "Head", "BatchGet", "Lookup")
# EC2 throttles with a 503: such an answer says that nothing was done.
THROTTLED = ("RequestLimitExceeded", "Throttling", "ThrottlingException", "RequestThrottled", "SlowDown")


class Clients:
    """Thread-safe cache of boto3 clients, called with service and region.

    `unsafe_creates` are operations that have neither a client token nor a unique name: botocore must not repeat
    them when it cannot know whether they took effect.
    """

    def __init__(self, module: Any, unsafe_creates: Iterable[str] = ()) -> None:
        _region, self._endpoint, parameters = get_aws_connection_info(module)
        self._session = boto3.session.Session(profile_name=parameters.pop("profile_name", None))
        user_config = parameters.pop("aws_config", None)
        config = Config(
            retries=RETRIES, max_pool_connections=CONNECTIONS, connect_timeout=CONNECT_SECONDS, user_agent_extra="terrace.aws"
        )
        self._config = config.merge(user_config) if user_config else config
        self._parameters = parameters
        self._unsafe = tuple(unsafe_creates)
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._before_change: Callable[[], None] | None = None

    def __call__(self, service: str, region: str) -> Any:
        """Return the client. A session makes one at a time, and only who needs a new one waits for that."""
        key = (service, region)
        if key not in self._clients:
            with self._lock:
                if key not in self._clients:
                    self._clients[key] = self._client(service, region)
        return self._clients[key]

    def knows(self, region: str) -> bool:
        """Whether there is such a region, in any partition. To try an unknown one means to look for its hosts for a minute."""
        session = self._session
        return any(region in session.get_available_regions("ec2", name) for name in session.get_available_partitions())

    @contextmanager
    def guarded(self, before_change: Callable[[], None]) -> Iterator[None]:
        """Call `before_change` ahead of every call that may change something. It raises to prevent the call."""
        self._before_change = before_change
        try:
            yield
        finally:
            self._before_change = None

    def unguarded(self, service: str, region: str) -> Any:
        """Return a client of its own that no guard watches."""
        with self._lock:
            return self._connect(service, region)

    def _guard(self, model: Any, **_facts: Any) -> None:
        if self._before_change and not model.name.startswith(READING):
            self._before_change()

    def _connect(self, service: str, region: str) -> Any:
        client = self._session.client(
            service, region_name=region, endpoint_url=self._endpoint, config=self._config, **self._parameters
        )
        client.meta.events.register("after-call", _name_action)
        return client

    def _client(self, service: str, region: str) -> Any:
        client = self._connect(service, region)
        client.meta.events.register("before-call", self._guard)
        for operation in self._unsafe:
            client.meta.events.register_first(f"needs-retry.{service}.{operation}", _veto_blind_retry)
        return client


def _name_action(parsed: dict[str, Any], model: Any, **_facts: Any) -> None:
    """Add the IAM action to an error, so that a refusal can be told with it: not all services name it."""
    if "Error" in parsed:
        parsed["Error"]["Action"] = permissions.action(model.service_model.service_name, model.name)


def _veto_blind_retry(response: Any = None, caught_exception: Any = None, operation: Any = None, **_facts: Any) -> None:
    """Raise instead of letting botocore repeat a create whose outcome is unknown: no answer, or a 5xx."""
    status, code = _status_and_code(response)
    if caught_exception is not None or (status >= 500 and code not in THROTTLED):
        raise AmbiguousAnswer(f"{operation.name} got no usable answer ({caught_exception or status})")


def _status_and_code(response: Any) -> tuple[int, str]:
    """Return HTTP status and AWS error code of a botocore response, a pair of raw and parsed answer; 0 for none."""
    if response is None:
        return 0, ""
    raw, parsed = response
    return raw.status_code, parsed.get("Error", {}).get("Code", "")


def refuse_other_account(clients: Clients, account: str, region: str) -> None:
    """Compare the caller's identity with the description before anything else. Raises Refused."""
    if not clients.knows(region):
        raise Refused(f"stack.region: botocore {botocore_version} knows no region {region}; correct it, or update botocore")
    try:
        caller = clients("sts", region).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"the credentials do not work: {explain(error)}") from None
    if caller["Account"] != account:
        raise Refused(f"stack.account is {account}, but the credentials belong to account {caller['Account']} ({caller['Arn']})")
