# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client tokens: the same request with the same token makes one resource. moto ignores or refuses the second.

https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.egress_only_internet_gateways import EgressOnlyInternetGateway
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.responses.flow_logs import FlowLogs
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.responses.nat_gateways import NatGateways
from moto.ec2.responses.network_acls import NetworkACLs
from moto.ec2.responses.route_tables import RouteTables
from moto.ec2.responses.vpcs import VPCs

from local_cloud.emulator.fidelity.patching import around, store

TOKEN_OPERATIONS = (
    (InstanceResponse, "run_instances"),
    (ElasticBlockStore, "create_volume"),
    (NatGateways, "create_nat_gateway"),
    (LaunchTemplates, "create_launch_template"),
    (LaunchTemplates, "create_launch_template_version"),
    (RouteTables, "create_route_table"),
    (NetworkACLs, "create_network_acl"),
    (EgressOnlyInternetGateway, "create_egress_only_internet_gateway"),
    (FlowLogs, "create_flow_logs"),
    (VPCs, "create_vpc_endpoint"),
    (VPCs, "create_managed_prefix_list"),
)


def honour_token(original: Any, self: Any) -> Any:
    """Answer a repeated request with the first result; refuse other parameters under the same token."""
    token = self._get_param("ClientToken")
    if not token:
        return original(self)
    seen = store(self.ec2_backend, "client_tokens")
    key, parameters = (original.__name__, token), repr(self.querystring)
    if key not in seen:
        seen[key] = (parameters, original(self))
    first_parameters, result = seen[key]
    if first_parameters != parameters:
        raise EC2ClientError(
            "IdempotentParameterMismatch", "The request uses the same client token as a previous, but non-identical request."
        )
    return result


for responses, operation in TOKEN_OPERATIONS:
    around(responses, operation)(honour_token)
