# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A named list of CIDR blocks: https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    GONE,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

ENTRIES_PER_CALL = 100
# A change that failed leaves the list as it was: it is there and can be changed again.
STATES = {
    "create-in-progress": PENDING,
    "create-complete": READY,
    "create-failed": FAILED,
    "modify-in-progress": PENDING,
    "modify-complete": READY,
    "modify-failed": READY,
    "restore-in-progress": PENDING,
    "restore-complete": READY,
    "restore-failed": READY,
    "delete-in-progress": DELETING,
    "delete-complete": GONE,
    "delete-failed": READY,
}


@dataclasses.dataclass(frozen=True)
class PrefixList:
    """`family` is ``IPv4`` or ``IPv6``, `entries` maps blocks to what they are.

    `max_entries` is what the list counts for against the quotas of whatever refers to it.
    """

    family: str | None = create_only("AddressFamily")
    max_entries: int | None = mutable("MaxEntries")
    entries: Any = mutable()


def list_prefix_lists(context: Context) -> Iterable[Found]:
    """The operation has no filter by tags, but tells them. What is looked up may be one of AWS's own lists."""
    if context.filters:
        return [_found(raw, {}) for raw in context.pages("ec2", "describe_managed_prefix_lists", "PrefixLists")]
    owner = [{"Name": "owner-id", "Values": [context.stack.account]}]
    lists = context.pages("ec2", "describe_managed_prefix_lists", "PrefixLists", Filters=owner)
    ours = [raw for raw in lists if _ec2.tags(raw).get(TAG_STACK) == context.stack.name]
    return context.each(lambda raw: _found(raw, _entries(context, raw)), ours)


def create(context: Context, new: New, values: PrefixList) -> Found:
    """What is beyond the limit of one call follows as an update."""
    first = dict(list(values.entries.items())[:ENTRIES_PER_CALL])
    answer = context.client("ec2").create_managed_prefix_list(
        PrefixListName=new.aws_name,
        AddressFamily=values.family,
        MaxEntries=values.max_entries,
        Entries=[_entry(*item) for item in first.items()],
        ClientToken=new.token,
        TagSpecifications=new.tag_specifications("prefix-list"),
    )
    return _found(answer["PrefixList"], first)


def update(context: Context, found: Found, values: PrefixList, fields: set[str]) -> None:
    """One change at a time, each from a fresh look: while one is in progress the next is refused and tried again.

    A list grows before it gets more entries, and shrinks after it has lost some.
    """
    ec2 = context.client("ec2")
    raw = _describe(ec2, found.id)
    size = values.max_entries or raw["MaxEntries"]
    if size > raw["MaxEntries"]:
        ec2.modify_managed_prefix_list(PrefixListId=found.id, MaxEntries=size)
    for change in _entry_changes(_entries(context, raw), values.entries if "entries" in fields else found.values.entries):
        version = _describe(ec2, found.id)["Version"]
        ec2.modify_managed_prefix_list(PrefixListId=found.id, CurrentVersion=version, **change)
    if size < raw["MaxEntries"]:
        ec2.modify_managed_prefix_list(PrefixListId=found.id, MaxEntries=size)


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_managed_prefix_list(PrefixListId=found.id)


def _entry_changes(actual: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each call. An entry that gets another description is added again, which replaces it."""
    added = [_entry(cidr, text) for cidr, text in wanted.items() if actual.get(cidr) != text]
    removed = [{"Cidr": cidr} for cidr in actual if cidr not in wanted]
    for start in range(0, max(len(added), len(removed)), ENTRIES_PER_CALL):
        batch = {"AddEntries": added, "RemoveEntries": removed}
        yield {name: items[start : start + ENTRIES_PER_CALL] for name, items in batch.items() if items[start:]}


def _entry(cidr: str, description: str) -> dict[str, str]:
    return {"Cidr": cidr, **({"Description": description} if description else {})}


def _describe(ec2: Any, prefix_list: str) -> dict[str, Any]:
    return ec2.describe_managed_prefix_lists(PrefixListIds=[prefix_list])["PrefixLists"][0]


def _entries(context: Context, raw: Mapping[str, Any]) -> dict[str, str]:
    entries = context.pages("ec2", "get_managed_prefix_list_entries", "Entries", PrefixListId=raw["PrefixListId"])
    return {entry["Cidr"]: entry.get("Description") or "" for entry in entries}


def _found(raw: Mapping[str, Any], entries: Mapping[str, str]) -> Found:
    values = PrefixList(family=raw["AddressFamily"], max_entries=raw.get("MaxEntries"), entries=dict(entries))
    return Found(
        raw["PrefixListId"],
        values,
        _ec2.tags(raw),
        STATES[raw["State"]],
        name=raw["PrefixListName"],
        attributes={"arn": raw["PrefixListArn"], "version": raw.get("Version")},
        detail=raw.get("StateMessage") or "",
    )


KIND = Kind(
    name="prefix_list",
    service="ec2",
    values=PrefixList,
    list=list_prefix_lists,
    calls={"DescribeManagedPrefixLists": "page", "GetManagedPrefixListEntries": "resource"},
    actions=(
        "ec2:CreateManagedPrefixList",
        "ec2:CreateTags",
        "ec2:ModifyManagedPrefixList",
        "ec2:DeleteManagedPrefixList",
    ),
    id_filter="prefix-list-id",
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
    waits_for=("update", "delete"),
    # Two changes of one list at a time.
    retries=(
        Retry("ModifyManagedPrefixList", "IncorrectState", seconds=180.0),
        Retry("ModifyManagedPrefixList", "PrefixListVersionMismatch"),
    ),
    indexed=True,
)
