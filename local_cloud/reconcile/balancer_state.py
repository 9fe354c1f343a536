# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a load balancer of the emulated account, with its listeners and their certificates."""

from typing import Any

from moto.acm.models import AWS_ROOT_CA, acm_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.ssl_policies import SSL_POLICIES

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.fidelity import interfaces
from local_cloud.reconcile.desired import (
    Balancer,
    Certificate,
    Encryption,
    Firewall,
    Forwarding,
    Listener,
    LogBucket,
    Rule,
    TargetGroup,
)
from local_cloud.reconcile.group_rules import firewall
from local_cloud.reconcile.rule_state import read_rules
from local_cloud.reconcile.target_state import read_group

# What the proxy can do: there is no UDP.
PROTOCOLS = {"HTTP", "HTTPS", "TCP", "TLS", "TCP_UDP"}
ENCRYPTED = {"HTTPS", "TLS"}
ALPN = {
    "HTTP1Only": ("http/1.1",),
    "HTTP2Only": ("h2",),
    "HTTP2Optional": ("http/1.1", "h2"),
    "HTTP2Preferred": ("h2", "http/1.1"),
}
# A network load balancer may be in no security group: then it lets everything through.
EVERYTHING = (Rule("-1", 0, 65535, ("0.0.0.0/0",)),)


def read_balancer(elbv2: Any, balancer: Any) -> Balancer:
    """Return a balancer with its listeners and the groups that they forward to."""
    ec2 = ec2_backends[ACCOUNT][elbv2.region_name]
    interface = interfaces.owned(ec2, balancer.arn)[0]
    listeners = tuple(_listener(elbv2, balancer, item) for item in balancer.listeners.values() if _works(item))
    open_to_all = balancer.type == "network" and not balancer.security_groups
    return Balancer(
        arn=balancer.arn,
        name=balancer.name,
        application=balancer.type == "application",
        vpc=balancer.vpc_id,
        address=interface.private_ip_address,
        dns_name=balancer.dns_name,
        public=balancer.scheme == "internet-facing",
        idle_timeout=_idle_timeout(balancer),
        forwarding=Forwarding(
            balancer.attrs.get("routing.http.xff_header_processing.mode", "append"),
            balancer.attrs.get("routing.http.xff_client_port.enabled") == "true",
        ),
        listeners=tuple(sorted(listeners, key=lambda listener: listener.port)),
        groups=_groups(elbv2, listeners),
        firewall=Firewall(EVERYTHING, EVERYTHING) if open_to_all else firewall(ec2, interface.group_set),
        logs=_logs(balancer),
    )


def _logs(balancer: Any) -> LogBucket | None:
    if balancer.type != "application" or balancer.attrs.get("access_logs.s3.enabled") != "true":
        return None
    return LogBucket(balancer.attrs["access_logs.s3.bucket"], balancer.attrs.get("access_logs.s3.prefix") or "")


def _works(listener: Any) -> bool:
    return listener.protocol in PROTOCOLS and (listener.protocol not in ENCRYPTED or bool(listener.certificates))


def _idle_timeout(balancer: Any) -> int:
    if balancer.type == "application":
        return int(balancer.attrs.get("idle_timeout.timeout_seconds", 60))
    return max((int(item.attributes["tcp.idle_timeout.seconds"]) for item in balancer.listeners.values()), default=350)


def _groups(elbv2: Any, listeners: tuple[Listener, ...]) -> tuple[TargetGroup, ...]:
    names = {name for listener in listeners for rule in listener.rules for name, _ in rule.action.groups}
    groups = [group for group in elbv2.target_groups.values() if group.name in names]
    return tuple(read_group(elbv2, group) for group in sorted(groups, key=lambda group: group.name))


def _listener(elbv2: Any, balancer: Any, listener: Any) -> Listener:
    encryption = _encryption(elbv2, balancer, listener) if listener.protocol in ENCRYPTED else None
    return Listener(int(listener.port), listener.protocol, read_rules(elbv2, listener), encryption)


def _encryption(elbv2: Any, balancer: Any, listener: Any) -> Encryption:
    policy = SSL_POLICIES.get(listener.ssl_policy, SSL_POLICIES["ELBSecurityPolicy-2016-08"])
    others = [arn for arn in listener.certificates if arn != listener.certificate]
    certificates = [_certificate(elbv2.region_name, arn) for arn in (listener.certificate, *others)]
    if balancer.type == "application":
        http2 = balancer.attrs.get("routing.http2.enabled", "true") == "true"
        alpn = ALPN["HTTP2Preferred"] if http2 else ALPN["HTTP1Only"]
    else:
        alpn = next((ALPN[policy] for policy in listener.alpn_policy or () if policy in ALPN), ())
    return Encryption(
        # IAM's certificates have no place here.
        certificates=tuple(item for item in certificates if item) or (Certificate("", (balancer.dns_name,)),),
        protocols=tuple(sorted(policy["ssl_protocols"])),
        ciphers=tuple(policy["ciphers"]),
        alpn=alpn,
    )


def _certificate(region: str, arn: str) -> Certificate | None:
    """Return what ACM has; an imported certificate is presented as it is."""
    bundle = acm_backends[ACCOUNT][region]._certificates.get(arn)
    if bundle is None:
        return None
    names = tuple(dict.fromkeys([bundle.common_name, *sorted(bundle.sans)]))
    if bundle.type != "IMPORTED":
        return Certificate(arn, names)
    # moto appends this authority to whatever chain it was given.
    chain = bundle.chain.removesuffix(AWS_ROOT_CA + b"\n").strip()
    return Certificate(arn, names, b"\n".join([bundle.cert.strip(), *([chain] if chain else []), bundle.key.strip()]) + b"\n")
