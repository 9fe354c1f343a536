# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peering connections are listed by filters, which moto ignores.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcPeeringConnections.html
"""

from typing import Any

from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection
from moto.ec2.responses.vpc_peering_connections import VPCPeeringConnections
from moto.ec2.utils import generic_filter

from local_cloud.emulator.fidelity.patching import around


@around(VPCPeeringConnections, "describe_vpc_peering_connections")
def describe_vpc_peering_connections(original: Any, self: Any) -> Any:
    answer = original(self)
    found = answer.result["VpcPeeringConnections"]
    answer.result["VpcPeeringConnections"] = generic_filter(self._filters_from_querystring(), found)
    return answer


@around(VPCPeeringConnection, "get_filter_value")
def get_filter_value(original: Any, self: Any, name: str, *arguments: Any) -> Any:
    own = {
        "status-code": self._status.code,
        "requester-vpc-info.vpc-id": self.vpc.id,
        "accepter-vpc-info.vpc-id": self.peer_vpc.id,
        "vpc-peering-connection-id": self.id,
    }
    return own[name] if name in own else original(self, name, *arguments)
