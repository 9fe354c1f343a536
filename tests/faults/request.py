# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request to AWS says, whatever its protocol."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from local_cloud.emulator.operations import Operation, identify


@dataclasses.dataclass(frozen=True)
class Request:
    """One HTTP request, and which operation it is."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    operation: Operation

    @property
    def service(self) -> str:
        return self.operation.service

    @property
    def name(self) -> str:
        return self.operation.name or ""

    @property
    def mutating(self) -> bool:
        return self.operation.mutating

    def parameters(self) -> Iterator[tuple[str, str]]:
        """Yield (name, value) of what the request names outside of filters, lists spread out: ``("VpcId", "vpc-1")``."""
        if self.body.startswith(b"{"):
            yield from leaves(json.loads(self.body))
            return
        for key, values in parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True).items():
            parts = [part for part in key.split(".") if not part.isdigit() and part != "member"]
            if parts and parts[0] not in ("Filter", "Filters"):
                yield parts[-1], values[0]


def request_of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    return Request(method, target, headers, body, identify(environ, body))


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield (name, text) of every string inside a JSON value, with the key that it stands under."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, name)
    elif isinstance(value, str):
        yield name, value
