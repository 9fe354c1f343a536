# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a target group of the emulated account with its targets."""

from typing import Any

from moto.ec2.models import ec2_backends

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.fidelity import interfaces, target_draining
from local_cloud.reconcile.desired import HealthCheck, Stickiness, Target, TargetGroup


def read_group(elbv2: Any, group: Any) -> TargetGroup:
    """Return a group with the targets that have an address."""
    ec2 = ec2_backends[ACCOUNT][elbv2.region_name]
    targets = [_target(ec2, target) for target in group.targets.values()]
    draining = [_target(ec2, target, end) for target, end in target_draining.draining(group).values()]
    attributes = {name: str(value) for name, value in group.attributes.items()}
    return TargetGroup(
        arn=group.arn,
        name=group.name,
        protocol=group.protocol,
        version=group.protocol_version or "HTTP1",
        algorithm=attributes.get("load_balancing.algorithm.type", "round_robin"),
        slow_start=int(attributes.get("slow_start.duration_seconds", 0)),
        proxy_protocol=attributes.get("proxy_protocol_v2.enabled") == "true",
        stickiness=_stickiness(attributes),
        check=_check(group),
        targets=_sorted(targets),
        draining=_sorted(draining),
    )


def _stickiness(attributes: dict[str, str]) -> Stickiness | None:
    if attributes.get("stickiness.enabled") != "true":
        return None
    kind = attributes.get("stickiness.type", "lb_cookie")
    seconds = int(attributes.get(f"stickiness.{kind}.duration_seconds", 86400))
    return Stickiness(kind, seconds, attributes.get("stickiness.app_cookie.cookie_name", ""))


def _check(group: Any) -> HealthCheck:
    port = str(group.health_check_port or "traffic-port")
    return HealthCheck(
        protocol=group.health_check_protocol,
        port=int(port) if port.isdigit() else None,
        path=group.health_check_path or "/",
        codes=(getattr(group, "matcher", None) or {}).get("HttpCode") or "200",
        interval=int(group.health_check_interval_seconds),
        timeout=int(group.health_check_timeout_seconds),
        healthy=int(group.healthy_threshold_count),
        unhealthy=int(group.unhealthy_threshold_count),
    )


def _sorted(targets: list[Target | None]) -> tuple[Target, ...]:
    return tuple(sorted((target for target in targets if target), key=lambda target: target.id))


def _target(ec2: Any, target: dict[str, Any], end: float = 0) -> Target | None:
    """Return where a target listens; None for an instance that does not run."""
    port = int(target["Port"])
    if target["Id"].startswith("arn:"):
        balancer = interfaces.owned(ec2, target["Id"])
        return Target(target["Id"], balancer[0].private_ip_address, port, end) if balancer else None
    if not target["Id"].startswith("i-"):
        return Target(target["Id"], target["Id"], port, end)
    instance = ec2.get_instance_by_id(target["Id"])
    if instance is None or instance.state not in ("pending", "running"):
        return None
    return Target(target["Id"], instance.private_ip_address, port, end)
