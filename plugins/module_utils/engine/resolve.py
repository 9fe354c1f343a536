# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resolved map: which existing resource stands behind each reference. Declarations stay as they are."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, FAILED, GONE, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import UNKNOWN, transform


class Resolved:
    """Maps keys to existing resources; thread-safe, because steps bind what they create."""

    def __init__(self, declarations: Iterable[Declaration]) -> None:
        self._declared = {declaration.key for declaration in declarations}
        self._bound: dict[Key, Found] = {}
        self._lock = threading.Lock()

    def bind(self, key: Key, found: Found) -> None:
        with self._lock:
            self._bound[key] = found

    def get(self, key: Key) -> Found | None:
        return self._bound.get(key)

    def is_declared(self, key: Key) -> bool:
        return key in self._declared

    def values(self, values: Any) -> Any:
        """Return `values` with each reference replaced by what it stands for, or by UNKNOWN."""
        return transform(values, lambda leaf: self._value(leaf) if isinstance(leaf, Reference) else leaf)

    def missing(self, declaration: Declaration) -> list[Reference]:
        """Return the references to things that are neither declared nor found, or too few of them."""
        return [r for r in declaration.references() if not r.optional and self.count(r) < r.at_least]

    def count(self, reference: Reference) -> int:
        """Return how many things a reference stands for."""
        return len(self._known_keys(reference))

    def _known_keys(self, reference: Reference) -> list[Key]:
        declared = [key for key in self._declared if reference.covers(key)]
        with self._lock:
            return declared or [key for key in self._bound if reference.covers(key)]

    def _value(self, reference: Reference) -> Any:
        found = [self._bound.get(key) for key in self._known_keys(reference)]
        if reference.optional and not found:
            return () if reference.every else None
        if not found or any(resource is None for resource in found):
            return UNKNOWN
        values = [resource.attribute(reference.attribute) for resource in found if resource]
        if None in values or UNKNOWN in values:
            return UNKNOWN
        return tuple(sorted(values)) if reference.every else values[0]


def bind_undeclared(resolved: Resolved, found: Mapping[str, Iterable[Found]], stack: Stack) -> None:
    """Bind what other tiers of the stack own, so that a tier alone can refer to it."""
    for kind, resources in found.items():
        for resource in resources:
            key = Key(kind, resource.logical_name)
            alive = resource.state not in (GONE, DELETING, FAILED)
            if alive and resource.belongs_to(stack, kind) and not resolved.is_declared(key):
                resolved.bind(key, resource)
