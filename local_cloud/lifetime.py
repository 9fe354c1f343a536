# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and stopping the local cloud."""

import fcntl
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container

from local_cloud import paths
from local_cloud.artifacts import node_archive
from local_cloud.images import build_all
from local_cloud.reconcile.engine import abandoned, belonging, elsewhere, remove

Progress = Callable[[str], None]

START_SECONDS = 60
STOP_SECONDS = 30
BUILD_SECONDS = 600


class LifetimeError(Exception):
    """The local cloud cannot be started or is not there; the message says why."""


def running_state() -> dict[str, Any]:
    """Return the state of the running local cloud."""
    state = paths.read_state()
    if not paths.alive(state):
        raise LifetimeError("not running: python -m local_cloud up, or make demo")
    return state


@contextmanager
def _alone() -> Iterator[None]:
    """Let one command at a time start or stop things."""
    paths.LOCAL.mkdir(exist_ok=True)
    with (paths.LOCAL / f"{paths.DIRECTORY.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@_alone()
def up(progress: Progress) -> None:
    """Have images and a daemon; returns when the API answers."""
    client = docker.from_env(timeout=BUILD_SECONDS)
    client.ping()
    build_all(client, progress)
    if not node_archive.present():
        progress("making an archive of Node.js for the hosts")
        node_archive.ensure()
    state = paths.read_state()
    if not paths.alive(state):
        progress("starting the AWS API")
        for leftovers in (belonging(), *abandoned(client)):
            _remove(client, leftovers)
        state = _start()
    if others := elsewhere(client):
        progress(f"other local clouds run here too: {', '.join(sorted(others))}; the same address ranges would collide")
    progress(f"AWS API at {state['endpoint']}")


def _start() -> dict[str, Any]:
    paths.DIRECTORY.mkdir(parents=True, exist_ok=True)
    paths.STATE.unlink(missing_ok=True)
    with paths.LOG.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_cloud.daemon"],
            cwd=paths.CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        state = paths.read_state()
        if state and _answers(state["endpoint"]):
            return state
        time.sleep(0.1)
    raise LifetimeError(f"the daemon did not start; {paths.LOG.relative_to(paths.CHECKOUT)} says why")


def _answers(endpoint: str) -> bool:
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(f"{endpoint}/moto-api/data.json", timeout=5).close()
    except (OSError, urllib.error.URLError):
        return False
    return True


@_alone()
def down(progress: Progress) -> None:
    """Stop the daemon, then remove everything that carries our label."""
    state = paths.read_state()
    if paths.alive(state):
        progress("stopping the AWS API")
        _stop(int(state["pid"]))
    paths.STATE.unlink(missing_ok=True)
    paths.DEMO.unlink(missing_ok=True)
    try:
        client = docker.from_env(timeout=BUILD_SECONDS)
    except docker.errors.DockerException:
        progress("no Docker engine, so no containers")
        return
    progress("removing containers, networks and volumes")
    _remove(client, belonging())


def _stop(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while paths.alive({"pid": pid}):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def containers(client: docker.DockerClient) -> list[Container]:
    """Return all our containers."""
    return client.containers.list(all=True, filters=belonging(), ignore_removed=True)


def _remove(client: docker.DockerClient, filters: dict[str, Any]) -> None:
    for container in client.containers.list(all=True, filters=filters, ignore_removed=True):
        remove(container)
    for network in client.networks.list(filters=filters):
        network.remove()
    for volume in client.volumes.list(filters=filters):
        volume.remove(force=True)
