# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Details of networks that moto gets wrong: the state of a subnet's IPv6 block, ICMP types and life of network ACLs."""

from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.subnets import Subnet, SubnetBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.network_acls import NetworkACLs

from local_cloud.emulator.fidelity.patching import around


def _ipv6_associations(self: Subnet) -> list[dict[str, Any]]:
    """Tell the state as a text, where moto nests it in another."""
    return [
        {**association, "ipv6CidrBlockState": {"state": association["ipv6CidrBlockState"]["State"]}}
        for association in self.ipv6_cidr_block_associations.values()
        if association["ipv6CidrBlockState"]["State"] == "associated"
    ]


Subnet.ipv6_cidr_block_association_set = property(_ipv6_associations)


@around(NetworkACLs, "create_network_acl_entry")
def create_network_acl_entry(original: Any, self: Any) -> Any:
    """Put the ICMP type and code where moto looks for them, under their earlier name."""
    self.params["Icmp"] = self._get_param("IcmpTypeCode", {})
    return original(self)


@around(SubnetBackend, "delete_subnet")
def delete_subnet(original: Any, self: Any, subnet_id: str) -> Any:
    """Take a subnet that is gone out of its network ACL, which would else count as in use for ever."""
    subnet = original(self, subnet_id)
    for acl in self.network_acls.values():
        acl._associations = {key: item for key, item in acl._associations.items() if item.subnet_id != subnet_id}
    return subnet


@around(VPCBackend, "delete_vpc")
def delete_vpc(original: Any, self: Any, vpc_id: str) -> Any:
    """Take the default network ACL away with its VPC."""
    vpc = original(self, vpc_id)
    self.network_acls = {key: acl for key, acl in self.network_acls.items() if not (acl.default and acl.vpc_id == vpc_id)}
    return vpc


def _description(self: Any) -> str | None:
    """Return a rule's description also when its peer is a group."""
    return self.ip_range.get("Description") or self.source_group.get("Description")


SecurityGroupRule.description = property(_description)
