#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_bundle
short_description: Publish what instances configure themselves with
version_added: 0.2.0
description:
  - Packs what the hosts of a group are configured with, and puts it into the account's control bucket under a name made of
    its content. Instances of groups with O(terrace.aws.compute#module:groups[].bootstrap) fetch it at their first boot.
  - A bundle has the playbooks, the roles and collections that they use, the group's variables as the inventory has them, and
    the files that these name. Secrets do not belong there, and variables that look like some are refused.
  - It is part of the role P(terrace.aws.fleet_bootstrap#role), whose variables say what goes in. C(site.yml) uses that.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Packs the bundles, so that their checksums are known, and publishes nothing.
    support: full
  diff_mode:
    description: A bundle never changes, there is nothing to compare.
    support: none
  idempotent:
    description: The same files and variables make the same bundle on every machine.
    support: full
  action_group:
    description: Use C(group/terrace.aws.aws) in C(module_defaults) for credentials, region and endpoint.
    support: full
    membership:
      - terrace.aws.aws
      - amazon.aws.aws
options:
  stack:
    description: The stack. It is refused if the credentials belong to another account.
    type: dict
    required: true
    suboptions:
      name:
        description: The stack's name.
        type: str
        required: true
      account:
        description: The id of the account.
        type: str
        required: true
      region:
        description: The region of the control bucket.
        type: str
        required: true
      regions:
        description: Further regions of the stack. Not used here.
        type: list
        elements: str
        default: []
      tags:
        description: Tags of the stack. Not used here.
        type: dict
        default: {}
  state:
    description: V(absent) removes all bundles of the stack.
    type: str
    choices: [present, absent]
    default: present
  groups:
    description: The compute groups to publish bundles for.
    type: list
    elements: str
    default: []
  archives:
    description: The packed bundles. The part of this module that runs on the controller gives them.
    type: list
    elements: dict
    default: []
    suboptions:
      group:
        description: The compute group.
        type: str
        required: true
      path:
        description: The archive.
        type: path
        required: true
      sha256:
        description: The archive's checksum.
        type: str
        required: true
seealso:
  - module: terrace.aws.compute
"""

EXAMPLES = r"""
- name: Remove what instances were configured with
  terrace.aws.fleet_bundle:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    region: eu-west-1
    state: absent
"""

RETURN = r"""
bundles:
  description: What O(terrace.aws.compute#module:groups[].bootstrap) wants to know, by group.
  type: dict
  returned: success
  sample:
    app:
      bundle: terrace-123456789012-eu-west-1/jyoti-production/bundles/app/2c26b46b68ff.tar.gz
      sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
      outputs: [db_instance/main/endpoint, secret/app-database/arn]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.terrace.aws.plugins.module_utils.fleet_bundle import run_fleet_bundle
from ansible_collections.terrace.aws.plugins.module_utils.module import STACK_SPEC


def main() -> None:
    archive = {
        "group": {"type": "str", "required": True},
        "path": {"type": "path", "required": True},
        "sha256": {"type": "str", "required": True},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "stack": {"type": "dict", "required": True, "options": STACK_SPEC},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "groups": {"type": "list", "elements": "str", "default": []},
            "archives": {"type": "list", "elements": "dict", "default": [], "options": archive},
        },
        supports_check_mode=True,
    )
    run_fleet_bundle(module)


if __name__ == "__main__":
    main()
