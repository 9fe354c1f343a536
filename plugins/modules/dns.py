#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dns
short_description: Converge a stack's zones, records and health checks
version_added: 0.1.0
description:
  - Converges hosted zones of Amazon Route 53 with their records, and health checks.
  - Records have no tags. One that is the stack's has a TXT record beside it, below C(_terrace) of the zone, that says so.
    So several stacks and people share a zone. A record that exists and is not the stack's is refused, and never changed or
    deleted.
  - A zone that has records of others is not deleted.
  - Records that the stack has left in a zone of somebody else's are found as long as the description has one of that zone.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  zones:
    description: Hosted zones. A zone of somebody else's is listed under C(terrace_external), for instance by its C(domain).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      domain:
        description: The domain. It cannot be changed.
        type: str
        required: true
      comment:
        description: What people read about it.
        type: str
        default: ""
      vpcs:
        description: The names of the VPCs that a private zone answers. Without any it is public, and that cannot be changed.
        type: list
        elements: str
        default: []
  records:
    description: Records. One without a set identifier is the only one of its name and type.
    type: list
    elements: dict
    default: []
    suboptions:
      zone:
        description: The name of its zone.
        type: str
        required: true
      record:
        description: Its whole name, like V(www.example.com) or V(*.example.com).
        type: str
        required: true
      type:
        description: Its type. V(NS) delegates a name to other servers.
        type: str
        choices: [A, AAAA, CAA, CNAME, MX, NS, SRV, TXT]
        required: true
      values:
        description:
          - What it answers, for instance V(10 mail.example.com) for the type V(MX). Text for V(TXT) is given without quotes
            of its own, however long it is.
        type: list
        elements: str
        default: []
      elastic_ip:
        description: The instance of M(terrace.aws.instance) whose Elastic IP address is the value, for the type V(A).
        type: str
      ttl:
        description: For how many seconds others may remember O(records[].values). An alias has none of its own.
        type: int
        default: 300
      alias:
        description: What to answer for instead of O(records[].values).
        type: dict
        suboptions:
          load_balancer:
            description: The name of a load balancer.
            type: str
          dns_name:
            description: The DNS name of something else of AWS's.
            type: str
          hosted_zone_id:
            description: The zone of O(records[].alias.dns_name), for instance V(Z2FDTNDATAQYW2) for CloudFront.
            type: str
          evaluate_target_health:
            description: Whether to look for another record while the target is not healthy.
            type: bool
            default: true
      set_identifier:
        description: What tells it from others of the same name and type, where there is a way of routing.
        type: str
      weight:
        description: Its share of the answers, compared with the others' shares.
        type: int
      failover:
        description: Whether it answers first, or while the first is not healthy.
        type: str
        choices: [PRIMARY, SECONDARY]
      latency_region:
        description: The region of what it answers. Whoever asks gets the nearest.
        type: str
      multivalue:
        description: Whether it is one of up to eight healthy ones that are answered together.
        type: bool
        default: false
      health_check:
        description: The name of the health check without whose approval it is not answered.
        type: str
  health_checks:
    description: Health checks of endpoints, from outside.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      type:
        description: How to ask. It cannot be changed.
        type: str
        choices: [HTTP, HTTPS, HTTP_STR_MATCH, HTTPS_STR_MATCH, TCP]
        default: HTTPS
      domain:
        description: The host to ask. With an O(health_checks[].address), the host name in the request.
        type: str
      address:
        description: The address to ask, which has to be a public one.
        type: str
      port:
        description: The port. That of the protocol by default.
        type: int
      path:
        description: The path to ask for, V(/) by default.
        type: str
      search_string:
        description: What has to be among the first 5,120 bytes of the answer.
        type: str
      request_interval:
        description: Seconds between two requests of one checker. It cannot be changed, and V(10) costs more.
        type: int
        choices: [10, 30]
        default: 30
      failure_threshold:
        description: How many answers in a row change its mind.
        type: int
        default: 3
      measure_latency:
        description: Whether to measure how long answers take. It cannot be changed.
        type: bool
        default: false
      inverted:
        description: Whether to take what fails for healthy.
        type: bool
        default: false
      disabled:
        description: Whether to stop asking, and take the endpoint for healthy.
        type: bool
        default: false
      regions:
        description: Where checkers ask from.
        type: list
        elements: str
        choices:
          [us-east-1, us-west-1, us-west-2, eu-west-1, ap-southeast-1, ap-southeast-2, ap-northeast-1, sa-east-1]
        default: [us-east-1, us-west-1, us-west-2, eu-west-1, ap-southeast-1, ap-southeast-2, ap-northeast-1, sa-east-1]
"""

EXAMPLES = r"""
- name: Converge the zone and where the web site is
  terrace.aws.dns:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    zones:
      - name: public
        domain: example.com
    records:
      - zone: public
        record: www.example.com
        type: A
        alias: {load_balancer: web}
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: dns_record, name: public/www.example.com/A, id: Z0123/www.example.com/A, action: create, fields: []}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample:
    hosted_zone:
      public:
        id: Z0123456789ABCDEFGHIJ
        domain: example.com
        name_servers: [ns-2048.awsdns-64.com, ns-2049.awsdns-65.net]
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
    module = tier_module("dns")
    run_tier(module, "dns")


if __name__ == "__main__":
    main()
