# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of DHCP options gets the tags of its create call, which moto drops.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html
"""

from typing import Any

from moto.ec2.responses.dhcp_options import DHCPOptions

from local_cloud.emulator.fidelity.patching import around


@around(DHCPOptions, "create_dhcp_options")
def create_dhcp_options(original: Any, self: Any) -> Any:
    answer = original(self)
    tags = self._parse_tag_specification().get("dhcp-options", {})
    self.ec2_backend.create_tags([answer.result["DhcpOptions"].id], tags)
    return answer
