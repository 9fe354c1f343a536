# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
name: operator_policy
short_description: The IAM policies that the operator of a description needs
version_added: 0.2.0
author: Terrace contributors (@terrace-aws)
description:
  - Turns a description into the least that M(terrace.aws.stack) has to be allowed in order to provision, change, compare
    and tear down what is described.
  - The actions come from the kinds of resources themselves. Changes are limited to what bears the stack's tag, name or
    path, wherever the service can tell.
  - IAM limits the size of a policy, hence there may be several documents. All of them are needed.
positional: _input
options:
  _input:
    description:
      - The description as M(terrace.aws.stack) takes it, with the keys C(stack), C(adopt) and one for each described tier.
    type: dict
    required: true
seealso:
  - module: terrace.aws.stack
"""

EXAMPLES = r"""
- name: Show what the operator has to be allowed
  ansible.builtin.debug:
    msg: "{{ {'stack': terrace_stack, 'network': terrace_network} | terrace.aws.operator_policy }}"
"""

RETURN = r"""
_value:
  description: Policy documents, each within IAM's limit for managed policies.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.operator_policy import operator_policy


def documents(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the policy documents of a description; what is wrong with it is said with the option's path."""
    if not isinstance(description, Mapping) or "stack" not in description:
        raise AnsibleFilterError("operator_policy takes a description with the key stack, and one for each tier")
    try:
        return operator_policy(description)
    except InvalidOption as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Ansible's interface."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"operator_policy": documents}
