# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface that is made with an instance goes with it. moto leaves it behind unless the launch says otherwise."""

from typing import Any

from moto.ec2.models.instances import Instance

from local_cloud.emulator.fidelity.patching import around


@around(Instance, "prep_nics")
def prep_nics(original: Any, self: Any, nic_spec: list[dict[str, Any]], *arguments: Any, **keywords: Any) -> None:
    """Set AWS's default of DeleteOnTermination: true for what the launch makes, false for what it is given."""
    given = {int(spec["DeviceIndex"]): spec for spec in nic_spec}
    original(self, nic_spec, *arguments, **keywords)
    for index, interface in self.nics.items():
        spec = given.get(index, {})
        if "NetworkInterfaceId" not in spec:
            interface.delete_on_termination = spec.get("DeleteOnTermination") is not False
