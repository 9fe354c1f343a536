# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not ours, or not yet: external things that references may point to, and resources to be adopted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK, Adoption, External, Key, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption, Refused
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, FAILED, GONE, Context, Found, Kind


def externals_of(
    externals: Iterable[External], kinds: Mapping[str, Kind], contexts: Mapping[str, Context], home: str
) -> dict[Key, Found]:
    """Look every external thing up, in the region `home` unless it names another. Raises Refused unless exactly one matches."""
    return {external.key: _only(external, kinds[external.kind], contexts[external.region or home]) for external in externals}


def adoptions_of(
    adoptions: Iterable[Adoption], kinds: Mapping[str, Kind], contexts: Mapping[str, Context], home: str
) -> dict[Key, Found]:
    """Look every resource to be adopted up by its id. Raises Refused if it is not there or has another owner."""
    found = {}
    for adoption in adoptions:
        external = External(adoption.kind, adoption.name, {"id": adoption.id}, adoption.path)
        context = contexts[adoption.region or home]
        found[adoption.key] = _only(external, kinds[adoption.kind], context)
        _refuse_other_owner(adoption, found[adoption.key], context.stack)
    return found


def pending(adoptions: Mapping[Key, Found], stack: Stack) -> dict[Key, Found]:
    """Return what has still to be adopted."""
    return {
        key: found
        for key, found in adoptions.items()
        if not (found.belongs_to(stack, key.kind) and found.logical_name == key.name)
    }


def search(kind: Kind, context: Context, wanted: Mapping[str, Any]) -> list[Found]:
    """Return the resources of a kind that fit, whoever they belong to."""
    if kind.look_up:
        listed = kind.look_up(context, wanted)
    else:
        filters = _filters(kind, wanted) if kind.id_filter else None
        listed = kind.list(dataclasses.replace(context, filters=filters))
    return [found for found in listed if found.state not in (DELETING, GONE, FAILED) and _fits(found, wanted)]


def _only(external: External, kind: Kind, context: Context) -> Found:
    matches = search(kind, context, external.match)
    if not matches:
        raise Refused(f"{external.path}: nothing in the account and region matches {external.key} ({external.match})")
    if len(matches) > 1:
        ids = ", ".join(sorted(found.id for found in matches))
        raise Refused(f"{external.path}: {len(matches)} resources match {external.key} ({ids}); narrow the match")
    return dataclasses.replace(matches[0], region=context.region)


def _refuse_other_owner(adoption: Adoption, found: Found, stack: Stack) -> None:
    owner = found.tags.get(TAG_STACK)
    if owner not in (None, stack.name):
        raise Refused(f"{adoption.path}: {adoption.id} belongs to the stack {owner}")
    if owner and found.logical_name != adoption.name:
        raise InvalidOption(adoption.path, f"{adoption.id} is {adoption.kind}/{found.logical_name} of this stack already")


def _filters(kind: Kind, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return EC2's filters for what they can say; `_fits` checks the rest."""
    filters = [{"Name": f"tag:{key}", "Values": [str(value)]} for key, value in wanted.get("tags", {}).items()]
    if "id" in wanted:
        filters.append({"Name": kind.id_filter, "Values": [wanted["id"]]})
    return filters or [{"Name": "tag-key", "Values": ["*"]}]


def _fits(found: Found, wanted: Mapping[str, Any]) -> bool:
    facts = {"id": found.id, "name": found.name, **found.attributes}
    tags = {key: str(value) for key, value in wanted.get("tags", {}).items()}
    return tags.items() <= dict(found.tags).items() and all(
        facts.get(key) == value for key, value in wanted.items() if key != "tags"
    )
