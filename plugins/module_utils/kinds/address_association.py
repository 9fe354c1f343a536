# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Elastic IP address in use by an instance.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import always, create_only, mutable


@dataclasses.dataclass(frozen=True)
class AddressAssociation:
    """NAT gateways have their addresses by themselves."""

    address: Any = create_only(refers=("elastic_ip",))
    instance: Any = mutable(
        refers=("instance",), disrupts=always("moves the address, and ends the connections that came in by it")
    )


def list_associations(context: Context) -> Iterable[Found]:
    if not context.found("elastic_ip"):
        return []
    answer = context.client("ec2").describe_addresses(Filters=context.stack_filter())
    return [_found(raw) for raw in answer["Addresses"] if raw.get("InstanceId")]


def create(context: Context, new: New, values: AddressAssociation) -> Found:
    return _associate(context, values)


def update(context: Context, found: Found, values: AddressAssociation, fields: set[str]) -> None:
    _associate(context, values)


def delete(context: Context, found: Found) -> None:
    context.client("ec2").disassociate_address(AssociationId=found.attributes["association"])


def _associate(context: Context, values: AddressAssociation) -> Found:
    """The public address that the subnet has given the instance goes back to AWS."""
    answer = context.client("ec2").associate_address(
        AllocationId=values.address, InstanceId=values.instance, AllowReassociation=True
    )
    return _found({"AllocationId": values.address, "InstanceId": values.instance, **answer})


def _found(raw: Mapping[str, Any]) -> Found:
    values = AddressAssociation(address=raw["AllocationId"], instance=raw["InstanceId"])
    return Found(raw["AllocationId"], values, name=raw["InstanceId"], attributes={"association": raw["AssociationId"]})


KIND = Kind(
    name="address_association",
    service="ec2",
    values=AddressAssociation,
    list=list_associations,
    calls={"DescribeAddresses": "page"},
    actions=("ec2:AssociateAddress", "ec2:DisassociateAddress"),
    after=("elastic_ip",),
    identity=lambda values: (values.address,),
    parent="address",
    create=create,
    update=update,
    delete=delete,
)
