# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in use cannot be deleted: security groups, subnets, addresses, attached gateways. moto deletes them."""

from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.internet_gateways import InternetGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import SubnetBackend

from local_cloud.emulator.fidelity.interfaces import settle
from local_cloud.emulator.fidelity.patching import around


@around(SecurityGroupBackend, "_delete_security_group")
def delete_security_group(original: Any, self: Any, vpc_id: Any, group_id: str) -> Any:
    """Refuse while an interface has the group or a rule of another group names it."""
    settle(self)
    if any(group.id == group_id for interface in self.enis.values() for group in interface.group_set):
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    if any(_names(group, group_id) for groups in self.groups.values() for group in groups.values() if group.id != group_id):
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    return original(self, vpc_id, group_id)


def _names(group: Any, group_id: str) -> bool:
    rules = [*group.ingress_rules, *group.egress_rules]
    return any(rule.source_group.get("GroupId") == group_id for rule in rules)


@around(SubnetBackend, "delete_subnet")
def delete_subnet(original: Any, self: Any, subnet_id: str) -> Any:
    """Refuse while an interface is in the subnet."""
    settle(self)
    if any(interface.subnet.id == subnet_id for interface in self.enis.values()):
        raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    return original(self, subnet_id)


@around(ElasticAddressBackend, "release_address")
def release_address(original: Any, self: Any, address: str | None = None, allocation_id: str | None = None) -> Any:
    """Refuse an address of a VPC that is associated with something."""
    settle(self)
    for elastic in self.addresses:
        if allocation_id and elastic.allocation_id == allocation_id and elastic.association_id:
            raise EC2ClientError("InvalidIPAddress.InUse", f"Address {elastic.public_ip} is in use.")
    return original(self, address=address, allocation_id=allocation_id)


@around(InternetGatewayBackend, "detach_internet_gateway")
def detach_internet_gateway(original: Any, self: Any, internet_gateway_id: str, vpc_id: str) -> Any:
    """Refuse while something in the VPC has a public address."""
    settle(self)
    if any(interface.subnet.vpc_id == vpc_id and interface.public_ip for interface in self.enis.values()):
        raise DependencyViolationError(
            f"Network {vpc_id} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
    return original(self, internet_gateway_id, vpc_id)
