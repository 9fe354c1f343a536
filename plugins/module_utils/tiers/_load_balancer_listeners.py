# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listeners of load balancers, with their certificates and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.listener import DEFAULT_IDLE_TIMEOUT, Listener
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_actions as actions
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_rules as rules
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import MANY, reference

Options = Mapping[str, Any]
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
RECOMMENDED = "TLS13-1-2-Res-PQ-2025-09"
TLS_POLICIES = tuple(
    f"ELBSecurityPolicy-{name}"
    for name in (
        *(f"TLS13-{versions}-PQ-2025-09" for versions in ("1-3", "1-2-Res", "1-2", "1-2-Ext1", "1-2-Ext2", "1-0")),
        *(f"TLS13-{versions}-2021-06" for versions in ("1-3", "1-2-Res", "1-2", "1-2-Ext1", "1-2-Ext2", "1-1", "1-0")),
        *(
            f"TLS13-{versions}-FIPS-PQ-2025-09"
            for versions in ("1-3", "1-2-Res", "1-2", "1-2-Ext0", "1-2-Ext1", "1-2-Ext2", "1-0")
        ),
        *(
            f"TLS13-{versions}-FIPS-2023-04"
            for versions in ("1-3", "1-2-Res", "1-2", "1-2-Ext0", "1-2-Ext1", "1-2-Ext2", "1-1", "1-0")
        ),
        *("TLS-1-2-2017-01", "TLS-1-2-Ext-2018-06", "TLS-1-1-2017-01", "FS-1-2-Res-2020-10", "2016-08"),
    )
)
# The protocols of clients by the type of load balancer, and those of targets that go with them.
APPLICATION: dict[str, tuple[str, ...]] = {"HTTP": ("HTTP", "HTTPS"), "HTTPS": ("HTTP", "HTTPS")}
NETWORK: dict[str, tuple[str, ...]] = {
    "TCP": ("TCP", "TCP_UDP"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP"),
    "TCP_UDP": ("TCP_UDP",),
}
PROTOCOLS: dict[str, dict[str, tuple[str, ...]]] = {"application": APPLICATION, "network": NETWORK}
ENCRYPTED = ("HTTPS", "TLS")
SPEC: dict[str, dict[str, Any]] = {
    "port": {"type": "int", "required": True},
    "protocol": {"type": "str", "choices": [*APPLICATION, *NETWORK], "default": "HTTP"},
    "certificate": {"type": "str"},
    "certificates": {"type": "list", "elements": "str", "default": []},
    "tls_policy": {"type": "str", "default": f"ELBSecurityPolicy-{RECOMMENDED}"},
    "idle_timeout": {"type": "int"},
    **actions.SPEC,
    "rules": {"type": "list", "elements": "dict", "default": []},
}
CERTIFICATE = reference("certificate/{}")
CONSTRAINTS = {
    "port": Constraint(minimum=1, maximum=65535),
    "certificate": CERTIFICATE,
    "certificates": Constraint(max_length=MANY, distinct=True),
    "certificates[]": CERTIFICATE,
    "tls_policy": Constraint(
        pattern="|".join(TLS_POLICIES), says=f"a policy is one of AWS's, of which it recommends ELBSecurityPolicy-{RECOMMENDED}"
    ),
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
    "idle_timeout": Constraint(minimum=60, maximum=6000),
    **actions.CONSTRAINTS,
    "rules": Constraint(max_length=MANY),
    f"rules[].{actions.BODY}": actions.CONSTRAINTS[actions.BODY],
}
INNER = {
    "fixed_response": (actions.FIXED_RESPONSE, actions.FIXED_RESPONSE_CONSTRAINTS),
    "rules[]": (rules.RULE, rules.RULE_CONSTRAINTS),
    "rules[].fixed_response": (actions.FIXED_RESPONSE, actions.FIXED_RESPONSE_CONSTRAINTS),
}


def listeners(balancer: Options, groups: Mapping[str, Options], path: str) -> Iterator[Declaration]:
    """Yield the listeners of a load balancer and their rules. `groups` are the target groups. Raises InvalidOption."""
    for index, listener in enumerate(balancer["listeners"]):
        where = f"{path}.listeners[{index}]"
        _check(listener, balancer, where)
        _check_certificates(listener, where)
        name = f"{balancer['name']}/{listener['port']}"
        yield Declaration("listener", name, "load_balancer", _listener(balancer["name"], listener, groups, where), where)
        _check_groups(listener, listener, groups, where)
        for rule, declaration in rules.rules(listener["rules"], name, groups, f"{where}.rules"):
            _check_groups(rule, listener, groups, declaration.path)
            yield declaration


def _listener(balancer: str, listener: Options, groups: Mapping[str, Options], path: str) -> Listener:
    encrypted = listener["protocol"] in ENCRYPTED
    return Listener(
        load_balancer=Reference("load_balancer", balancer),
        port=listener["port"],
        protocol=listener["protocol"],
        certificate=_certificate(listener["certificate"]) if encrypted else None,
        certificates=tuple(map(_certificate, listener["certificates"])) if encrypted else None,
        tls_policy=listener["tls_policy"] if encrypted else None,
        action=actions.action(listener, groups, path),
        idle_timeout=(listener["idle_timeout"] or DEFAULT_IDLE_TIMEOUT) if listener["protocol"] == "TCP" else None,
    )


def _certificate(name: str) -> Reference:
    return Reference("certificate", name, "arn")


def _check(listener: Options, balancer: Options, path: str) -> None:
    """Refuse what the type of load balancer does not have."""
    protocol, kind = listener["protocol"], balancer["type"]
    if protocol not in PROTOCOLS[kind]:
        raise InvalidOption(f"{path}.protocol", f"of load balancers of type {kind} is one of {', '.join(PROTOCOLS[kind])}")
    if listener["idle_timeout"] is not None and protocol != "TCP":
        raise InvalidOption(f"{path}.idle_timeout", f"is for TCP, not {protocol}")
    if protocol in NETWORK:
        for option in ("redirect", "fixed_response", "stickiness", "rules"):
            if listener[option]:
                raise InvalidOption(f"{path}.{option}", f"is not for {protocol}")
        if "UDP" in protocol and balancer["ip_address_type"] != "ipv4":
            raise InvalidOption(f"{path}.protocol", f"{protocol} needs the ip_address_type ipv4")


def _check_groups(options: Options, listener: Options, groups: Mapping[str, Options], path: str) -> None:
    """Refuse target groups that the listener's protocol cannot forward to."""
    protocol = listener["protocol"]
    fitting = {**APPLICATION, **NETWORK}[protocol]
    for name, where in actions.named_groups(options, path):
        group = groups[name]
        if group["protocol"] not in fitting:
            raise InvalidOption(where, f"{name} is for {group['protocol']}, and {protocol} needs {' or '.join(fitting)}")
        if protocol == "HTTP" and group["protocol_version"] != "HTTP1":
            raise InvalidOption(where, f"{name} is for {group['protocol_version']}, which needs HTTPS")


def _check_certificates(listener: Options, path: str) -> None:
    protocol, certificate = listener["protocol"], listener["certificate"]
    if protocol in ENCRYPTED and certificate is None:
        raise InvalidOption(f"{path}.certificate", f"is required for {protocol}")
    if protocol not in ENCRYPTED:
        for option in ("certificate", "certificates"):
            if listener[option]:
                raise InvalidOption(f"{path}.{option}", f"is not for {protocol}")
    if certificate in listener["certificates"]:
        raise InvalidOption(f"{path}.certificates", f"{certificate!r} is the listener's certificate already")
