# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Order from references: who has to be there before whom."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Found, Kind
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import leaves

Node = TypeVar("Node", bound=Hashable)


def dependencies(declarations: Iterable[Declaration]) -> dict[Key, set[Key]]:
    """Return for each declaration the declared keys that it refers to."""
    declared = {declaration.key: declaration for declaration in declarations}
    return {
        key: {
            other
            for reference in declaration.references()
            for other in ([reference.key] if not reference.every else declared)
            if other in declared and reference.covers(other)
        }
        for key, declaration in declared.items()
    }


def in_order(declarations: Iterable[Declaration]) -> list[Declaration]:
    """Return the declarations parents first. Raises InvalidOption when references form a circle."""
    declared = {declaration.key: declaration for declaration in declarations}
    try:
        order = list(TopologicalSorter(dependencies(declared.values())).static_order())
    except CycleError as error:
        circle = error.args[1]
        raise InvalidOption(declared[circle[0]].path, "circular reference: " + " -> ".join(map(str, circle))) from None
    return [declared[key] for key in order]


def referrers(found: Mapping[str, Iterable[Found]], kinds: Mapping[str, Kind]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Return for each existing resource, as (kind, id), those that refer to it and so have to go first."""
    edges: dict[tuple[str, str], set[tuple[str, str]]] = {
        (kind, resource.id): set() for kind, resources in found.items() for resource in resources
    }
    handles = {kind: _handles(resources) for kind, resources in found.items()}
    for kind, resources in found.items():
        for resource in resources:
            for target in _targets(resource, handles):
                if target != (kind, resource.id):
                    edges[target].add((kind, resource.id))
        for gone_first in kinds[kind].outlives:
            blockers = {(gone_first, other.id) for other in found.get(gone_first, ())}
            for resource in resources:
                edges[(kind, resource.id)] |= blockers
    return edges


def _handles(resources: Iterable[Found]) -> dict[str, str]:
    """Return everything that a field may hold to point to a resource (id, name, arn) with the resource's id."""
    return {
        handle: resource.id
        for resource in resources
        for handle in (resource.id, resource.name, resource.attributes.get("arn"))
        if handle
    }


def _targets(resource: Found, handles: Mapping[str, Mapping[str, str]]) -> set[tuple[str, str]]:
    return {
        (kind, handles[kind][leaf])
        for field in dataclasses.fields(resource.values)
        for kind in field.metadata["refers"]
        if kind in handles
        for leaf in leaves(getattr(resource.values, field.name))
        if isinstance(leaf, str) and leaf in handles[kind]
    }
