# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private addresses: taken from the subnet, each once.

moto picks random ones, for NAT gateways from anywhere, else from the subnet with its reserved addresses.
"""

from typing import Any

from moto.ec2.models import nat_gateways
from moto.ec2.models.elastic_network_interfaces import NetworkInterfaceBackend

from local_cloud.emulator.fidelity.interfaces import settle
from local_cloud.emulator.fidelity.patching import around


@around(NetworkInterfaceBackend, "create_network_interface")
def create_network_interface(
    original: Any, self: Any, subnet: Any, private_ip_address: Any, private_ip_addresses: Any = None, *rest: Any, **keywords: Any
) -> Any:
    """Take the next free address of the subnet unless the caller chose one."""
    if not private_ip_address and not private_ip_addresses:
        subnet = self.get_subnet(subnet) if isinstance(subnet, str) else subnet
        private_ip_address = subnet.get_available_subnet_ip(None)
    return original(self, subnet, private_ip_address, private_ip_addresses, *rest, **keywords)


@around(NetworkInterfaceBackend, "get_all_network_interfaces")
def get_all_network_interfaces(original: Any, self: Any, *arguments: Any, **keywords: Any) -> Any:
    """Leave out the interfaces whose owners are gone."""
    settle(self)
    return original(self, *arguments, **keywords)


# The gateway asks for a random address of no subnet: none at all makes the patch above choose.
nat_gateways.random_private_ip = lambda: None
