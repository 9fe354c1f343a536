# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What load balancers ask of what other tiers declare: buckets that take their logs, subnets with IPv6, certificates nearby.

Only what is declared can be looked at. What is external or not described is AWS's to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption

HTTP = ("HTTP", "HTTPS")
LOGS = ("access_logs", "connection_logs")
# Who writes the logs of a type of load balancer, and the option of a bucket that lets it:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/enable-access-logs.html
WRITERS = {
    "application": ("logdelivery.elasticloadbalancing.amazonaws.com", "load_balancer_logs"),
    "network": ("delivery.logs.amazonaws.com", "delivered_logs"),
}


def check_together(declarations: Iterable[Declaration], stack: Stack) -> None:
    """Raise InvalidOption for the first thing that AWS would refuse after others have been made."""
    declared = {declaration.key: declaration for declaration in declarations}
    for declaration in declared.values():
        if declaration.kind == "load_balancer":
            _check_logs(declaration, declared, stack)
            _check_ipv6(declaration, declared)
        if declaration.kind == "listener":
            _check_certificates(declaration, declared, stack)
        if declaration.kind == "scaling_policy":
            _check_metric(declaration, declared)


def _check_logs(balancer: Declaration, declared: Mapping[Key, Declaration], stack: Stack) -> None:
    service, option = WRITERS[balancer.values.type]
    for name in LOGS:
        logs = getattr(balancer.values, name)
        bucket = declared.get(logs["bucket"].key) if logs and logs["enabled"] else None
        if bucket is None:
            continue
        path = f"{balancer.path}.{name}.bucket"
        if bucket.region not in (None, stack.region):
            raise InvalidOption(path, f"{bucket.name} has to be in the load balancer's region")
        if service not in _writers(bucket.values.policy or {}):
            raise InvalidOption(path, f"{bucket.name} does not let load balancers write: {bucket.path}.allow needs {option}")


def _writers(policy: Mapping[str, Any]) -> Iterator[str]:
    """Yield the services that a bucket's policy lets do something."""
    for statement in policy.get("Statement", ()):
        principal = statement.get("Principal")
        services = principal.get("Service", ()) if statement["Effect"] == "Allow" and isinstance(principal, Mapping) else ()
        yield from (services,) if isinstance(services, str) else services


def _check_ipv6(balancer: Declaration, declared: Mapping[Key, Declaration]) -> None:
    if balancer.values.ip_address_type == "ipv4":
        return
    subnets = [pointer for pointer in balancer.references() if pointer.kind == "subnet"]
    for declaration in declared.values():
        covered = any(pointer.covers(declaration.key) for pointer in subnets)
        if covered and not declaration.values.ipv6:
            raise InvalidOption(
                f"{balancer.path}.ip_address_type", f"needs IPv6 in the subnet {declaration.name}: set network.vpc.ipv6"
            )


def _check_metric(policy: Declaration, declared: Mapping[Key, Declaration]) -> None:
    """Network load balancers count no requests."""
    pointer = policy.values.target_group
    group = declared.get(pointer.key) if pointer else None
    if group and group.values.protocol not in HTTP:
        raise InvalidOption(
            policy.path, f"the target group {group.name} is for {group.values.protocol}, not for requests of HTTP"
        )


def _check_certificates(listener: Declaration, declared: Mapping[Key, Declaration], stack: Stack) -> None:
    for pointer in listener.references():
        certificate = declared.get(pointer.key) if pointer.kind == "certificate" else None
        if certificate and certificate.region not in (None, stack.region):
            raise InvalidOption(listener.path, f"the certificate {certificate.name} has to be in the load balancer's region")
