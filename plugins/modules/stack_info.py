#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_info
short_description: Gather everything that carries a stack's tags
version_added: 0.1.0
description:
  - Returns the stack's resources of all tiers, its addresses, its running instances, and what else carries its tags.
  - It needs no description of the stack, only its name, account and region, and changes nothing.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Only reads, in check mode too.
    support: full
  diff_mode:
    description: Changes nothing, so there is no diff.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
  action_group:
    description: Use C(group/terrace.aws.aws) in C(module_defaults) for credentials, region and endpoint.
    support: full
    membership:
      - terrace.aws.aws
      - amazon.aws.aws
options:
  stack:
    description: The stack to look for.
    type: dict
    required: true
    suboptions:
      name:
        description: 2 to 40 lower-case letters, digits and hyphens.
        type: str
        required: true
      account:
        description: The 12-digit account id. Credentials of another account are refused before anything else.
        type: str
        required: true
      region:
        description: The stack's region, where everything is that names no other.
        type: str
        required: true
      regions:
        description: Further regions that the stack has something in, or had and is to be deleted from.
        type: list
        elements: str
        default: []
      tags:
        description: Not used here, so that the same dictionary serves all modules.
        type: dict
        default: {}
seealso:
  - module: terrace.aws.stack
"""

EXAMPLES = r"""
- name: Look up the stack
  terrace.aws.stack_info:
    stack: "{{ terrace_stack }}"
  register: found

- name: Add its hosts to the inventory
  ansible.builtin.add_host:
    name: "{{ item.instance_id }}"
    groups: [aws_ec2, "{{ item.group }}"]
    private_ip_address: "{{ item.private_ip }}"
  loop: "{{ found.instances }}"
  loop_control:
    label: "{{ item.instance_id }}"
  changed_when: false
"""

RETURN = r"""
resources:
  description: The stack's resources, by kind and name.
  type: list
  elements: dict
  returned: success
  contains:
    kind:
      description: The kind of resource.
      type: str
      returned: always
    name:
      description: The name in the description.
      type: str
      returned: always
    id:
      description: What AWS calls it, such as an id, a name or an ARN.
      type: str
      returned: always
    tier:
      description: The tier that declares it.
      type: str
      returned: always
    state:
      description: One of V(ready), V(pending), V(deleting) and V(failed).
      type: str
      returned: always
    attributes:
      description: Further facts.
      type: dict
      returned: always
  sample:
    - kind: launch_template
      name: app
      id: lt-0a1b2c3d4e5f60718
      tier: compute
      state: ready
      attributes: {version: 3, image: ami-0a1b2c3d4e5f60718}
outputs:
  description: The id and further facts of each resource, by kind and name, as M(terrace.aws.stack) returns them.
  type: dict
  returned: success
  sample: {vpc: {main: {id: vpc-0a1b2c3d4e5f60718}}}
endpoints:
  description: Where the stack can be reached. The port is null where there are several.
  type: list
  elements: dict
  returned: success
  sample:
    - kind: db_instance
      name: main
      address: jyoti-production-main.c1a2b3d4e5f6.eu-west-1.rds.amazonaws.com
      port: 5432
instances:
  description: The running instances, ordered by group. The group is null for those without the tag C(terrace:group).
  type: list
  elements: dict
  returned: success
  sample:
    - instance_id: i-0a1b2c3d4e5f60718
      group: app
      private_ip: 10.20.4.17
      private_dns: ip-10-20-4-17.eu-west-1.compute.internal
      zone: eu-west-1a
      launch_time: "2026-11-20T03:00:12+00:00"
      state: running
orphans:
  description:
    - What carries the stack's tags but is nothing that this collection manages, such as a final snapshot. The id is its
      ARN; kind and name are those of the resource whose tags it has, if any.
    - AWS's index of tags may lag by some minutes, so that it names what has just been deleted.
  type: list
  elements: dict
  returned: success
  sample:
    - kind: db_instance
      name: main
      id: arn:aws:rds:eu-west-1:123456789012:snapshot:jyoti-production-main-final
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.terrace.aws.plugins.module_utils.module import STACK_SPEC
from ansible_collections.terrace.aws.plugins.module_utils.stack_info import run_stack_info


def main() -> None:
    spec = {"stack": {"type": "dict", "required": True, "options": STACK_SPEC}}
    run_stack_info(AnsibleAWSModule(argument_spec=spec, supports_check_mode=True))


if __name__ == "__main__":
    main()
