# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A load balancer as a configuration of HAProxy."""

import re

from local_cloud.reconcile.desired import Action, Balancer, Listener, ListenerRule, TargetGroup

STATISTICS_PORT = 8404

HEAD = """global
  hard-stop-after 5s
defaults
  mode http
  option http-server-close
  option forwardfor
  option redispatch
  retries 2
  retry-on conn-failure
  timeout connect 1s
  timeout client {idle}s
  timeout server {idle}s
  timeout http-request 15s
frontend statistics
  bind *:{port}
  stats enable
  stats uri /
"""


def render(balancer: Balancer) -> str:
    """Return the configuration file."""
    parts = [HEAD.format(idle=balancer.idle_timeout, port=STATISTICS_PORT)]
    parts += [_frontend(listener) for listener in balancer.listeners]
    parts += [_backend(group) for group in balancer.groups]
    return "".join(parts)


def _frontend(listener: Listener) -> str:
    lines = [
        f"frontend listener-{listener.port}",
        f"bind *:{listener.port}",
        "http-request set-header X-Forwarded-Proto http",
        f"http-request set-header X-Forwarded-Port {listener.port}",
    ]
    answers: list[str] = []
    forwards: list[str] = []
    for number, rule in enumerate(listener.rules):
        conditions = _conditions(number, rule)
        lines += conditions
        # HAProxy answers before it chooses a backend: a rule of lower priority must not overtake.
        lines.append(f"http-request set-var(txn.rule) int({number}){_if(number, rule)}")
        name = f"{{ var(txn.rule) -m int {number} }}"
        (forwards if rule.action.type == "forward" else answers).extend(_action(rule.action, name))
    return "\n  ".join(lines + answers + forwards) + "\n"


def _conditions(number: int, rule: ListenerRule) -> list[str]:
    lines = []
    for position, (field, values) in enumerate(rule.conditions):
        sample = {"path-pattern": "path", "host-header": "hdr(host),field(1,:),lower"}.get(field)
        if sample is None:
            lines.append(f"acl rule{number}-{position} always_false")
            continue
        patterns = " ".join(_pattern(value if field == "path-pattern" else value.lower()) for value in values)
        lines.append(f"acl rule{number}-{position} {sample} -m reg {patterns}")
    return lines


def _pattern(value: str) -> str:
    """Translate AWS's wildcards: * for any characters, ? for one."""
    pattern = re.escape(value).replace(r"\*", ".*").replace(r"\?", ".")
    return "'^" + pattern.replace("'", r"\x27") + "$'"


def _if(number: int, rule: ListenerRule) -> str:
    unset = "!{ var(txn.rule) -m found }"
    return " if " + " ".join([unset, *(f"rule{number}-{position}" for position in range(len(rule.conditions)))])


def _action(action: Action, condition: str) -> list[str]:
    settings = dict(action.settings)
    if action.type == "forward":
        return _forward(action, condition)
    if action.type == "redirect":
        code = settings.get("StatusCode", "HTTP_302").removeprefix("HTTP_")
        return [f'http-request redirect code {code} location "{_location(settings)}" if {condition}']
    if action.type == "fixed-response":
        body = settings.get("MessageBody", "").replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
        kind = settings.get("ContentType") or "text/plain"
        return [f'http-request return status {settings["StatusCode"]} content-type {kind} lf-string "{body}" if {condition}']
    return [f"http-request return status 501 if {condition}"]


def _location(settings: dict[str, str]) -> str:
    """Translate AWS's placeholders #{protocol}, #{host}, #{port}, #{path} and #{query}."""
    template = "{Protocol}://{Host}:{Port}{Path}?{Query}".format(
        **({"Protocol": "#{protocol}", "Host": "#{host}", "Port": "#{port}", "Path": "/#{path}", "Query": "#{query}"} | settings)
    )
    values = {
        "#{protocol}": "http",
        "#{host}": "%[hdr(host),field(1,:)]",
        "#{port}": "%[dst_port]",
        "/#{path}": "%[path]",
        "#{path}": "%[path,regsub(^/,)]",
        "#{query}": "%[query]",
    }
    for placeholder, value in values.items():
        template = template.replace(placeholder, value)
    return template.replace("HTTPS://", "https://").replace("HTTP://", "http://").removesuffix("?")


def _forward(action: Action, condition: str) -> list[str]:
    lines, left = [], sum(weight for _, weight in action.groups)
    for name, weight in action.groups:
        share = f" {{ rand({left}) -m int lt {weight} }}" if weight < left else ""
        if weight:
            lines.append(f"use_backend {name} if {condition}{share}")
        left -= weight
    return lines


def _backend(group: TargetGroup) -> str:
    lines = [
        f"backend {group.name}",
        "balance roundrobin",
        "option httpchk",
        f"http-check send meth GET uri {group.check_path} ver HTTP/1.1 hdr Host {group.name}"
        " hdr User-Agent ELB-HealthChecker/2.0",
        f"http-check expect status {group.check_codes}",
        f"timeout check {group.timeout}s",
        # Changes are looked into every second: what AWS takes its interval for is seen soon here.
        f"default-server check inter {group.interval}s fastinter 1s downinter 1s"
        f" rise {group.healthy} fall {group.unhealthy}"
        " observe layer4 error-limit 1 on-error mark-down",
    ]
    for target in group.targets:
        port = f" port {group.check_port}" if group.check_port else ""
        lines.append(f"server {target.id} {target.address}:{target.port}{port}")
    return "\n  ".join(lines) + "\n"
