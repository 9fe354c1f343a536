# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reverse DNS of Elastic IP addresses, which moto lacks: a change takes until the next look.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyAddressAttribute.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_ip_addresses import ElasticAddress, ElasticAddressBackend
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses

from local_cloud.emulator.fidelity.patching import around, method, store

NAMES, CHANGES = "reverse_names", "reverse_name_changes"


@method(ElasticIPAddresses)
def modify_address_attribute(self: Any) -> ActionResult:
    return ActionResult({"Address": _changed(self, self._get_param("DomainName"))})


@method(ElasticIPAddresses)
def reset_address_attribute(self: Any) -> ActionResult:
    return ActionResult({"Address": _changed(self, "")})


@method(ElasticIPAddresses)
def describe_addresses_attribute(self: Any) -> ActionResult:
    """Show changes as pending once."""
    addresses = self.ec2_backend.describe_addresses_attribute(self._get_param("AllocationIds", []))
    shown = [_shown(self.ec2_backend, address) for address in addresses]
    changes = store(self.ec2_backend, CHANGES)
    for address in addresses:
        if address.allocation_id in changes:
            store(self.ec2_backend, NAMES)[address.allocation_id] = changes.pop(address.allocation_id)
    return ActionResult({"Addresses": shown})


@around(ElasticAddressBackend, "release_address")
def release_address(original: Any, self: Any, address: str | None = None, allocation_id: str | None = None) -> None:
    """An address with a reverse name is locked to the account."""
    if allocation_id and (store(self, NAMES).get(allocation_id) or store(self, CHANGES).get(allocation_id)):
        raise EC2ClientError("InvalidAddress.Locked", f"Address with allocation id {allocation_id} cannot be released.")
    original(self, address, allocation_id)


def _changed(self: Any, name: str) -> dict[str, Any]:
    (address,) = self.ec2_backend.describe_addresses([self._get_param("AllocationId")])
    store(self.ec2_backend, CHANGES)[address.allocation_id] = f"{name}." if name else ""
    return _shown(self.ec2_backend, address)


def _shown(backend: Any, address: ElasticAddress) -> dict[str, Any]:
    shown: dict[str, Any] = {"PublicIp": address.public_ip, "AllocationId": address.allocation_id}
    if name := store(backend, NAMES).get(address.allocation_id):
        shown["PtrRecord"] = name
    if (change := store(backend, CHANGES).get(address.allocation_id)) is not None:
        shown["PtrRecordUpdate"] = {"Value": change, "Status": "PENDING"}
    return shown
