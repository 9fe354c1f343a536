#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack
short_description: Converge all tiers of a stack as one plan
version_added: 0.1.0
description:
  - Converges what is described for all tiers with one survey of the account, one graph, and waits in parallel.
  - The whole description is validated before any call that changes something, whatever O(tiers) says.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  tiers:
    description: The tiers to apply. All by default.
    type: list
    elements: str
    choices:
      [network, identity, secrets, storage, database, cache, dns, certificate, load_balancer, compute, instance, monitoring]
  network:
    description: The options of M(terrace.aws.network).
    type: dict
  identity:
    description: The options of M(terrace.aws.identity).
    type: dict
  secrets:
    description: The options of M(terrace.aws.secrets).
    type: dict
  storage:
    description: The options of M(terrace.aws.storage).
    type: dict
  database:
    description: The options of M(terrace.aws.database).
    type: dict
  cache:
    description: The options of M(terrace.aws.cache).
    type: dict
  dns:
    description: The options of M(terrace.aws.dns).
    type: dict
  certificate:
    description: The options of M(terrace.aws.certificate).
    type: dict
  load_balancer:
    description: The options of M(terrace.aws.load_balancer).
    type: dict
  compute:
    description: The options of M(terrace.aws.compute).
    type: dict
  instance:
    description: The options of M(terrace.aws.instance).
    type: dict
  monitoring:
    description: The options of M(terrace.aws.monitoring).
    type: dict
  external:
    description:
      - Things that belong to somebody else. They are looked up, and checked where they are described too. They are never
        changed, tagged or deleted, and references find them by kind and name.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: The kind, for instance V(vpc).
        type: str
        required: true
      name:
        description: The name that references use.
        type: str
        required: true
      match:
        description: What to look for. V(id), V(name), V(tags) or an attribute of the kind. One resource has to fit.
        type: dict
        required: true
      region:
        description: The region to look in. The stack's by default.
        type: str
  adopt:
    description:
      - Resources made by other means that are to be managed from now on. They get the stack's tags and nothing else is
        done in that run. The next plan shows what differs from the description.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: The kind, for instance V(vpc).
        type: str
        required: true
      name:
        description: The name under which it is declared.
        type: str
        required: true
      id:
        description: Its id in AWS.
        type: str
        required: true
      region:
        description: The region to look in. The stack's by default.
        type: str
  moved:
    description: Resources that are declared under a new name. They keep everything and get new tags.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: The kind.
        type: str
        required: true
      from:
        description: The earlier name.
        type: str
        required: true
      to:
        description: The name under which it is declared now.
        type: str
        required: true
  prune:
    description: Whether to delete what carries the stack's tags but is not declared any more, in the applied tiers.
    type: bool
    default: false
  lock:
    description:
      - A stack has one operator at a time. The lock is an object in the account's control bucket
        C(terrace-<account>-<region>), taken only when there is something to apply.
    type: dict
    suboptions:
      lease:
        description:
          - Seconds without a sign of life after which another operator may take over. For a process that is known to be
            gone nobody has to wait so long.
        type: int
        default: 120
      settle:
        description: Seconds to wait, when taking over, until all that the last holder has made shows in AWS's lists.
        type: int
        default: 30
seealso:
  - module: terrace.aws.stack_info
"""

EXAMPLES = r"""
- name: Converge the stack that the inventory describes
  terrace.aws.stack:
    stack: "{{ terrace_stack }}"
    network: "{{ terrace_network | default(omit) }}"
    identity: "{{ terrace_identity | default(omit) }}"
    secrets: "{{ terrace_secrets | default(omit) }}"
    storage: "{{ terrace_storage | default(omit) }}"
    database: "{{ terrace_database | default(omit) }}"
    cache: "{{ terrace_cache | default(omit) }}"
    dns: "{{ terrace_dns | default(omit) }}"
    certificate: "{{ terrace_certificate | default(omit) }}"
    load_balancer: "{{ terrace_load_balancer | default(omit) }}"
    compute: "{{ terrace_compute | default(omit) }}"
    instance: "{{ terrace_instance | default(omit) }}"
    monitoring: "{{ terrace_monitoring | default(omit) }}"

- name: Delete all of it
  terrace.aws.stack:
    stack: "{{ terrace_stack }}"
    state: absent
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: subnet, name: app/eu-west-1a, id: subnet-0a1b2c3d4e5f60718, action: create, fields: []}
failures:
  description: One line for each step that failed.
  type: list
  elements: str
  returned: failure
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample: {load_balancer: {web: {id: "arn:...", dns_name: jyoti-production-web-1.eu-west-1.elb.amazonaws.com}}}
orphans:
  description: Resources that carry the stack's tags but are not declared any more.
  type: list
  elements: dict
  returned: success
differences:
  description: What a run would change, field by field; values of secrets are not shown.
  type: list
  elements: dict
  returned: in check mode
  sample:
    - kind: subnet
      name: app/eu-west-1a
      id: subnet-0a1b2c3d4e5f60718
      action: update
      fields: {public_ip: {before: true, after: false}}
seconds:
  description: Wall-clock seconds from each tier's first change to its last.
  type: dict
  returned: when something changed
disruptions:
  description: What the updates interrupt, such as the connections to a database that is restarted. Also shown as warnings.
  type: list
  elements: str
  returned: success
notes:
  description: Facts that the user has to know, such as the name of a final snapshot.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.terrace.aws.plugins.module_utils.module import run_stack, stack_module


def main() -> None:
    module = stack_module()
    run_stack(module)


if __name__ == "__main__":
    main()
