#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Converge a stack's certificates
version_added: 0.1.0
description:
  - Converges certificates of AWS Certificate Manager, which prove by records in the DNS whose domain they are for.
  - A certificate is ready once it has been issued. That takes minutes, and up to 45 are waited for.
  - The records of a domain are the same for all its certificates, the wildcard's too, and renewals look for them. They are
    written without asking who needs them already, and stay when a certificate is deleted. Only the deletion of their zone
    by its own stack takes them away.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  certificates:
    description:
      - Certificates. What they are for cannot be changed. A replacement is issued before the old one is deleted, which waits
        until nothing uses it any more.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      domain:
        description: The name it is for. It may begin with V(*.).
        type: str
        required: true
      alternative_names:
        description: Further names it is for.
        type: list
        elements: str
        default: []
      zones:
        description:
          - The names of the hosted zones to write the records of validation into, of O(certificates[].domain) and of all
            O(certificates[].alternative_names). A zone of somebody else's is listed under C(terrace_external).
          - Without any, somebody else has to write the records. The run says which ones it waits for.
        type: list
        elements: str
        default: []
      key_algorithm:
        description: The algorithm of its key.
        type: str
        choices: [RSA_2048, EC_prime256v1, EC_secp384r1]
        default: RSA_2048
      transparency_logging:
        description: Whether it is recorded in public logs, without which browsers do not trust it.
        type: bool
        default: true
      region:
        description:
          - The region it is for. The stack's by default. CloudFront wants V(us-east-1), which C(stack.regions) has to name.
        type: str
"""

EXAMPLES = r"""
- name: Converge the certificate of the web site
  terrace.aws.certificate:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    certificates:
      - name: web
        domain: example.com
        alternative_names: ["*.example.com"]
        zones: [public]
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: certificate, name: web, id: "arn:aws:acm:eu-west-1:123456789012:certificate/...", action: create, fields: []}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample:
    certificate:
      web:
        id: arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
        arn: arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
        domain: example.com
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
    module = tier_module("certificate")
    run_tier(module, "certificate")


if __name__ == "__main__":
    main()
