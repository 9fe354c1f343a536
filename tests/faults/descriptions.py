# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stacks that are disturbed: small, with as many kinds as a run of a second or two can have."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

ACCOUNT, REGION = "123456789012", "eu-west-1"
STACK = {"name": "faults", "account": ACCOUNT, "region": REGION, "tags": {"suite": "faults"}}

NETWORK: Mapping[str, Any] = {
    "vpc": {"name": "main", "cidr": "10.60.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"], "nat": "single"},
    "subnets": [{"name": "public", "public": True}, {"name": "app"}],
    "security_groups": [
        {"name": "alb", "ingress": [{"port": 80, "from": "0.0.0.0/0", "description": "HTTP"}]},
        {"name": "app", "ingress": [{"port": 3000, "from": "alb"}]},
        {"name": "db", "ingress": [{"port": 5432, "from": "app"}], "egress": []},
    ],
}
OTHERS: Mapping[str, Any] = {
    "identity": {"roles": [{"name": "app", "service": "ec2.amazonaws.com", "instance_profile": True}]},
    "secrets": {"secrets": [{"name": "app", "username": "app", "recovery_window": 0}]},
    "load_balancer": {
        "load_balancers": [
            {
                "name": "web",
                "subnets": "public",
                "security_groups": ["alb"],
                "listeners": [{"port": 80, "protocol": "HTTP", "target_group": "app"}],
            }
        ],
        "target_groups": [{"name": "app", "port": 3000, "protocol": "HTTP"}],
    },
    "database": {
        "instances": [
            {
                "name": "main",
                "engine": "postgres",
                "version": "16",
                "class": "db.t4g.small",
                "storage": 20,
                "subnets": "app",
                "security_groups": ["db"],
                "deletion_protection": False,
                "final_snapshot": False,
            }
        ]
    },
    "monitoring": {"log_groups": [{"name": "app", "retention": 30}]},
}


def network(**stack: Any) -> dict[str, Any]:
    """Return the arguments of the `network` module."""
    return {"stack": {**STACK, **stack}, **copy.deepcopy(dict(NETWORK)), "lock": {"settle": 1}}


def changed_network() -> dict[str, Any]:
    """Return the same network with ten options changed."""
    arguments = network(tags={"suite": "faults", "owner": "somebody"})  # 1: a tag more
    arguments["vpc"] |= {"dns_hostnames": False, "nat": "per_zone"}  # 2, 3
    public, app = arguments["subnets"]
    public["public_ip"] = True  # 4
    app["egress"] = False  # 5
    arguments["subnets"].append({"name": "data"})  # 6
    alb, app, db = arguments["security_groups"]
    alb["ingress"][0]["description"] = "HTTP from anywhere"  # 7
    app["ingress"][0]["port"] = 3001  # 8
    db["egress"] = [{"port": 443, "to": "0.0.0.0/0"}]  # 9
    app["ingress"].append({"port": 9100, "from": "10.60.0.0/16"})  # 10
    return arguments


def whole() -> dict[str, Any]:
    """Return the arguments of the `stack` module, with something of each tier."""
    return {"stack": STACK, "network": copy.deepcopy(dict(NETWORK)), **copy.deepcopy(dict(OTHERS)), "lock": {"settle": 1}}


def absent(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {**arguments, "state": "absent"}
