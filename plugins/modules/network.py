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
  - Converges the VPC, subnets by class and zone, gateways, NAT, route tables, network ACLs, security groups and their rules,
    prefix lists, endpoints, flow logs, DHCP options and peering connections.
  - What hangs on declared things is managed as a whole. Rules, routes and address blocks that are not declared are removed.
  - A rule, wherever one is described, is a dictionary with C(protocol) (V(tcp) by default, V(udp), V(icmp), V(icmpv6) or
    V(all)), C(port) or C(from_port) and C(to_port) (for ICMP the type and the code), and C(from) in O(ignore:ingress) or
    C(to) in O(ignore:egress), which is one end or a list of them.
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
      secondary_cidrs:
        description:
          - Up to four more IPv4 blocks, for classes of subnets that give their O(subnets[].cidrs). A VPC keeps to one private
            range, for instance 10.0.0.0/8. Blocks of 100.64.0.0/10 always fit.
        type: list
        elements: str
        default: []
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
      ipv6:
        description:
          - Whether the VPC gets a /56 of Amazon's IPv6 addresses, each subnet a /64 of it, and each new instance an address.
            Private classes with egress reach the internet through an egress-only gateway, which costs nothing.
        type: bool
        default: false
      empty_defaults:
        description:
          - Whether the security group and the network ACL that AWS makes with the VPC have no rules, so that nothing works by
            accident. Classes of subnets without a network ACL of their own then share one that lets everything through.
          - With V(false) they are left alone, and so are the network ACLs of classes that describe none. The defaults of an
            external VPC are left alone in any case.
        type: bool
        default: true
      dhcp:
        description:
          - What DHCP tells instances instead of AWS's defaults. C(domain), and the lists C(dns_servers) (V(AmazonProvidedDNS)
            by default) and C(ntp_servers) of up to four addresses each.
        type: dict
      flow_logs:
        description:
          - Where records of the VPC's traffic go. Either C(log_group), a log group of the monitoring tier, with C(role), a
            role of the identity tier that V(vpc-flow-logs.amazonaws.com) may assume, or C(bucket), an ARN that may have a
            prefix.
          - C(traffic) is V(all) by default, V(accept) or V(reject). C(interval) is V(600) seconds by default, or V(60).
        type: dict
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
        description: Whether a private class reaches the internet, through NAT or for IPv6 through the egress-only gateway.
        type: bool
        default: true
      public_ip:
        description: Whether instances get a public IPv4 address at launch.
        type: bool
        default: false
      cidrs:
        description:
          - One block for each zone. By default the VPC is cut into sixteen blocks and a class gets four consecutive
            ones, in the order of the list, so that neither a new class nor a fourth zone moves the others.
        type: list
        elements: str
      acl:
        description:
          - A network ACL for the class, with the lists of rules C(ingress) and C(egress). One that is left out lets
            everything through. In these rules C(action) is V(allow) by default or V(deny), the first rule that matches
            decides, and what none matches is denied. C(from) and C(to) take CIDRs, and names of classes for their IPv4 blocks.
          - A network ACL is not stateful. Answers go to ports 1024 to 65535 and need a rule too.
          - Rules change without ever cutting what both the old and the new ones allow. AWS takes 20 rules each way unless
            the quota is raised.
        type: dict
  prefix_lists:
    description: Named lists of blocks. Rules of security groups take them as C(pl-) and the name.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      entries:
        description: CIDRs, or dictionaries of C(cidr) and C(description). All IPv4 or all IPv6.
        type: list
        elements: raw
        required: true
      max_entries:
        description:
          - How many entries the list has room for, and as how many rules it counts where it is used. By default as many as
            there are.
        type: int
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
        description: What the group is for. AWS cannot change it later. By default the name, which is not compared.
        type: str
      ingress:
        description:
          - Rules for what is let in. The group is stateful, so answers need no rule. C(from) takes CIDRs, prefix lists as
            C(pl-) and their name or id, and names of security groups. C(description) says what the rule is for.
        type: list
        elements: dict
        default: []
      egress:
        description: Rules for what is let out, with C(to). By default everything.
        type: list
        elements: dict
      purge_rules:
        description: Whether rules that the stack has not made are removed too.
        type: bool
        default: true
  endpoints:
    description: Private ways to AWS's services. V(s3) and V(dynamodb) have gateway endpoints, all others interface endpoints.
    type: list
    elements: dict
    default: []
    suboptions:
      service:
        description: The service, for instance V(s3), V(secretsmanager), V(ecr.api), or a whole name from C(com.amazonaws.) on.
        type: str
        required: true
      subnets:
        description:
          - Classes of subnets. A gateway endpoint has a route in each of them, by default in all. An interface endpoint
            needs one class to stand in.
        type: list
        elements: str
      security_groups:
        description: Security groups of an interface endpoint, which needs at least one.
        type: list
        elements: str
      policy:
        description: A policy document that says who may do what through the endpoint. By default everybody everything.
        type: dict
      private_dns:
        description: Whether the service's usual names lead to the interface endpoint. By default they do.
        type: bool
  peerings:
    description: Peering connections with other VPCs. Routes are made on this stack's side only.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      peer:
        description:
          - The other VPC. Either C(stack) and C(vpc), names in the same account and region, or C(vpc) alone for an external
            one, or C(id) with C(account) and C(region) where they differ from the stack's.
          - With C(accept) the other side has asked for the connection, and this stack accepts it. Otherwise this stack asks,
            and accepts too if both VPCs are in its account and region.
        type: dict
        required: true
      cidrs:
        description: Blocks of the other VPC that are routed through the connection.
        type: list
        elements: str
        required: true
      subnets:
        description: Classes of subnets that get the routes. By default all.
        type: list
        elements: str
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
    endpoints:
      - service: s3

- name: Converge a network without a way to the internet, and with a network ACL
  terrace.aws.network:
    stack:
      name: vault
      account: "123456789012"
      region: eu-west-1
    vpc:
      name: main
      cidr: 10.30.0.0/16
      zones: [eu-west-1a, eu-west-1b]
    subnets:
      - name: app
        egress: false
      - name: data
        egress: false
        acl:
          ingress:
            - port: 5432
              from: app
          egress:
            - from_port: 1024
              to_port: 65535
              to: app
    prefix_lists:
      - name: office
        entries: [192.0.2.0/24, 198.51.100.7/32]
    security_groups:
      - name: app
        ingress:
          - port: 443
            from: pl-office
      - name: endpoints
        ingress:
          - port: 443
            from: app
        egress: []
    endpoints:
      - service: secretsmanager
        subnets: app
        security_groups: endpoints
    peerings:
      - name: shared
        peer:
          stack: shared-services
          vpc: main
        cidrs: [10.40.0.0/16]
        subnets: app
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
