#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: load_balancer
short_description: Converge a stack's load balancers
version_added: 0.1.0
description:
  - Converges application load balancers with their listeners, and target groups.
  - The listeners of a declared load balancer, and their rules, are managed as a whole. What is not declared is removed.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  vpc:
    description: The name of the VPC.
    type: str
    default: main
  load_balancers:
    description: Application load balancers.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. AWS's name is the stack's and this one, shortened to 32 characters.
        type: str
        required: true
      scheme:
        description: Whether it has public addresses.
        type: str
        choices: [internet-facing, internal]
        default: internet-facing
      subnets:
        description: The class of subnets, which has to be in at least two zones.
        type: str
        required: true
      security_groups:
        description: Names of security groups.
        type: list
        elements: str
        required: true
      idle_timeout:
        description: Seconds after which a silent connection is closed. Applications should keep theirs open for longer.
        type: int
        default: 60
      drop_invalid_headers:
        description: Whether headers with invalid names are removed.
        type: bool
        default: true
      desync:
        description: How requests are handled that could be read in two ways.
        type: str
        choices: [monitor, defensive, strictest]
        default: defensive
      deletion_protection:
        description:
          - Whether the load balancer cannot be deleted. It has to be converged to V(false) before a teardown. It holds no
            data, but a new one has another DNS name.
        type: bool
        default: false
      listeners:
        description:
          - What happens to requests, by port. Each has exactly one of C(target_group), C(target_groups), C(redirect) and
            C(fixed_response).
        type: list
        elements: dict
        default: []
        suboptions:
          port:
            description: The port.
            type: int
            required: true
          protocol:
            description: The protocol of the clients.
            type: str
            choices: [HTTP, HTTPS]
            default: HTTP
          certificate:
            description:
              - The name of the certificate for V(HTTPS), from the tier C(certificate) or an external one. Clients get it that
                name no host, or one that none of O(load_balancers[].listeners[].certificates) is for.
            type: str
          certificates:
            description: Names of further certificates, of which each client gets the one for the host that it names.
            type: list
            elements: str
            default: []
          tls_policy:
            description:
              - Which versions of TLS and which ciphers clients may use, by the name of a policy of AWS's. The default is what AWS
                recommends, TLS 1.3 and 1.2 with forward secrecy and post-quantum key exchange.
            type: str
            default: ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09
          target_group:
            description: The name of the target group that gets the requests.
            type: str
          target_groups:
            description:
              - Up to five target groups that share the requests, as weights from 0 to 999 by name.
            type: dict
          stickiness:
            description: Seconds for which a client stays with one of the C(target_groups), by cookie. V(0) for never.
            type: int
            default: 0
          redirect:
            description:
              - Where requests are sent, such as V(https://#{host}/#{path}?#{query}). C(#{protocol}), C(#{host}),
                C(#{port}), C(#{path}) and C(#{query}) are the request's own. Without a port it is the protocol's.
            type: str
          redirect_status:
            description: Whether a redirect is permanent.
            type: int
            choices: [301, 302]
            default: 301
          fixed_response:
            description:
              - An answer from the load balancer itself, with V(status), and with V(body) and V(content_type) (V(text/plain),
                V(text/css), V(text/html), V(application/javascript) or V(application/json)).
            type: dict
          rules:
            description:
              - Requests for which something else is done. Each rule has V(name) and V(priority) (from 1 to 50000, the lowest is
                asked first), conditions, all of which have to be met, and exactly one of the listener's actions,
                V(target_group), V(target_groups) with V(stickiness), V(redirect) with V(redirect_status), or
                V(fixed_response).
              - The conditions are V(hosts), V(paths), V(methods), V(queries) (V(key=value) or a value alone), V(source_ips)
                (blocks of addresses), each met by any of its values, and V(headers), a value or list of values by name. In
                hosts, paths, queries and headers, V(*) stands for any characters and V(?) for one. A rule has at most five
                values and five wildcards.
              - A rule is known by its name, so that rules can change places. They do so at once.
            type: list
            elements: dict
            default: []
  target_groups:
    description: Target groups. A difference in C(port), C(protocol) or C(target_type) is a replacement.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      port:
        description: The port of the targets.
        type: int
        required: true
      protocol:
        description: The protocol that the targets speak.
        type: str
        choices: [HTTP, HTTPS]
        default: HTTP
      target_type:
        description: What is registered.
        type: str
        choices: [instance, ip]
        default: instance
      health_check:
        description: How it is found out whether a target can serve.
        type: dict
        default: {}
        suboptions:
          path:
            description: The path that is asked for.
            type: str
            default: /
          interval:
            description: Seconds between two checks.
            type: int
            default: 15
          timeout:
            description: Seconds without an answer that make a check fail. Below the interval.
            type: int
            default: 5
          healthy:
            description: Successful checks in a row that make a target healthy.
            type: int
            default: 2
          unhealthy:
            description: Failed checks in a row that make a target unhealthy.
            type: int
            default: 3
          matcher:
            description: Status codes of success, such as V("200"), V("200,204") or V("200-299").
            type: str
            default: "200"
      deregistration_delay:
        description: Seconds for which requests to a leaving target may go on. AWS's own default is 300.
        type: int
        default: 60
      slow_start:
        description: Seconds over which a new target's share grows, from 30 to 900. V(0) for all at once.
        type: int
        default: 0
      stickiness:
        description: Seconds for which a client stays with its target, by cookie. V(0) for never.
        type: int
        default: 0
      algorithm:
        description: How a target is chosen.
        type: str
        choices: [round_robin, least_outstanding_requests]
        default: round_robin
seealso:
  - module: terrace.aws.network
  - module: terrace.aws.stack
"""

EXAMPLES = r"""
- name: Converge a load balancer in front of an application
  terrace.aws.load_balancer:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    load_balancers:
      - name: front
        subnets: public
        security_groups: [alb]
        listeners:
          - port: 80
            target_group: app
    target_groups:
      - name: app
        port: 3000
        health_check:
          path: /health

- name: Converge HTTPS, a redirect to it, and a trial of a new version
  terrace.aws.load_balancer:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    load_balancers:
      - name: front
        subnets: public
        security_groups: [alb]
        listeners:
          - port: 80
            redirect: https://#{host}/#{path}?#{query}
          - port: 443
            protocol: HTTPS
            certificate: web
            target_groups: {blue: 90, green: 10}
            stickiness: 3600
            rules:
              - name: maintenance
                priority: 10
                hosts: [admin.example.com]
                fixed_response: {status: 503, body: Back at noon}
              - name: beta
                priority: 20
                paths: [/beta/*]
                headers: {X-Beta: "yes"}
                target_group: green
    target_groups:
      - name: blue
        port: 3000
      - name: green
        port: 3001
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: listener, name: front/80, id: "arn:aws:elasticloadbalancing:...", action: create, fields: []}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample:
    load_balancer:
      front:
        name: jyoti-production-front
        dns_name: jyoti-production-front-1234567890.eu-west-1.elb.amazonaws.com
        zone_id: Z32O12XQLNTSW2
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
    module = tier_module("load_balancer")
    run_tier(module, "load_balancer")


if __name__ == "__main__":
    main()
