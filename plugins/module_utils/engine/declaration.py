# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a description says: declarations, and the references between them. Neither is ever mutated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.terrace.aws.plugins.module_utils.engine.values import leaves

TAG_STACK = "terrace:stack"
TAG_ID = "terrace:id"
TAG_MANAGED_BY = "terrace:managed-by"
MANAGED_BY = "terrace.aws"


class Key(NamedTuple):
    """The logical address of a resource inside a stack, written ``kind/name``."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclasses.dataclass(frozen=True)
class Reference:
    """A typed pointer to another resource of the stack, or to one of its attributes.

    With `every`, `name` is a prefix that ends in ``/``, and the reference stands for the sorted ids of all
    resources of the kind below it: ``Reference("subnet", "data/", every=True)``. An `optional` one may point to
    nothing: it only says what has to be there before, if it is declared. `at_least` is how many there have to be.
    """

    kind: str
    name: str
    attribute: str = "id"
    every: bool = False
    optional: bool = False
    at_least: int = 1

    @property
    def key(self) -> Key:
        return Key(self.kind, self.name)

    def covers(self, key: Key) -> bool:
        if key.kind != self.kind:
            return False
        return key.name.startswith(self.name) if self.every else key.name == self.name


@dataclasses.dataclass(frozen=True)
class Stack:
    """The stack that a description is about. `account` is the 12-digit id, `tags` are the user's own.

    `region` is where everything is that does not say otherwise, `regions` are further ones that it may be in.
    """

    name: str
    account: str
    region: str
    tags: dict[str, str] = dataclasses.field(default_factory=dict)
    regions: tuple[str, ...] = ()

    @property
    def all_regions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.region, *self.regions)))


@dataclasses.dataclass(frozen=True)
class External:
    """Something that belongs to somebody else: looked up by `match` and checked, never changed, tagged or deleted.

    `match` has ``id``, ``name``, ``tags`` or any attribute of the kind, all of which have to fit exactly one resource.
    `region` defaults to the stack's.
    """

    kind: str
    name: str
    match: dict[str, Any]
    path: str = ""
    region: str | None = None

    @property
    def key(self) -> Key:
        return Key(self.kind, self.name)


@dataclasses.dataclass(frozen=True)
class Adoption:
    """A resource made by other means that is to become ours: it gets our tags and nothing else."""

    kind: str
    name: str
    id: str
    path: str = ""
    region: str | None = None

    @property
    def key(self) -> Key:
        return Key(self.kind, self.name)


@dataclasses.dataclass(frozen=True)
class Declaration:
    """One declared resource. `path` is the option that declares it, for messages; `region` defaults to the stack's.

    `part_of` is what AWS has made it with: where that is external, this is not ours to touch either.
    """

    kind: str
    name: str
    tier: str
    values: Any
    path: str = ""
    tags: dict[str, str] = dataclasses.field(default_factory=dict)
    region: str | None = None
    part_of: Key | None = None

    @property
    def key(self) -> Key:
        return Key(self.kind, self.name)

    def references(self) -> Iterator[Reference]:
        return (leaf for leaf in leaves(self.values) if isinstance(leaf, Reference))

    def identity_tags(self, stack: Stack) -> dict[str, str]:
        """Return the tags that make the resource ours, as set by the create call itself."""
        return {
            TAG_STACK: stack.name,
            TAG_ID: f"{self.tier}/{self.kind}/{self.name}",
            TAG_MANAGED_BY: MANAGED_BY,
        }

    def all_tags(self, stack: Stack) -> dict[str, str]:
        """Return every tag to be set: the stack's, the resource's own, a cosmetic Name, and the identity."""
        name = {"Name": f"{stack.name}-{self.name}".replace("/", "-")}
        return {**name, **stack.tags, **self.tags, **self.identity_tags(stack)}
