# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers: provisioning, then active; with interfaces in their subnets; protected from deletion if they say so.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
"""

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer

from local_cloud.emulator.fidelity import interfaces
from local_cloud.emulator.fidelity.patching import around, method
from local_cloud.emulator.lifecycle import lifecycle

# What AWS answers for an application load balancer that nobody configured and moto leaves out.
ATTRIBUTE_DEFAULTS = {
    "access_logs.s3.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "client_keep_alive.seconds": "3600",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "load_balancing.cross_zone.enabled": "true",
}


@around(ELBv2Backend, "create_load_balancer")
def create_load_balancer(original: Any, self: Any, *arguments: Any, **keywords: Any) -> FakeLoadBalancer:
    """Begin in provisioning, with AWS's attributes and one interface per subnet."""
    balancer = original(self, *arguments, **keywords)
    if balancer.type == "application":
        balancer.attrs.update(ATTRIBUTE_DEFAULTS)
    if balancer.scheme is None:
        balancer.scheme = "internet-facing"
    for subnet in balancer.subnets:
        _attach(self, balancer, subnet)
    lifecycle.start("elbv2.creating", balancer.arn)
    return balancer


def _attach(backend: Any, balancer: FakeLoadBalancer, subnet: Any) -> None:
    suffix = balancer.arn.partition(":loadbalancer/")[2]
    interface = interfaces.attach(backend.ec2_backend, balancer.arn, subnet, balancer.security_groups, f"ELB {suffix}")
    interface.requester_id = "amazon-elb"


@method(FakeLoadBalancer)
def activate(self: Any) -> None:
    """Become active when provisioning is over; moto is active at the first look."""
    if self.state == "provisioning" and not lifecycle.pending("elbv2.creating", self.arn):
        self.state = "active"


@around(ELBv2Backend, "delete_load_balancer")
def delete_load_balancer(original: Any, self: Any, arn: str) -> None:
    """Refuse a protected one; the interfaces go a little later."""
    balancer = self.load_balancers.get(arn)
    if balancer is None:
        return
    if balancer.attrs.get("deletion_protection.enabled") == "true":
        raise ELBClientError(
            "OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        )
    original(self, arn)
    for group in self.target_groups.values():
        group.load_balancer_arns = [other for other in group.load_balancer_arns if other != arn]
    interfaces.release(self.ec2_backend, arn, "elbv2.deleting")


@around(ELBv2Backend, "set_security_groups")
def set_security_groups(original: Any, self: Any, arn: str, sec_groups: list[str]) -> None:
    """Let the interfaces follow."""
    original(self, arn, sec_groups)
    interfaces.regroup(self.ec2_backend, arn, sec_groups)


@around(ELBv2Backend, "set_subnets")
def set_subnets(original: Any, self: Any, arn: str, *arguments: Any, **keywords: Any) -> Any:
    """Let the interfaces follow."""
    result = original(self, arn, *arguments, **keywords)
    balancer, backend = self.load_balancers[arn], self.ec2_backend
    wanted = {subnet.id: subnet for subnet in balancer.subnets}
    for interface in interfaces.owned(backend, arn):
        if wanted.pop(interface.subnet.id, None) is None:
            interfaces.detach(backend, arn, interface)
    for subnet in wanted.values():
        _attach(self, balancer, subnet)
    return result
