# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exists: every list call of every kind once, concurrently, in at most three waves."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import GONE, Context, Found, Kind, kind_in
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found

THREADS = 16


class Survey:
    """The resources found, by kind. Filled wave by wave; kinds read the earlier waves through their context.

    `gone` are the ids of deleted resources that AWS goes on showing for a while.
    """

    def __init__(self) -> None:
        self._found: dict[str, list[Found]] = {}
        self.gone: set[str] = set()

    def of(self, kind: str) -> tuple[Found, ...]:
        return tuple(self._found.get(kind, ()))

    def add(self, kind: str, region: str, found: Iterable[Found]) -> None:
        located = [dataclasses.replace(resource, region=region) for resource in found]
        new = {resource.id for resource in located}
        known = [resource for resource in self.of(kind) if resource.id not in new or resource.region != region]
        self._found[kind] = [*known, *(resource for resource in located if resource.state != GONE)]
        self.gone |= {resource.id for resource in located if resource.state == GONE}

    def learn(self, kind: str, found: Found) -> None:
        """Remember what the run has made: lists of children ask for it. Readers in other threads see the old tuple or the new."""
        self._found[kind] = [*(other for other in self.of(kind) if other.id != found.id), found]

    def by_kind(self) -> Mapping[str, list[Found]]:
        return self._found

    def ours(self, stack: Stack, kinds: Mapping[str, Kind]) -> dict[str, list[Found]]:
        """Return what belongs to the stack: by its tags, or because its parent does."""
        owned: dict[str, list[Found]] = {}
        for wave in waves(kinds.values()):
            for kind in wave:
                owned[kind.name] = [f for f in self.of(kind.name) if self._is_ours(f, kind, stack, owned)]
        return owned

    def _is_ours(self, found: Found, kind: Kind, stack: Stack, owned: Mapping[str, list[Found]]) -> bool:
        if kind.lookup:
            return False
        if kind.parent is None:
            return found.belongs_to(stack, kind.name)
        owner = getattr(found.values, kind.parent)
        in_ours = any(owner == parent.id for name in kind.after for parent in owned.get(name, ()))
        return in_ours or found.belongs_to(stack, kind.name)


def waves(kinds: Iterable[Kind]) -> list[list[Kind]]:
    """Group the kinds so that each comes after those it needs."""
    waiting = {kind.name: kind for kind in kinds}
    result: list[list[Kind]] = []
    while waiting:
        ready = [kind for kind in waiting.values() if not any(name in waiting for name in kind.after)]
        if not ready:
            raise ValueError(f"kinds wait for each other: {sorted(waiting)}")
        result.append(ready)
        for kind in ready:
            del waiting[kind.name]
    return result


def take(kinds: Iterable[Kind], contexts: Mapping[str, Context], survey: Survey, optional: Container[str] = frozenset()) -> None:
    """Fill `survey` with the resources of all kinds in all regions. Errors of the API are raised as they are.

    Of `optional` kinds, by name, only those are listed that AWS's index of tags has something of.
    """

    def look(kind: Kind, context: Context) -> list[Found]:
        return listed(kind, context) if kind.name not in optional or _is_in_index(kind, context) else []

    with ThreadPoolExecutor(THREADS) as pool:
        for wave in waves(kinds):
            calls = [
                (kind, region, context)
                # Whoever needs the index waits for it: the others first.
                for kind in sorted(wave, key=lambda kind: kind.name in optional)
                for region, context in list(contexts.items())[: 1 if kind.global_service else None]
            ]
            answers = pool.map(lambda call: look(call[0], call[2]), calls)
            for (kind, region, _context), found in zip(calls, answers, strict=True):
                survey.add(kind.name, region, found)


def _is_in_index(kind: Kind, context: Context) -> bool:
    return any(kind_in(tags) == kind.name for tags in context.tags_by_arn().values())


def listed(kind: Kind, context: Context) -> list[Found]:
    """Return what a kind's list finds. What others delete between its calls, a list and the details, makes it start again."""
    try:
        return list(kind.list(context))
    except Exception as error:
        if not is_not_found(error):
            raise
    return list(kind.list(context))
