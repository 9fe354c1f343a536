# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A target group as a backend of HAProxy.

Each target is two servers: one that is checked, and a spare one that is not, which takes over when no target of the
group is healthy, as AWS's load balancers then send requests to all of them.
"""

import re
from collections.abc import Collection

from local_cloud.reconcile.desired import HealthCheck, Stickiness, Target, TargetGroup

# Behind a target's name. It has a character that no target's name has.
SPARE = "_spare"

ALGORITHMS = {"least_outstanding_requests": "balance leastconn", "weighted_random": "balance random"}


def render(group: TargetGroup, known: Collection[str] | None = None) -> str:
    """Return the backend with its spare servers, and with the checked ones that are known."""
    lines = [f"backend {group.name}", *_balance(group), *_check(group.check, group.name)]
    if group.stickiness and group.protocol in ("HTTP", "HTTPS"):
        lines += _stick(group.stickiness)
    if known is not None:
        for target in group.targets:
            servers = [checked(group, target)] if target.name in known else []
            lines += [f"server {server}" for server in [*servers, spare(group, target)]]
    return "\n  ".join(lines) + "\n"


def checked(group: TargetGroup, target: Target) -> str:
    """Return a target's server: name, address and settings.

    Changes are looked into every second: what AWS takes its interval for is seen soon here.
    """
    check = group.check
    words = [
        f"check inter {check.interval}s fastinter 1s downinter 1s rise {check.healthy} fall {check.unhealthy}",
        "observe layer4 error-limit 1 on-error mark-down",
        *([f"port {check.port}"] if check.port else []),
        *([f"slowstart {group.slow_start}s"] if group.slow_start else []),
        *(["check-ssl verify none"] if check.protocol == "HTTPS" else []),
        *(["no-check-ssl"] if check.protocol != "HTTPS" and _encrypted(group) else []),
        *_connection(group),
    ]
    return " ".join([target.name, f"{target.address}:{target.port}", *words])


def spare(group: TargetGroup, target: Target) -> str:
    """Return a target's spare server."""
    return " ".join([target.name + SPARE, f"{target.address}:{target.port}", "backup", *_connection(group)])


def _encrypted(group: TargetGroup) -> bool:
    return group.protocol in ("HTTPS", "TLS")


def _connection(group: TargetGroup) -> list[str]:
    http2 = group.version in ("HTTP2", "GRPC")
    words = ["ssl verify none"] if _encrypted(group) else []
    words += ["alpn h2" if _encrypted(group) else "proto h2"] if http2 else []
    words += ["send-proxy-v2"] if group.proxy_protocol else []
    return words


def _balance(group: TargetGroup) -> list[str]:
    if group.stickiness and group.stickiness.type == "source_ip":
        return ["balance source", "hash-type consistent"]
    return [ALGORITHMS.get(group.algorithm, "balance roundrobin")]


def _check(check: HealthCheck, name: str) -> list[str]:
    if check.protocol not in ("HTTP", "HTTPS"):
        return [f"timeout check {check.timeout}s"]
    path = re.sub(r'(["\\\\$])', r"\\\1", check.path)
    return [
        "option httpchk",
        f'http-check send meth GET uri "{path}" ver HTTP/1.1 hdr Host {name} hdr User-Agent ELB-HealthChecker/2.0',
        f"http-check expect status {check.codes}",
        f"timeout check {check.timeout}s",
    ]


def _stick(stickiness: Stickiness) -> list[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions"""
    name, wanted, given = "AWSALB", "", ""
    if stickiness.type == "app_cookie":
        name = "AWSALBAPP-0"
        wanted = f" {{ 'req.cook({stickiness.cookie})' -m found }}"
        given = f" {{ 'res.cook({stickiness.cookie})' -m found }}"
    return [
        f"use-server %[req.cook({name})] if {{ req.cook({name}) -m found }}{wanted}",
        *cookies(name, "%[srv_name,field(1,_)]", stickiness.seconds, f"{{ srv_name -m found }}{given}"),
    ]


def cookies(name: str, value: str, seconds: int, condition: str) -> list[str]:
    """Return the rules that set a cookie of the load balancer, and its twin for requests from other sites."""
    twin = name.replace("AWSALBAPP-", "AWSALBAPPCORS-") if name.startswith("AWSALBAPP") else f"{name}CORS"
    common = f"{value}; Expires=%[date({seconds}),http_date]; Path=/"
    return [
        f'http-after-response add-header Set-Cookie "{name}={common}" if {condition}',
        f'http-after-response add-header Set-Cookie "{twin}={common}; SameSite=None; Secure" if {condition}',
    ]
