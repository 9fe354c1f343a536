# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes that people make, each with the option that a message has to name."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from tests.unit.violations import description
from tests.unit.violations.options import Steps, replaced

RULES = "network.security_groups[0].ingress"
GROUP = "compute.groups[0]"
DATABASE = "database.instances[0]"
LISTENER = "load_balancer.load_balancers[0].listeners[0]"
CHECK = "load_balancer.target_groups[0].health_check"
ROLE = "identity.roles[0]"
STATEMENT = "identity.policies[0].statements[0]"
SECRET = "secrets.secrets[0]"
KEY = "identity.keys[0]"
LOGS = "monitoring.log_groups[0]"
WEB = {"port": 80, "from": "0.0.0.0/0"}
ARN = "arn:aws:iam::123456789012:policy"


class Mistake(NamedTuple):
    """`value` stands at the option `where`, and `told` is the option that the message names, `where` by default."""

    what: str
    where: str
    value: Any
    told: str = ""

    @property
    def path(self) -> str:
        return self.told or self.where

    @property
    def described(self) -> dict[str, Any]:
        """Return the whole description with the mistake in it."""
        return replaced({**description.COMMON, **description.TIERS}, steps(self.where), self.value)


def steps(path: str) -> Steps:
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path))


def nested(levels: int) -> dict[str, Any]:
    return {"deeper": nested(levels - 1)} if levels else {}


BY_HAND = [
    # The stack and what is said about all of it
    Mistake("account that YAML took for an octal number", "stack.account", 0o12345670123),
    Mistake("account that lost its leading zero", "stack.account", 12345678901),
    Mistake("account in full-width digits", "stack.account", "\uff11" * 12),
    Mistake("account with hyphens", "stack.account", "1234-5678-9012"),
    Mistake("zone for a region", "stack.region", "eu-west-1a"),
    Mistake("region that is no text", "stack.region", ["eu-west-1"]),
    Mistake("name of one letter", "stack.name", "d"),
    Mistake("name with a newline", "stack.name", "demo\n"),
    Mistake("name that Jinja left", "stack.name", "{{ terrace_stack_name }}"),
    Mistake("reserved tag", "stack.tags", {"aws:cloudformation:stack-name": "x"}),
    Mistake("tag of ours", "stack.tags", {"Terrace:Stack": "other"}),
    Mistake("tag without a value", "stack.tags", {"owner": None}, "stack.tags.owner"),
    Mistake("tag with a list", "stack.tags", {"owners": ["a", "b"]}, "stack.tags.owners"),
    Mistake("tag with an emoji", "stack.tags", {"owner": "\U0001f984"}, "stack.tags.owner"),
    Mistake("tag with a template", "stack.tags", {"owner": "{{ owner }}"}, "stack.tags.owner"),
    Mistake("forty-seven tags", "stack.tags", {f"tag{number}": "x" for number in range(47)}),
    Mistake("stack that is a text", "stack", "demo"),
    Mistake("state of its own", "state", "gone"),
    Mistake("tier that is none", "tiers", ["network", "netwrok"], "tiers[1]"),
    Mistake("no tier", "tiers", []),
    Mistake("replacement without a name", "allow_replacement", ["db_instance"], "allow_replacement[0]"),
    Mistake("replacement of an unknown kind", "allow_replacement", ["database/main"], "allow_replacement[0]"),
    Mistake("further region twice", "stack.regions", ["eu-central-1", "eu-central-1"], "stack.regions[1]"),
    Mistake("external thing in a region that the stack is not in", "external[0].region", "us-east-1"),
    Mistake("external thing that could be any", "external[0].match", {}),
    Mistake("external thing by a list", "external[0].match", {"id": ["vpc-1", "vpc-2"]}, "external[0].match.id"),
    Mistake("external thing by tags that are none", "external[0].match", {"tags": "Name"}, "external[0].match.tags"),
    Mistake("external thing given twice", "external", description.COMMON["external"] * 2, "external[1].name"),
    Mistake("adoption of an unknown kind", "adopt[0].kind", "virtual_network"),
    Mistake("adoption of what takes no tags", "adopt[0].kind", "scaling_policy"),
    Mistake("adoption of one thing twice", "adopt", description.COMMON["adopt"] * 2, "adopt[1].name"),
    Mistake("move onto itself", "moved", [{"kind": "vpc", "from": "a", "to": "a"}], "moved[0]"),
    Mistake("moves in a circle", "moved", [{"kind": "vpc", "from": f, "to": t} for f, t in ("ab", "bc", "ca")], "moved[2]"),
    Mistake("one thing moved twice", "moved", [{"kind": "vpc", "from": "a", "to": t} for t in "bc"], "moved[1].from"),
    Mistake("two things moved onto one", "moved", [{"kind": "vpc", "from": f, "to": "c"} for f in "ab"], "moved[1].to"),
    Mistake("lease that is over at once", "lock.lease", 1),
    # The network
    Mistake("no VPC", "network.vpc", None),
    Mistake("VPC that is a list", "network.vpc", [description.TIERS["network"]["vpc"]]),
    Mistake("VPC of IPv6 addresses", "network.vpc.cidr", "2001:db8::/20"),
    Mistake("VPC that is a host", "network.vpc.cidr", "10.20.0.1/16"),
    Mistake("VPC without a prefix", "network.vpc.cidr", "10.20.0.0"),
    Mistake("zone of another region", "network.vpc.zones", ["eu-west-1a", "eu-west-2b"], "network.vpc.zones[1]"),
    Mistake("zone by its letter", "network.vpc.zones", ["a", "b"], "network.vpc.zones[0]"),
    Mistake("one zone twice", "network.vpc.zones", ["eu-west-1a", "eu-west-1a"], "network.vpc.zones[1]"),
    Mistake("NAT by a boolean", "network.vpc.nat", True),
    Mistake("number for a name", "network.subnets[0].name", 1),
    Mistake("subnets outside the VPC", "network.subnets[1].cidrs", ["10.30.0.0/24", "10.30.1.0/24"]),
    Mistake("fewer blocks than zones", "network.subnets[1].cidrs", ["10.20.64.0/20"]),
    Mistake("rule from nothing", f"{RULES}[0].from", "no-such-group"),
    Mistake("rule from a half address", f"{RULES}[0].from", "10.0.0/8"),
    Mistake("rule from nobody", f"{RULES}[0].from", []),
    Mistake("rule without a port", RULES, [{"from": "app"}], f"{RULES}[0].port"),
    Mistake("rule with its ports the wrong way round", f"{RULES}[1].from_port", 9000),
    Mistake("rule with a range for a port", f"{RULES}[0].port", "80-90"),
    Mistake("rule with source for from", RULES, [{"port": 80, "source": "app"}], f"{RULES}[0].source"),
    Mistake("rule said twice", RULES, [WEB, WEB], f"{RULES}[1]"),
    Mistake("description of two lines", f"{RULES}[0].description", "one\ntwo"),
    Mistake("rules that are none", RULES, ["80 from anywhere"], f"{RULES}[0]"),
    Mistake("prefix list of a name", "network.prefix_lists[0].entries", ["office"], "network.prefix_lists[0].entries[0]"),
    Mistake("misspelt list", "network", {"security_group": []}, "network.security_group"),
    # Identity
    Mistake("role with a policy that is not declared", f"{ROLE}.managed_policies", ["read-all"], f"{ROLE}.managed_policies[0]"),
    Mistake("policy by half an ARN", f"{ROLE}.permissions_boundary", f"{ARN}:boundary"),
    Mistake("profile for a function", f"{ROLE}.service", "lambda.amazonaws.com", f"{ROLE}.instance_profile"),
    Mistake("service by its short name", f"{ROLE}.service", "ec2"),
    Mistake("description with a dash that IAM does not know", f"{ROLE}.description", "Hosts \u2014 all of them"),
    Mistake("trust without statements", "identity.roles[1].trust", {"Version": "2012-10-17"}),
    Mistake(
        "trust in a maze",
        "identity.roles[1].trust",
        {"Statement": [], "a": nested(40)},
        "identity.roles[1].trust" + ".a" + ".deeper" * 29,
    ),
    Mistake("session of a minute", f"{ROLE}.max_session", 60),
    Mistake("statement in IAM's spelling", STATEMENT, {"Effect": "Allow", "Action": "*"}, f"{STATEMENT}.Action"),
    Mistake("action without a service", f"{STATEMENT}.actions", ["GetObject"], f"{STATEMENT}.actions[0]"),
    Mistake("resource by name", f"{STATEMENT}.resources", ["app"], f"{STATEMENT}.resources[0]"),
    Mistake("resource of another kind", f"{STATEMENT}.resources", [{"subnet": "app"}], f"{STATEMENT}.resources[0]"),
    Mistake("resource without a name", f"{STATEMENT}.resources", [{"secret": None}], f"{STATEMENT}.resources[0].secret"),
    Mistake("condition without a key", f"{STATEMENT}.conditions", {"Bool": True}, f"{STATEMENT}.conditions.Bool"),
    Mistake(
        "two statements of one id",
        "identity.policies[0].statements",
        [description.STATEMENT] * 2,
        "identity.policies[0].statements[1].sid",
    ),
    Mistake(
        "policy too long for AWS",
        f"{STATEMENT}.actions",
        [f"s3:Get{n}{'x' * 60}" for n in range(100)],
        "identity.policies[0].statements",
    ),
    Mistake("key for everybody", f"{KEY}.users", ["*"], f"{KEY}.users[0]"),
    Mistake("key for a service by its short name", f"{KEY}.services", ["logs"], f"{KEY}.services[0]"),
    Mistake("key that rotates every week", f"{KEY}.rotation", 7),
    Mistake("key that is gone tomorrow", f"{KEY}.deletion_window", 1),
    Mistake("replica where the key is", f"{KEY}.regions", ["eu-west-1"], f"{KEY}.regions[0]"),
    Mistake("replica in a region that the stack is not in", f"{KEY}.regions", ["us-east-1"], f"{KEY}.regions[0]"),
    Mistake("replica of a key for one region", f"{KEY}.multi_region", False),
    # Secrets
    Mistake("secret of two characters", f"{SECRET}.length", 2),
    Mistake("secret with a value", SECRET, {"name": "app", "value": "hunter2"}, f"{SECRET}.value"),
    Mistake("key by its alias", f"{SECRET}.kms_key", "alias/app"),
    Mistake("window that AWS does not have", f"{SECRET}.recovery_window", 3),
    Mistake("password among the fixed fields", f"{SECRET}.fields", {"password": "hunter2"}, f"{SECRET}.fields.password"),
    Mistake("field of a thing that has no endpoint", f"{SECRET}.fields", {"host": {"vpc": "main"}}, f"{SECRET}.fields.host"),
    Mistake("readers beside a policy", f"{SECRET}.policy", {"Statement": []}, f"{SECRET}.readers"),
    Mistake("rotation function by its name", f"{SECRET}.rotation.lambda", "rotate"),
    Mistake("rotation every month", f"{SECRET}.rotation.schedule", "rate(1 month)"),
    Mistake("copy where the secret is", f"{SECRET}.replicas[0].region", "eu-west-1"),
    Mistake(
        "value of a secret parameter",
        "secrets.parameters[2]",
        {"name": "a", "type": "SecureString", "value": "hunter2"},
        "secrets.parameters[2].value",
    ),
    Mistake("parameter by its whole name", "secrets.parameters[0].name", "/demo/app/log-level"),
    Mistake(
        "parameter that its own pattern forbids",
        "secrets.parameters[0].allowed_pattern",
        "^[A-Z]+$",
        "secrets.parameters[0].value",
    ),
    Mistake("password under the user's key", f"{SECRET}.value_key", "username"),
    Mistake(
        "two secrets of one name",
        "secrets.secrets",
        [{"name": "app"}, {"name": "db"}, {"name": "app"}],
        "secrets.secrets[2].name",
    ),
    # Databases
    Mistake("version that YAML has shortened", f"{DATABASE}.version", 16.10),
    Mistake("version of everything", f"{DATABASE}.version", "latest"),
    Mistake("class of EC2", f"{DATABASE}.class", "t4g.small"),
    Mistake("storage with a unit", f"{DATABASE}.storage", "20 GiB"),
    Mistake("storage of half a gigabyte more", f"{DATABASE}.storage", 20.5),
    Mistake("storage without end", f"{DATABASE}.storage", float("inf")),
    Mistake("storage in scientific notation", f"{DATABASE}.storage", "1e999999999"),
    Mistake("user of RDS's own", f"{DATABASE}.username", "rdsadmin"),
    Mistake("port of the system", f"{DATABASE}.port", 443),
    Mistake("parameter without a value", f"{DATABASE}.parameters", {"work_mem": None}, f"{DATABASE}.parameters.work_mem"),
    Mistake("parameter that is two", f"{DATABASE}.parameters", {"search_path": ["a", "b"]}, f"{DATABASE}.parameters.search_path"),
    Mistake("windows that overlap", f"{DATABASE}.maintenance_window", "sun:03:30-sun:04:30"),
    Mistake("window in American", f"{DATABASE}.backup_window", "3am-4am"),
    Mistake("password in the description", DATABASE, {"name": "main", "password": "hunter2"}, f"{DATABASE}.password"),
    Mistake("protection perhaps", f"{DATABASE}.deletion_protection", "perhaps"),
    # Load balancers
    Mistake("listener to nothing", "load_balancer.load_balancers[0].listeners[1].target_group", "no-such-group"),
    Mistake("listener with two actions", f"{LISTENER}.fixed_response", {"status": 404}, LISTENER),
    Mistake("listener's port in words", f"{LISTENER}.port", "http"),
    Mistake("listener's port as a boolean", f"{LISTENER}.port", True),
    Mistake("two listeners of one port", "load_balancer.load_balancers[0].listeners[1].port", 80),
    Mistake("redirect to a port that is none", f"{LISTENER}.redirect", "https://#{host}:65536/"),
    Mistake("redirect to where it came from", f"{LISTENER}.redirect", "#{protocol}://#{host}:#{port}/#{path}?#{query}"),
    Mistake("redirect to another alphabet", f"{LISTENER}.redirect", "https://b\u00fccher.example/"),
    Mistake("check with a space", f"{CHECK}.path", "/health check"),
    Mistake("check with a NUL", f"{CHECK}.path", "/health\0"),
    Mistake("check that outlasts itself", f"{CHECK}.timeout", 15),
    Mistake("codes from here to there to there", f"{CHECK}.matcher", "200-299-399"),
    Mistake(
        "group twice",
        "load_balancer.load_balancers[0].security_groups",
        ["app", "app"],
        "load_balancer.load_balancers[0].security_groups[1]",
    ),
    Mistake("endless name", "load_balancer.load_balancers[0].name", "x" * 1_000_000),
    # Compute
    Mistake("group without a name", f"{GROUP}.name", None),
    Mistake("name in capitals", f"{GROUP}.name", "App"),
    Mistake("name with a tab", f"{GROUP}.name", "app\t"),
    Mistake("name in Cyrillic", f"{GROUP}.name", "\u0430pp"),
    Mistake("no image", f"{GROUP}.image", {}),
    Mistake("image by its id", f"{GROUP}.image", {"id": "ami-0a1b2c3d"}, f"{GROUP}.image.id"),
    Mistake("more at least than at most", f"{GROUP}.min", 7),
    Mistake("numbers in words", f"{GROUP}.max", "six"),
    Mistake("number as a boolean", f"{GROUP}.max", True),
    Mistake("target that is no number", f"{GROUP}.target_tracking.cpu", float("nan")),
    Mistake("target in percent", f"{GROUP}.target_tracking.cpu", "50%"),
    Mistake("no security group", f"{GROUP}.security_groups", []),
    Mistake("security group that is none", f"{GROUP}.security_groups", [None], f"{GROUP}.security_groups[0]"),
    Mistake("subnets that Jinja left", f"{GROUP}.subnets", "{{ terrace_app_subnets }}"),
    Mistake("volume without encryption but with a key", f"{GROUP}.root_volume.encrypted", False, f"{GROUP}.root_volume.kms_key"),
    Mistake("user data as a list", f"{GROUP}.user_data", ["#!/bin/sh", "true"]),
    Mistake("user data too long", f"{GROUP}.user_data", "\u00fc" * 8193),
    Mistake("user data with a NUL", f"{GROUP}.user_data", "#!/bin/sh\0"),
    Mistake("thousands of groups", "compute.groups", description.TIERS["compute"]["groups"] * 5000),
    Mistake("groups by name", "compute.groups", {"app": description.TIERS["compute"]["groups"][0]}),
    # Monitoring
    Mistake("retention that AWS does not have", f"{LOGS}.retention", 31),
    Mistake("log group of AWS", f"{LOGS}.log_group", "aws/lambda/app"),
    Mistake(
        "two names for one log group",
        "monitoring.log_groups",
        [{"name": n, "log_group": "/app"} for n in "ab"],
        "monitoring.log_groups[1].log_group",
    ),
    Mistake("log groups that are texts", "monitoring.log_groups", "app,web", "monitoring.log_groups[0]"),
    Mistake("tier that is a text", "monitoring", "log_groups"),
]
