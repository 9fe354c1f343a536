#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: monitoring
short_description: Converge a stack's log groups
version_added: 0.1.0
description:
  - Converges log groups of Amazon CloudWatch Logs.
  - Deleting a log group deletes what was logged.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  log_groups:
    description: Log groups.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. In AWS it is called C(/terrace/<stack>/<name>).
        type: str
        required: true
      retention:
        description: For how many days events are kept. V(0) keeps them for ever.
        type: int
        choices: [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
        default: 30
      log_group:
        description: Another name in AWS, for writers that cannot be told theirs.
        type: str
      kms_key:
        description:
          - The name of the KMS key that encrypts new events, by default the service's own. Its C(services) have to name
            V(logs.amazonaws.com).
        type: str
"""

EXAMPLES = r"""
- name: Converge the log group of the application
  terrace.aws.monitoring:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    log_groups:
      - name: app
        retention: 90
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: log_group, name: app, id: /terrace/jyoti-production/app, action: create, fields: []}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample:
    log_group:
      app:
        id: /terrace/jyoti-production/app
        name: /terrace/jyoti-production/app
        arn: arn:aws:logs:eu-west-1:123456789012:log-group:/terrace/jyoti-production/app
        streams: arn:aws:logs:eu-west-1:123456789012:log-group:/terrace/jyoti-production/app:*
orphans:
  description: Resources that carry the stack's tags but are not declared any more.
  type: list
  elements: dict
  returned: success
seconds:
  description: Wall-clock seconds that the tier took.
  type: dict
  returned: when something changed
notes:
  description: Facts that the user has to know.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.terrace.aws.plugins.module_utils.module import run_tier, tier_module


def main() -> None:
    module = tier_module("monitoring")
    run_tier(module, "monitoring")


if __name__ == "__main__":
    main()
