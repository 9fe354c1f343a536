# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stacks that are disturbed: small, with as many kinds as a run of a second or two can have."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

ACCOUNT, REGION = "123456789012", "eu-west-1"
# A bucket that is there already.
FLOW_LOGS = "faults-flow-logs"
STACK: dict[str, Any] = {"name": "faults", "account": ACCOUNT, "region": REGION, "tags": {"suite": "faults"}}

LOCK_BUCKET, LOCK_KEY = f"terrace-{ACCOUNT}-{REGION}", f"{STACK['name']}/lock"

# Every kind of the tier but peering, which needs another stack.
NETWORK: dict[str, Any] = {
    "vpc": {
        "name": "main",
        "cidr": "10.60.0.0/16",
        "secondary_cidrs": ["10.61.0.0/16"],
        "zones": ["eu-west-1a", "eu-west-1b"],
        "nat": "single",
        "ipv6": True,
        "dhcp": {"domain": "faults.internal"},
        "flow_logs": {"bucket": f"arn:aws:s3:::{FLOW_LOGS}"},
    },
    "subnets": [
        {"name": "public", "public": True},
        {"name": "app"},
        {
            "name": "data",
            "egress": False,
            "cidrs": ["10.61.0.0/24", "10.61.1.0/24"],
            "acl": {
                "ingress": [{"port": 5432, "from": "app"}],
                "egress": [{"from_port": 1024, "to_port": 65535, "to": "app"}],
            },
        },
    ],
    "prefix_lists": [{"name": "office", "entries": ["192.0.2.0/24"], "max_entries": 5}],
    "security_groups": [
        {"name": "alb", "ingress": [{"port": 80, "from": "0.0.0.0/0", "description": "HTTP"}]},
        {"name": "app", "ingress": [{"port": 3000, "from": "alb"}, {"port": 22, "from": "pl-office"}]},
        {"name": "db", "ingress": [{"port": 5432, "from": "app"}], "egress": []},
    ],
    "endpoints": [
        {"service": "s3", "subnets": ["app"]},
        {"service": "secretsmanager", "subnets": ["app"], "security_groups": ["app"]},
    ],
}
OTHERS = {
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


# What a killed run has made shows at once here; a test with lag chooses more.
LOCK = {"settle": 0}


def network(tags: Mapping[str, str] = STACK["tags"]) -> dict[str, Any]:
    """Return the arguments of the `stack` module for the network alone."""
    return {"stack": {**STACK, "tags": tags}, "network": copy.deepcopy(NETWORK), "tiers": ["network"], "lock": LOCK}


def changed_network() -> dict[str, Any]:
    """Return the same network with ten options changed."""
    arguments = network({"suite": "faults", "owner": "somebody"})  # 1: a tag more
    options = arguments["network"]
    options["vpc"] |= {"empty_defaults": False, "nat": "per_zone"}  # 2, 3
    public, app, data = options["subnets"]
    public["public_ip"] = True  # 4
    app["egress"] = False  # 5
    data["acl"]["ingress"].append({"port": 6379, "from": "app"})  # 6
    options["prefix_lists"][0]["entries"].append("198.51.100.7/32")  # 7
    alb, app, db = options["security_groups"]
    alb["ingress"][0]["description"] = "HTTP from anywhere"  # 8
    app["ingress"][0]["port"] = 3001  # 9
    db["egress"] = [{"port": 443, "to": "0.0.0.0/0"}]  # 10
    return arguments


def instances() -> dict[str, Any]:
    """Return the arguments of the `stack` module for an instance with a volume and an address, in the smallest network."""
    machine = {
        "name": "mail",
        "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
        "type": "t3.small",
        "subnet": "public",
        "zone": "eu-west-1a",
        "security_groups": ["mail"],
        "source_dest_check": False,
        "elastic_ip": True,
        "reverse_dns": "mail.example.com",
        "termination_protection": False,
        "recovery": "alarm",
        "volumes": [{"name": "data", "device": "/dev/sdf", "size": 10, "final_snapshot": False}],
    }
    small = {
        "vpc": {"name": "main", "cidr": "10.60.0.0/16", "zones": ["eu-west-1a"]},
        "subnets": [{"name": "public", "public": True}],
        "security_groups": [{"name": "mail", "ingress": [{"port": 25, "from": "0.0.0.0/0"}]}],
    }
    return {
        "stack": STACK,
        "network": small,
        "instance": {"instances": [machine]},
        "tiers": ["network", "instance"],
        "lock": LOCK,
    }


def changed_instances() -> dict[str, Any]:
    """Return the same instance with another type and larger volumes, stopped and started on the way."""
    arguments = instances()
    machine = arguments["instance"]["instances"][0]
    machine |= {"type": "t3.medium", "allow_stop": True, "root_volume": {"size": 30}, "stop_protection": False}
    machine["volumes"][0]["size"] = 20
    return arguments


def balancers() -> dict[str, Any]:
    """Return the arguments of the `stack` module for a load balancer with rules, and one with an address, in a small network."""
    small = {
        "vpc": {"name": "main", "cidr": "10.60.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"]},
        "subnets": [{"name": "public", "public": True}],
        "security_groups": [{"name": "alb", "ingress": [{"port": 80, "from": "0.0.0.0/0"}]}],
    }
    rules = [
        {"name": name, "priority": priority, "paths": [f"/{name}/*"], "target_group": "next"}
        for name, priority in (("a", 10), ("b", 20), ("c", 30))
    ]
    usual = {"subnets": "public", "security_groups": ["alb"]}
    web = {"name": "web", **usual, "listeners": [{"port": 80, "target_groups": {"app": 9, "next": 1}, "rules": rules}]}
    mail = {
        "name": "mail",
        "type": "network",
        **usual,
        "addresses": {"eu-west-1a": "mail"},
        "listeners": [{"port": 587, "protocol": "TCP", "idle_timeout": 600, "target_group": "mail"}],
    }
    groups = [{"name": name, "port": 3000} for name in ("app", "next")]
    return {
        "stack": STACK,
        "network": small,
        "load_balancer": {
            "load_balancers": [web, mail],
            "target_groups": [*groups, {"name": "mail", "port": 587, "protocol": "TCP"}],
        },
        "tiers": ["network", "load_balancer"],
        "lock": LOCK,
    }


def changed_balancers() -> dict[str, Any]:
    """Return the same load balancers with rules in another order, one of them under another name, and further changes."""
    arguments = balancers()
    web, mail = arguments["load_balancer"]["load_balancers"]
    first, second, third = web["listeners"][0]["rules"]
    first |= {"priority": 30, "methods": ["GET"]}
    second["name"] = "new"
    third["priority"] = 10
    web["listeners"][0]["target_groups"] = {"app": 1, "next": 9}
    web["http"] = {"idle_timeout": 30}
    mail["addresses"]["eu-west-1b"] = "further"
    arguments["load_balancer"]["target_groups"][0] |= {"stickiness": {}, "health_check": {"path": "/health"}}
    return arguments


def groups() -> dict[str, Any]:
    """Return the arguments of the `stack` module for a group with all that scales and replaces it, behind a load balancer."""
    small = {
        "vpc": {"name": "main", "cidr": "10.60.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"]},
        "subnets": [{"name": "public", "public": True}],
        "security_groups": [{"name": "app", "ingress": [{"port": 80, "from": "0.0.0.0/0"}]}],
    }
    backlog = {"name": "backlog", "comparison": "above", "threshold": 80, "changes": [1]}
    group = {
        "name": "app",
        "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
        "type": "t3.small",
        "min": 1,
        "max": 4,
        "subnets": "public",
        "security_groups": ["app"],
        "target_groups": ["app"],
        "warmup": 0,
        "refresh": {},
        "mixed_instances": {"types": ["t3a.small"], "on_demand_base": 1},
        "target_tracking": {"cpu": 50, "requests_per_target": 1000},
        "step_policies": [backlog, {**backlog, "name": "rest", "comparison": "below", "threshold": 20, "changes": [-1]}],
        "schedules": [{"name": "night", "recurrence": "0 22 * * *", "max": 2}],
        "lifecycle_hooks": [{"name": "drain", "transition": "terminating", "timeout": 60, "default_result": "CONTINUE"}],
    }
    web = {
        "name": "web",
        "subnets": "public",
        "security_groups": ["app"],
        "listeners": [{"port": 80, "protocol": "HTTP", "target_group": "app"}],
    }
    return {
        "stack": STACK,
        "network": small,
        "load_balancer": {"load_balancers": [web], "target_groups": [{"name": "app", "port": 80}]},
        "compute": {"groups": [group]},
        "tiers": ["network", "load_balancer", "compute"],
        "lock": LOCK,
    }


def changed_groups() -> dict[str, Any]:
    """Return the same group with another launch template, which is rolled out, and other ways to scale."""
    arguments = groups()
    (group,) = arguments["compute"]["groups"]
    group |= {"user_data": "#!/bin/sh\n", "max": 5, "target_tracking": {"cpu": 60}, "warm_pool": {"max_prepared": 2}}
    group["mixed_instances"]["types"].append("t2.small")
    group["step_policies"] = [{**group["step_policies"][0], "name": "queue"}]
    group["schedules"] = [{"name": "day", "recurrence": "0 6 * * *", "min": 1}]
    group["lifecycle_hooks"][0] |= {"name": "leave", "timeout": 90}
    return arguments


def whole() -> dict[str, Any]:
    """Return the arguments of the `stack` module, with something of each tier."""
    return {"stack": STACK, "network": copy.deepcopy(NETWORK), **copy.deepcopy(OTHERS), "lock": LOCK}


def absent(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {**arguments, "state": "absent"}
