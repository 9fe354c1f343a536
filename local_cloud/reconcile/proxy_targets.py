# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets a running proxy's servers follow the targets, without a reload: what is under way is not touched."""

import time

from local_cloud.reconcile import proxy_control
from local_cloud.reconcile.desired import Balancer, Target, TargetGroup
from local_cloud.reconcile.haproxy_backends import SPARE, checked, spare
from local_cloud.reconcile.proxy_control import Server


def follow(balancer: Balancer, port: int) -> bool:
    """Add, retire and remove servers; false if it has to be done again, because connections end or are to be cut."""
    present = proxy_control.servers(proxy_control.state(port))
    done = [
        _follow(group, {server.name: server for server in present if server.backend == group.name}, port)
        for group in balancer.groups
    ]
    return all(done)


def known(state: str) -> dict[str, frozenset[str]]:
    """Return the names of the servers of each backend that are checked now."""
    found: dict[str, frozenset[str]] = {}
    for server in proxy_control.servers(state):
        if not server.retired:
            found[server.backend] = found.get(server.backend, frozenset()) | {server.name}
    return found


def _follow(group: TargetGroup, present: dict[str, Server], port: int) -> bool:
    wanted = {target.name: target for target in group.targets}
    lingering = {target.name for target in group.draining if target.end > time.monotonic()}
    leaving = [server for server in present.values() if not _belongs(server, wanted.get(_target_of(server)))]
    for server in leaving:
        if not server.retired:
            proxy_control.retire(port, group.name, server.name)
        if _target_of(server) not in lingering:
            proxy_control.remove(port, group.name, server.name)
    for target in wanted.values():
        _have_checked(group, target, present.get(target.name), port)
        _have_spare(group, target, present.get(target.name + SPARE), port)
    return not leaving


def _target_of(server: Server) -> str:
    return server.name.removesuffix(SPARE)


def _belongs(server: Server, target: Target | None) -> bool:
    return target is not None and server.address == f"{target.address}:{target.port}"


def _have_checked(group: TargetGroup, target: Target, server: Server | None, port: int) -> None:
    if server is None:
        proxy_control.add(port, group.name, checked(group, target))
    elif server.retired and _belongs(server, target):
        proxy_control.revive(port, group.name, server.name)


def _have_spare(group: TargetGroup, target: Target, server: Server | None, port: int) -> None:
    if server is None:
        proxy_control.add_spare(port, group.name, spare(group, target))
    elif server.retired and _belongs(server, target):
        proxy_control.revive_spare(port, group.name, server.name)
