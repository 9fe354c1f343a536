# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a managed prefix list: name, size, entries and version. moto forgets the name and ignores the size.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.vpcs import VPCs

from local_cloud.emulator.fidelity.patching import method


@method(VPCs)
def modify_managed_prefix_list(self: VPCs) -> ActionResult:
    """Answer ModifyManagedPrefixList."""
    known = self.ec2_backend.managed_prefix_lists
    prefix_list = known.get(self._get_param("PrefixListId"))
    if prefix_list is None:
        raise EC2ClientError("InvalidPrefixListID.NotFound", "The prefix list ID does not exist.")
    size, added, removed = self._get_param("MaxEntries"), self._get_param("AddEntries", []), self._get_param("RemoveEntries", [])
    if size and (added or removed):
        raise EC2ClientError("InvalidParameterCombination", "The size and the entries cannot be changed at the same time.")
    prefix_list.prefix_list_name = self._get_param("PrefixListName") or prefix_list.prefix_list_name
    prefix_list.max_entries = size or prefix_list.max_entries
    if added or removed:
        _change_entries(prefix_list, added, removed, self._get_param("CurrentVersion"))
    prefix_list.state = "modify-complete"
    return ActionResult({"PrefixList": prefix_list})


def _change_entries(prefix_list: Any, added: list[dict[str, str]], removed: list[dict[str, str]], version: Any) -> None:
    """Make a new version. An entry that is there already gets the new description."""
    if int(version or 0) != prefix_list.version:
        raise EC2ClientError("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")
    entries = {entry["Cidr"]: entry for entry in prefix_list.entries.get(prefix_list.version, [])}
    for entry in removed:
        entries.pop(entry["Cidr"], None)
    entries |= {entry["Cidr"]: entry for entry in added}
    if len(entries) > int(prefix_list.max_entries):
        raise EC2ClientError("PrefixListMaxEntriesExceeded", "The prefix list cannot have more entries than its maximum.")
    prefix_list.version += 1
    prefix_list.entries[prefix_list.version] = list(entries.values())
