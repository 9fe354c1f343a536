# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network interfaces that AWS services put into a VPC: moto makes none for load balancers and databases.

They hold the addresses of the containers behind those services, and what depends on them cannot be deleted.
"""

from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from local_cloud.emulator.fidelity.patching import store
from local_cloud.emulator.lifecycle import lifecycle


def attach(backend: Any, owner: str, subnet: Any, groups: list[str], description: str) -> NetworkInterface:
    """Make an interface that belongs to `owner` (an ARN or id) in a subnet."""
    interface = backend.create_network_interface(subnet, None, group_ids=groups, description=description)
    interface.requester_managed = True
    interface.status = "in-use"
    store(backend, "interfaces").setdefault(owner, []).append(interface)
    return interface


def owned(backend: Any, owner: str) -> list[NetworkInterface]:
    """Return the interfaces of a service's resource."""
    return list(store(backend, "interfaces").get(owner, []))


def regroup(backend: Any, owner: str, groups: list[str]) -> None:
    """Put other security groups on all interfaces of a resource."""
    for interface in owned(backend, owner):
        interface._group_set = [backend.get_security_group_from_id(group) for group in groups]


def release(backend: Any, owner: str, phase: str) -> None:
    """Let the interfaces of a deleted resource go when its phase of deletion is over."""
    lifecycle.start(phase, owner)
    store(backend, "released")[owner] = phase


def detach(backend: Any, owner: str, interface: NetworkInterface) -> None:
    """Remove one interface at once."""
    store(backend, "interfaces")[owner].remove(interface)
    interface.delete()


def settle(backend: Any) -> None:
    """Remove the interfaces whose owners are gone by now."""
    released = store(backend, "released")
    for owner, phase in list(released.items()):
        if not lifecycle.pending(phase, owner):
            del released[owner]
            for interface in store(backend, "interfaces").pop(owner, []):
                _free_public_address(backend, interface)
                interface.delete()


def _free_public_address(backend: Any, interface: NetworkInterface) -> None:
    for address in backend.addresses:
        if address.eni is interface:
            backend.disassociate_address(address=address.public_ip)
