# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the engine against the emulator, as a module would."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import boto3
from botocore.config import Config

from ansible_collections.terrace.aws.plugins.module_utils.engine.converge import Request, converge
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIER_KINDS

SERVICES = sorted({kind.service for kind in KINDS.values()} | {"resourcegroupstaggingapi", "ec2", "rds", "ssm"})


def loopback_clients(endpoint: str, region: str = "eu-west-1") -> Callable[[str, str], Any]:
    """Return clients for the emulator alone. All are made at once, because making one is not thread-safe."""
    session = boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region)
    config = Config(retries={"mode": "standard", "max_attempts": 3}, max_pool_connections=32)
    clients = {service: session.client(service, endpoint_url=endpoint, config=config) for service in SERVICES}
    return lambda service, _region: clients[service]


def run(clients: Callable[[str, str], Any], stack: Stack, declarations: Iterable[Declaration], **options: Any) -> dict[str, Any]:
    """Converge `declarations`, with all tiers they belong to applied."""
    declarations = tuple(declarations)
    tiers = options.pop("tiers", frozenset(declaration.tier for declaration in declarations))
    return converge(
        Request(
            stack=stack,
            declarations=declarations,
            kinds=KINDS,
            tiers=frozenset(tiers),
            tier_kinds=TIER_KINDS,
            diff=True,
            **options,
        ),
        clients,
    )


def actions(result: dict[str, Any]) -> dict[str, str]:
    """Return ``kind/name -> action`` of everything that was not left alone."""
    return {f"{r['kind']}/{r['name']}": r["action"] for r in result["resources"] if r["action"] != "none"}
