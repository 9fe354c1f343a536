# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a load balancer of the emulated account."""

from typing import Any

from moto.ec2.models import ec2_backends

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.fidelity import interfaces
from local_cloud.reconcile.desired import Action, Balancer, Listener, ListenerRule, Target, TargetGroup
from local_cloud.reconcile.group_rules import firewall


def read_balancer(elbv2: Any, balancer: Any) -> Balancer:
    """Return a balancer with its listeners for HTTP and the groups that they forward to."""
    ec2 = ec2_backends[ACCOUNT][elbv2.region_name]
    interface = interfaces.owned(ec2, balancer.arn)[0]
    listeners = tuple(_listener(elbv2, item) for item in balancer.listeners.values() if item.protocol == "HTTP")
    names = {name for listener in listeners for rule in listener.rules for name, _ in rule.action.groups}
    groups = [group for group in elbv2.target_groups.values() if group.name in names]
    return Balancer(
        arn=balancer.arn,
        name=balancer.name,
        vpc=balancer.vpc_id,
        address=interface.private_ip_address,
        dns_name=balancer.dns_name,
        public=balancer.scheme == "internet-facing",
        idle_timeout=int(balancer.attrs.get("idle_timeout.timeout_seconds", 60)),
        listeners=tuple(sorted(listeners, key=lambda listener: listener.port)),
        groups=tuple(_group(ec2, group) for group in sorted(groups, key=lambda group: group.name)),
        firewall=firewall(ec2, interface.group_set),
    )


def _listener(elbv2: Any, listener: Any) -> Listener:
    def priority(rule: Any) -> float:
        return float("inf") if rule.priority == "default" else float(rule.priority)

    rules = sorted(listener.rules.values(), key=priority)
    return Listener(int(listener.port), tuple(_rule(elbv2, listener, rule) for rule in rules))


def _rule(elbv2: Any, listener: Any, rule: Any) -> ListenerRule:
    default = rule.priority == "default"
    # moto keeps a default action that was modified on the listener only.
    actions = listener.default_actions if default else rule.actions
    conditions = () if default else tuple(_condition(item) for item in rule.conditions)
    return ListenerRule(conditions, _action(elbv2, actions[-1].data))


def _condition(condition: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    field = condition["Field"]
    configuration = condition.get("PathPatternConfig") or condition.get("HostHeaderConfig") or {}
    return field, tuple(configuration.get("Values") or condition.get("Values") or ())


def _action(elbv2: Any, data: dict[str, Any]) -> Action:
    if data["Type"] == "forward":
        weighted = (data.get("ForwardConfig") or {}).get("TargetGroups") or [data]
        groups = [(item["TargetGroupArn"], int(item.get("Weight") or 1)) for item in weighted]
        known = [(elbv2.target_groups[arn].name, weight) for arn, weight in groups if arn in elbv2.target_groups]
        return Action("forward", groups=tuple(known))
    settings = data.get("RedirectConfig") or data.get("FixedResponseConfig") or {}
    return Action(data["Type"], settings=tuple(sorted((name, str(value)) for name, value in settings.items())))


def _group(ec2: Any, group: Any) -> TargetGroup:
    port = str(group.health_check_port or "traffic-port")
    targets = [_target(ec2, target) for target in group.targets.values()]
    return TargetGroup(
        arn=group.arn,
        name=group.name,
        check_path=group.health_check_path or "/",
        check_port=int(port) if port.isdigit() else None,
        check_codes=(getattr(group, "matcher", None) or {}).get("HttpCode", "200"),
        interval=int(group.health_check_interval_seconds),
        timeout=int(group.health_check_timeout_seconds),
        healthy=int(group.healthy_threshold_count),
        unhealthy=int(group.unhealthy_threshold_count),
        targets=tuple(sorted((target for target in targets if target), key=lambda target: target.id)),
    )


def _target(ec2: Any, target: dict[str, Any]) -> Target | None:
    """Return where a target listens; None for an instance that does not run."""
    port = int(target["Port"])
    if not target["Id"].startswith("i-"):
        return Target(target["Id"], target["Id"], port)
    instance = ec2.get_instance_by_id(target["Id"])
    if instance is None or instance.state not in ("pending", "running"):
        return None
    return Target(target["Id"], instance.private_ip_address, port)
