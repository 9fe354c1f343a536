# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
name: with_bundles
short_description: A description of compute groups with their published bundles
version_added: 0.2.0
author: Terrace contributors (@terrace-aws)
description:
  - Adds to each group that has a O(terrace.aws.compute#module:groups[].bootstrap) what M(terrace.aws.fleet_bundle) has published
    for it.
  - A group whose bundle is not published, because nothing of it is provisioned now, gets one that does not exist.
positional: _input, bundles
options:
  _input:
    description: The options of M(terrace.aws.compute).
    type: dict
    required: true
  bundles:
    description: The published bundles, by group.
    type: dict
    required: true
seealso:
  - module: terrace.aws.compute
  - module: terrace.aws.fleet_bundle
"""

EXAMPLES = r"""
- name: Show what is provisioned
  ansible.builtin.debug:
    msg: "{{ terrace_compute | terrace.aws.with_bundles(fleet_bootstrap_bundles) }}"
"""

RETURN = r"""
_value:
  description: The options, complete.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

NONE = {"bundle": "not-published/none", "sha256": "0" * 64}


def with_bundles(compute: Mapping[str, Any], bundles: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the tier compute, with bundle, checksum and outputs in each bootstrap."""
    groups = compute.get("groups")
    if not isinstance(groups, list):
        return dict(compute)
    return {**compute, "groups": [_with_bundle(group, bundles) for group in groups]}


def _with_bundle(group: Any, bundles: Mapping[str, Any]) -> Any:
    """Whatever is not as it should be is left to the module, which knows how to say so."""
    if not isinstance(group, Mapping) or "bootstrap" not in group or not isinstance(group["bootstrap"], (Mapping, type(None))):
        return group
    return {**group, "bootstrap": {**(group["bootstrap"] or {}), **bundles.get(group.get("name"), NONE)}}


class FilterModule:
    """Ansible's interface."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"with_bundles": with_bundles}
