# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""NAT gateways are pending before they are available and deleting before they are deleted.

In moto they are at once, and a deleted one keeps its interface and its Elastic IP address.
"""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend

from local_cloud.emulator.fidelity import interfaces
from local_cloud.emulator.fidelity.patching import around, store
from local_cloud.emulator.lifecycle import lifecycle


def _state(self: NatGateway) -> str:
    if self.__dict__["_state"] == "deleted":
        return "deleting" if lifecycle.pending("nat.deleting", self.id) else "deleted"
    return "pending" if lifecycle.pending("nat.creating", self.id) else self.__dict__["_state"]


NatGateway.state = property(_state, lambda self, value: self.__dict__.update(_state=value))


@around(NatGatewayBackend, "create_nat_gateway")
def create_nat_gateway(original: Any, self: Any, *arguments: Any, **keywords: Any) -> NatGateway:
    """Begin in pending; the interface is AWS's."""
    gateway = original(self, *arguments, **keywords)
    gateway._eni.requester_managed = True
    gateway._eni.status = "in-use"
    gateway._eni.description = f"Interface for NAT Gateway {gateway.id}"
    gateway._eni._group_set = []
    store(self, "interfaces")[gateway.id] = [gateway._eni]
    lifecycle.start("nat.creating", gateway.id)
    return gateway


@around(NatGatewayBackend, "delete_nat_gateway")
def delete_nat_gateway(original: Any, self: Any, nat_gateway_id: str) -> NatGateway:
    """Begin deleting; a gateway that does not exist is an error, not a crash."""
    if nat_gateway_id not in self.nat_gateways:
        raise EC2ClientError("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")
    gateway = original(self, nat_gateway_id)
    interfaces.release(self, gateway.id, "nat.deleting")
    return gateway


@around(NatGatewayBackend, "describe_nat_gateways")
def describe_nat_gateways(original: Any, self: Any, filters: Any, nat_gateway_ids: list[str] | None) -> list[NatGateway]:
    """Filter by tags too, which moto forgets, and let finished deletions take effect."""
    interfaces.settle(self)
    wanted = {name: values for name, values in (filters or {}).items() if name.startswith("tag")}
    return [
        gateway
        for gateway in original(self, filters, nat_gateway_ids)
        if all(_tag_matches(gateway, name, values) for name, values in wanted.items())
    ]


def _tag_matches(gateway: NatGateway, name: str, values: list[str]) -> bool:
    tags = {tag["key"]: tag["value"] for tag in gateway.get_tags()}
    if name == "tag-key":
        return any(key in values for key in tags)
    return tags.get(name.removeprefix("tag:")) in values
