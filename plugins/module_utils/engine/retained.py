# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to stay when all else goes: without its key, a final snapshot is no data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from ansible_collections.terrace.aws.plugins.module_utils.engine import graph
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind

Leaving = Mapping[str, list[Found]]


def without_retained(
    leaving: Leaving, kinds: Mapping[str, Kind], contexts: Mapping[str, Context], notes: list[str]
) -> dict[str, list[Found]]:
    """Return what is to be deleted without what the data that stays needs. Tells in `notes` what stays, and for what.

    Asks AWS only if there is something that might have to stay.
    """
    held = {name: found for name, found in leaving.items() if found and kinds[name].held_by_users}
    needed = _needed(leaving, users_of(held, kinds.values()), contexts)
    edges = graph.referrers(held, kinds)
    # What a thing that stays refers to stays with it, as the primary key of a replica does.
    while more := {target[1]: needed[user[1]] for target, users in edges.items() for user in users if user[1] in needed}:
        if more.keys() <= needed.keys():
            break
        needed = {**more, **needed}
    for name, resources in leaving.items():
        notes += [
            f"{name}/{found.logical_name} stays: without it {needed[found.id]} cannot be read"
            for found in resources
            if found.id in needed
        ]
    return {name: [found for found in resources if found.id not in needed] for name, resources in leaving.items()}


def users_of(names: Iterable[str], kinds: Iterable[Kind]) -> list[Kind]:
    """Return the kinds that have a field to refer to one of `names`."""
    wanted = set(names)
    return [kind for kind in kinds if any(wanted & set(field.metadata["refers"]) for field in dataclasses.fields(kind.values))]


def _needed(leaving: Leaving, users: Iterable[Kind], contexts: Mapping[str, Context]) -> dict[str, str]:
    needed: dict[str, str] = {}
    for kind in users:
        for region, context in contexts.items() if kind.leaves else ():
            needed |= kind.leaves(context, [found for found in leaving.get(kind.name, ()) if found.region == region])
    return needed
