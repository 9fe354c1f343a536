#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database_endpoint
short_description: Point a secret or a parameter to a database
version_added: 0.1.0
description:
  - Writes a database's host and port to where applications read them, which has to exist. Everything else stays as it is,
    rotation and policies too.
  - Of a secret, only these two fields are changed. Its other fields, such as the password, are never shown.
  - What the description declares has to say the same, or the next run of the stack sets it back.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Says what would be changed, and changes nothing.
    support: full
  diff_mode:
    description: Secrets have no diff. What was there before is returned.
    support: none
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  action_group:
    description: Use C(group/terrace.aws.aws) in C(module_defaults) for credentials, region and endpoint.
    support: full
    membership:
      - terrace.aws.aws
      - amazon.aws.aws
options:
  host:
    description: The database's address.
    type: str
    required: true
  port:
    description: The database's port.
    type: int
    required: true
  secret:
    description: Name or ARN of a secret in JSON, whose fields C(host) and C(port) are set.
    type: str
  parameter:
    description: Name of a parameter of Systems Manager that holds the host.
    type: str
seealso:
  - module: terrace.aws.database
"""

EXAMPLES = r"""
- name: Point the application to the restored database
  terrace.aws.database_endpoint:
    region: eu-west-1
    host: "{{ terrace_outputs.db_instance['main-restored'].endpoint }}"
    port: "{{ terrace_outputs.db_instance['main-restored'].port }}"
    secret: jyoti-production/app-database
"""

RETURN = r"""
before:
  description: The hosts that were there before, for the way back.
  type: dict
  returned: success
  sample:
    secret: jyoti-production-main.abcdefghijkl.eu-west-1.rds.amazonaws.com
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.terrace.aws.plugins.module_utils.database_endpoint import point
from ansible_collections.terrace.aws.plugins.module_utils.module import guarded


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "host": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "secret": {"type": "str", "no_log": False},
            "parameter": {"type": "str"},
        },
        required_one_of=[["secret", "parameter"]],
        supports_check_mode=True,
    )
    guarded(module, lambda: point(module))


if __name__ == "__main__":
    main()
