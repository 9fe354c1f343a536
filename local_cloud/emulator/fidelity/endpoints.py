# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""VPC endpoints: private DNS and the policy can be changed back, and interfaces stand in their subnet.

moto ignores both options, and takes addresses from anywhere.
"""

import json
from typing import Any

from moto.ec2.models import vpcs
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.responses.vpcs import VPCs

from local_cloud.emulator.fidelity.patching import around


@around(VPCs, "modify_vpc_endpoint")
def modify_vpc_endpoint(original: Any, self: Any) -> Any:
    """Answer ModifyVpcEndpoint with the two options as well."""
    result = original(self)
    endpoint = self.ec2_backend.get_vpc_end_point(self._get_param("VpcEndpointId"))
    if (private_dns := self._get_param("PrivateDnsEnabled")) is not None:
        endpoint.private_dns_enabled = private_dns in (True, "true")
    if self._get_param("ResetPolicy") in (True, "true"):
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    return result


# The backend asks for a random address of no subnet: none at all makes the network interface choose.
vpcs.random_private_ip = lambda: None
