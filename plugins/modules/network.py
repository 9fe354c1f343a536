#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: network
short_description: Converge a stack's network
version_added: 0.1.0
description:
  - Converges the VPC, subnets by class and zone, internet gateway, NAT gateways, route tables, security groups and
    their rules.
  - Rules and routes of a declared group or table are managed as a whole. What is not declared is removed.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  vpc:
    description: The VPC. Required when anything else of the network is declared.
    type: dict
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      cidr:
        description: The primary IPv4 block, from /16 to /28.
        type: str
        required: true
      zones:
        description: The availability zones in use. Add new ones at the end.
        type: list
        elements: str
        required: true
      nat:
        description:
          - How private subnets reach the internet. V(single) has one NAT gateway in the first zone, V(per_zone) one in
            each, which costs more and survives the loss of a zone.
        type: str
        choices: [none, single, per_zone]
        default: none
      dns_hostnames:
        description: Whether instances get DNS host names.
        type: bool
        default: true
      tenancy:
        description: Whether instances run on shared or on dedicated hardware.
        type: str
        choices: [default, dedicated]
        default: default
  subnets:
    description: Classes of subnets. Each class has one subnet in every zone of the VPC.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the class. Its subnets are called C(name/zone).
        type: str
        required: true
      public:
        description: Whether the class is routed to the internet gateway.
        type: bool
        default: false
      egress:
        description: Whether a private class reaches the internet through NAT.
        type: bool
        default: true
      public_ip:
        description: Whether instances get a public address at launch.
        type: bool
        default: false
      cidrs:
        description:
          - One block for each zone. By default the VPC is cut into sixteen blocks and a class gets four consecutive
            ones, in the order of the list, so that neither a new class nor a fourth zone moves the others.
        type: list
        elements: str
  security_groups:
    description: Security groups.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      description:
        description: What the group is for. AWS cannot change it later. By default C(Security group) and the name.
        type: str
      ingress:
        description: What is let in. The group is stateful, so answers need no rule.
        type: list
        elements: dict
        default: []
        suboptions:
          port:
            description: The port. Excludes O(ignore:from_port) and O(ignore:to_port).
            type: int
          from_port:
            description: The first port of a range, or the ICMP type.
            type: int
          to_port:
            description: The last port of a range, or the ICMP code.
            type: int
          protocol:
            description: The protocol. V(all) takes no ports.
            type: str
            choices: [tcp, udp, icmp, icmpv6, all]
            default: tcp
          description:
            description: What the rule is for.
            type: str
            default: ""
          from:
            description:
              - Who is let in, one or a list of them. With a C(/) it is a CIDR, with C(pl-) a prefix list, otherwise the
                name of a security group.
            type: raw
            required: true
      egress:
        description: What is let out. By default everything.
        type: list
        elements: dict
        suboptions:
          port:
            description: The port. Excludes O(ignore:from_port) and O(ignore:to_port).
            type: int
          from_port:
            description: The first port of a range, or the ICMP type.
            type: int
          to_port:
            description: The last port of a range, or the ICMP code.
            type: int
          protocol:
            description: The protocol. V(all) takes no ports.
            type: str
            choices: [tcp, udp, icmp, icmpv6, all]
            default: tcp
          description:
            description: What the rule is for.
            type: str
            default: ""
          to:
            description:
              - Where to, one or a list of them. With a C(/) it is a CIDR, with C(pl-) a prefix list, otherwise the name
                of a security group.
            type: raw
            required: true
seealso:
  - module: terrace.aws.stack
"""

EXAMPLES = r"""
- name: Converge a network of three classes of subnets in two zones
  terrace.aws.network:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    vpc:
      name: main
      cidr: 10.20.0.0/16
      zones: [eu-west-1a, eu-west-1b]
      nat: single
    subnets:
      - name: public
        public: true
      - name: app
      - name: data
        egress: false
    security_groups:
      - name: alb
        ingress:
          - port: 80
            from: 0.0.0.0/0
      - name: app
        ingress:
          - port: 3000
            from: alb
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: subnet, name: app/eu-west-1a, id: subnet-0a1b2c3d4e5f60718, action: create, fields: []}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample: {vpc: {main: {id: vpc-0a1b2c3d4e5f60718}}}
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
    module = tier_module("network")
    run_tier(module, "network")


if __name__ == "__main__":
    main()
