#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: storage
short_description: Converge a stack's storage
version_added: 0.1.0
description:
  - Converges Amazon S3 buckets.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  buckets:
    description: S3 buckets.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      region:
        description: The region, by default the stack's. It has to be one of the stack's regions.
        type: str
"""

EXAMPLES = r"""
- name: Converge the bucket for uploads
  terrace.aws.storage:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    buckets:
      - name: uploads
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: bucket, name: uploads, id: jyoti-production-uploads-123456789012, action: create, fields: []}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample:
    bucket:
      uploads:
        id: jyoti-production-uploads-123456789012
        name: jyoti-production-uploads-123456789012
        arn: arn:aws:s3:::jyoti-production-uploads-123456789012
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
    module = tier_module("storage")
    run_tier(module, "storage")


if __name__ == "__main__":
    main()
