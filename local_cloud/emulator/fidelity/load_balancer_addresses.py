# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network load balancers have fixed addresses if asked for, and may be in one zone; application ones may lack public IPv4.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SubnetMapping.html
"""

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import AvailabilityZone, ELBv2Backend, FakeLoadBalancer

from local_cloud.emulator.fidelity.patching import around

PRIVATE_IPV4 = "dualstack-without-public-ipv4"
CHOSEN = ("AllocationId", "PrivateIPv4Address", "IPv6Address")


@around(ELBv2Backend, "create_load_balancer")
def create_load_balancer(original: Any, self: Any, *arguments: Any, **keywords: Any) -> FakeLoadBalancer:
    """Remember the addresses asked for. moto does not know all types of addresses."""
    wanted = keywords.get("ip_address_type") or "ipv4"
    known = "dualstack" if wanted == PRIVATE_IPV4 else wanted
    balancer = original(self, *arguments, **{**keywords, "ip_address_type": known})
    balancer.ip_address_type = wanted
    _choose(balancer, keywords.get("subnet_mappings") or ())
    return balancer


@around(ELBv2Backend, "set_ip_address_type")
def set_ip_address_type(original: Any, self: Any, arn: str, ip_type: str) -> None:
    """moto does not know all types of addresses."""
    original(self, arn, "dualstack" if ip_type == PRIVATE_IPV4 else ip_type)
    self.load_balancers[arn].ip_address_type = ip_type


@around(ELBv2Backend, "set_subnets")
def set_subnets(
    original: Any, self: Any, arn: str, subnets: list[str], subnet_mappings: list[dict[str, Any]]
) -> list[AvailabilityZone]:
    """A network load balancer keeps the addresses that it has, and one zone is enough for it."""
    balancer = self.load_balancers.get(arn)
    ids = [*subnets, *(item["SubnetId"] for item in subnet_mappings)]
    if balancer is not None and balancer.type == "network":
        former = balancer.__dict__.get("chosen", {})
        for item in subnet_mappings:
            if item["SubnetId"] in former and former[item["SubnetId"]] != _chosen(item):
                raise ELBClientError("InvalidConfigurationRequest", "The addresses of a subnet cannot be changed")
        balancer.subnets = [self.ec2_backend.get_subnet(subnet) for subnet in ids]
        zones = balancer.availability_zones
    else:
        zones = original(self, arn, subnets, subnet_mappings)
    _choose(balancer, subnet_mappings)
    return list(zones)


class Zone(AvailabilityZone):
    """A zone with the address that was asked for."""

    def __init__(self, subnet: Any, chosen: dict[str, str] | None) -> None:
        super().__init__(subnet)
        self.load_balancer_addresses = [chosen] if chosen else []


def _zones(self: Any) -> list[AvailabilityZone]:
    return [Zone(subnet, self.__dict__.get("chosen", {}).get(subnet.id)) for subnet in self.subnets]


FakeLoadBalancer.availability_zones = property(_zones)


def _choose(balancer: Any, mappings: Any) -> None:
    balancer.__dict__.setdefault("chosen", {}).update({item["SubnetId"]: _chosen(item) for item in mappings})


def _chosen(mapping: dict[str, Any]) -> dict[str, str]:
    return {key: mapping[key] for key in CHOSEN if mapping.get(key)}
