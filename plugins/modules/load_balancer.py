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
  - Converges application and network load balancers with their listeners, and target groups.
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
    description: Load balancers.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. AWS's name is the stack's and this one, shortened to 32 characters.
        type: str
        required: true
      type:
        description:
          - V(application) understands HTTP. V(network) passes connections on, for mail, messages and whatever else is not HTTP.
        type: str
        choices: [application, network]
        default: application
      scheme:
        description: Whether it has public addresses.
        type: str
        choices: [internet-facing, internal]
        default: internet-facing
      subnets:
        description: The class of subnets, which has to be in at least two zones for an application load balancer.
        type: str
        required: true
      security_groups:
        description:
          - Names of security groups. An application load balancer needs one. A network load balancer made without any cannot be
            given one later.
        type: list
        elements: str
        default: []
      ip_address_type:
        description:
          - Whether it has IPv6 addresses, too, for which its subnets need IPv6. V(dualstack-without-public-ipv4) is for
            internet-facing application load balancers.
        type: str
        choices: [ipv4, dualstack, dualstack-without-public-ipv4]
        default: ipv4
      addresses:
        description:
          - Fixed addresses of a network load balancer by zone, names of Elastic IPs if it is internet-facing, else addresses of
            its subnets. An Elastic IP is allocated unless it is an external one, and released with the stack. The load balancer
            is in these zones then. An address that there is already cannot be changed.
        type: dict
      deletion_protection:
        description:
          - Whether the load balancer cannot be deleted. It has to be converged to V(false) before a teardown. It holds no
            data, but a new one has another DNS name.
        type: bool
        default: false
      access_logs:
        description:
          - The V(bucket), by name, where requests are logged, under V(prefix), by default the load balancer's name. The bucket
            has to V(allow) V(load_balancer_logs), or V(delivered_logs) for a network load balancer, which logs TLS alone.
        type: dict
      connection_logs:
        description: The same for connections to an application load balancer.
        type: dict
      http:
        description:
          - How an application load balancer treats HTTP. V(idle_timeout) (V(60)) is after how many silent seconds a connection is
            closed; applications should keep theirs open for longer. V(keep_alive) (V(3600)) is for how many seconds clients may
            use theirs.
          - V(drop_invalid_headers) (V(true)) removes headers with invalid names. V(desync) (V(monitor), V(defensive) or
            V(strictest), by default V(defensive)) is how requests are handled that could be read in two ways. V(preserve_host)
            (V(false)) passes the header Host on as it came. V(forwarded_for) (V(append), V(preserve) or V(remove), by default
            V(append)) is what happens to X-Forwarded-For, to which V(forwarded_port) (V(false)) adds the client's port.
        type: dict
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
            description: The protocol of the clients, V(HTTP) or V(HTTPS) for an application load balancer.
            type: str
            choices: [HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP]
            default: HTTP
          certificate:
            description:
              - The name of the certificate for V(HTTPS) or V(TLS), from the tier C(certificate) or an external one. Clients get
                it that name no host, or one that none of O(load_balancers[].listeners[].certificates) is for.
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
          idle_timeout:
            description: Seconds, from 60 to 6000, after which a silent connection of V(TCP) is forgotten. AWS's default is 350.
            type: int
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
    description:
      - Target groups, each for one load balancer. A difference in C(port), C(protocol), C(protocol_version) or C(target_type)
        is a replacement.
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
        description: The protocol that the targets speak, V(HTTP) or V(HTTPS) behind an application load balancer.
        type: str
        choices: [HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP]
        default: HTTP
      protocol_version:
        description: The version of HTTP that the targets speak. All but the first need a listener for HTTPS.
        type: str
        choices: [HTTP1, HTTP2, GRPC]
        default: HTTP1
      target_type:
        description: What is registered.
        type: str
        choices: [instance, ip]
        default: instance
      health_check:
        description:
          - How it is found out whether a target can serve. V(protocol) is V(HTTP), V(HTTPS) or V(TCP), by default the targets'
            own if that is HTTP or HTTPS, else TCP. V(port) (V(traffic-port)) is the targets' own or a number.
          - V(path) (V(/)) is asked for, and V(matcher) has the status codes of success, such as V("200"), V("200,204") or
            V("200-299"), by default V("200"). For V(GRPC) they are V(/AWS.ALB/healthcheck) and V("12").
          - V(interval) (V(15)) and V(timeout) (V(5)) are seconds, V(healthy) (V(2)) and V(unhealthy) (V(3)) how many checks in a
            row succeed or fail before a target is called so.
        type: dict
        default: {}
      deregistration_delay:
        description: Seconds for which requests to a leaving target may go on. AWS's own default is 300.
        type: int
        default: 60
      slow_start:
        description: Seconds over which a new target's share grows, from 30 to 900. V(0) for all at once.
        type: int
        default: 0
      algorithm:
        description: How a target is chosen.
        type: str
        choices: [round_robin, least_outstanding_requests, weighted_random]
        default: round_robin
      anomaly_mitigation:
        description: Whether targets that fail more often than others get fewer requests, with V(weighted_random).
        type: bool
        default: false
      stickiness:
        description:
          - Lets clients stay with their target. V(type) is V(lb_cookie), V(app_cookie) with the name of the application's
            V(cookie), or V(source_ip) for a network load balancer. V(duration) (V(86400)) is how many seconds a cookie counts.
            Not for an application load balancer's targets whose O(target_groups[].cross_zone) is V(false).
        type: dict
      cross_zone:
        description: Whether targets of other zones get requests, too. By default the load balancer decides, an application one
          for it, a network one against.
        type: bool
      tcp:
        description:
          - For targets of a network load balancer. V(connection_termination) closes connections at the end of the
            O(target_groups[].deregistration_delay). V(preserve_client_ip) shows targets the clients' addresses. What is not
            given stays as AWS has it, which depends on the protocol and the type of targets. V(proxy_protocol) (V(false)) tells
            targets about the client by version 2 of the proxy protocol.
        type: dict
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
