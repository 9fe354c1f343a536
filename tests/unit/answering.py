# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that gives prepared answers, for kinds to list from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found


class Answers:
    """A client whose operations, paged or not, answer what was prepared for their boto3 names."""

    def __init__(self, prepared: Mapping[str, Any]) -> None:
        self._prepared = prepared

    def __getattr__(self, operation: str) -> Any:
        return lambda **_request: self._prepared[operation]

    def get_paginator(self, operation: str) -> Any:
        return Pages(self._prepared[operation])


class Pages:
    def __init__(self, *pages: Any) -> None:
        self._pages = pages

    def paginate(self, **_request: Any) -> tuple[Any, ...]:
        return self._pages


def context(
    stack: Stack, prepared: Mapping[str, Any], tags: Mapping[str, Mapping[str, str]], notes: list[str], *found: Found
) -> Context:
    """Return a context whose services all give the prepared answers; `tags` is the index of tags by ARN."""
    return Context(
        stack=stack,
        region=stack.region,
        client=lambda _service: Answers(prepared),
        declared=lambda _kind: (),
        found=lambda _kind: found,
        each=lambda function, items: [function(item) for item in items],
        tags_by_arn=lambda: tags,
        note=notes.append,
    )
