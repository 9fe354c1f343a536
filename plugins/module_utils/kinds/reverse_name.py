# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name that reverse DNS tells of an Elastic IP address, which mail servers ask for.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Elastic_Addressing_Reverse_DNS.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial, mutable

ATTRIBUTE = "domain-name"


def same_name(name: str) -> str:
    """Normaliser: the name comes back with a dot at the end."""
    return name.rstrip(".").lower()


@dataclasses.dataclass(frozen=True)
class ReverseName:
    """`records` are there first: EC2 wants an A record of the name that points to the address."""

    address: Any = create_only(refers=("elastic_ip",))
    domain: str | None = mutable(normalise=same_name)
    records: Any = initial(refers=("dns_record",))


def list_reverse_names(context: Context) -> Iterable[Found]:
    """One paged call for all addresses of the stack, none without any."""
    addresses = sorted(found.id for found in context.found("elastic_ip") if found.state != DELETING)
    if not addresses:
        return []
    raws = context.pages("ec2", "describe_addresses_attribute", "Addresses", AllocationIds=addresses, Attribute=ATTRIBUTE)
    return [_found(raw) for raw in raws if raw.get("PtrRecord") or _update(raw).get("Value")]


def create(context: Context, new: New, values: ReverseName) -> Found:
    return _set(context, values)


def update(context: Context, found: Found, values: ReverseName, fields: set[str]) -> None:
    _set(context, values)


def delete(context: Context, found: Found) -> None:
    context.client("ec2").reset_address_attribute(AllocationId=found.id, Attribute=ATTRIBUTE)


def _set(context: Context, values: ReverseName) -> Found:
    answer = context.client("ec2").modify_address_attribute(AllocationId=values.address, DomainName=values.domain)
    return _found({"AllocationId": values.address, **answer["Address"]})


def _update(raw: Mapping[str, Any]) -> Mapping[str, str]:
    return raw.get("PtrRecordUpdate") or {}


def _found(raw: Mapping[str, Any]) -> Found:
    """A change that is on its way has the new name, or none when there is to be none."""
    change = _update(raw)
    status = change.get("Status", "").upper()
    name = change.get("Value") if status == "PENDING" and change.get("Value") else raw.get("PtrRecord") or change.get("Value", "")
    values = ReverseName(address=raw["AllocationId"], domain=name)
    return Found(raw["AllocationId"], values, state=_state(change, status), name=name, detail=change.get("Reason") or status)


def _state(change: Mapping[str, str], status: str) -> str:
    if status == "PENDING":
        return PENDING if change.get("Value") else DELETING
    return FAILED if change.get("Reason") else READY


KIND = Kind(
    name="reverse_name",
    service="ec2",
    values=ReverseName,
    list=list_reverse_names,
    calls={"DescribeAddressesAttribute": "page"},
    actions=("ec2:ModifyAddressAttribute", "ec2:ResetAddressAttribute"),
    after=("elastic_ip",),
    identity=lambda values: (values.address,),
    parent="address",
    create=create,
    update=update,
    delete=delete,
    waits_for=("update", "delete"),
)
