# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the engine against the emulator, as a module would."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import boto3
from botocore.config import Config

from ansible_collections.terrace.aws.plugins.module_utils.engine.converge import Request, converge
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIER_KINDS


def loopback_clients(endpoint: str) -> Callable[[str, str], Any]:
    """Return clients for the emulator alone, made when they are asked for."""
    session = boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
    config = Config(retries={"mode": "standard", "max_attempts": 3}, max_pool_connections=32)
    making = threading.Lock()

    @functools.cache
    def made(service: str, region: str) -> Any:
        return session.client(service, region, endpoint_url=endpoint, config=config)

    def client(service: str, region: str) -> Any:
        with making:
            return made(service, region)

    return client


def run_close(
    clients: Callable[[str, str], Any], stack: Stack, declarations: Iterable[Declaration], **options: Any
) -> dict[str, Any]:
    """Converge `declarations`, and survey nothing but their kinds and those of their children, which is quicker."""
    declarations = tuple(declarations)
    close = {declaration.kind for declaration in declarations}
    close |= {kind.name for kind in KINDS.values() if kind.parent and close & set(kind.after)}
    tier_kinds = {tier: tuple(kind for kind in kinds if kind in close) for tier, kinds in TIER_KINDS.items()}
    return run(clients, stack, declarations, tier_kinds=tier_kinds, **options)


def run(
    clients: Callable[[str, str], Any],
    stack: Stack,
    declarations: Iterable[Declaration],
    tier_kinds: Mapping[str, tuple[str, ...]] = TIER_KINDS,
    **options: Any,
) -> dict[str, Any]:
    """Converge `declarations`, with all tiers they belong to applied."""
    declarations = tuple(declarations)
    tiers = options.pop("tiers", frozenset(declaration.tier for declaration in declarations))
    return converge(
        Request(
            stack=stack,
            declarations=declarations,
            kinds=KINDS,
            tiers=frozenset(tiers),
            tier_kinds=tier_kinds,
            diff=True,
            **options,
        ),
        clients,
    )


def actions(result: dict[str, Any]) -> dict[str, str]:
    """Return ``kind/name -> action`` of everything that was not left alone."""
    return {f"{r['kind']}/{r['name']}": r["action"] for r in result["resources"] if r["action"] != "none"}
