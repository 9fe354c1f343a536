# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets come and go, and rules change, while requests are under way: none of them fails."""

import functools
import http.client
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.local_cloud.balancing import LOOPBACK, PORT, Answer, World, eventually, fixed, forward, share

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def drained(world: World, servers: dict[str, str]) -> dict[str, Any]:
    """Return a group of three behind a listener, and the listener's port."""
    group = world.target_group("drained", *servers.values())
    balancer = world.balancer("drained")
    listener = world.listener(balancer, 80, forward(group))
    world.ready(group, *servers.values())
    return {"group": group, "balancer": balancer, "listener": listener, "port": world.port("drained", 80)}


@pytest.fixture
def leave(world: World, drained: dict[str, Any], servers: dict[str, str]) -> Iterator[Callable[[int], None]]:
    """Deregister the first server, with a delay in seconds, and register it again in the end."""
    elbv2, target = world.connect("elbv2"), {"Id": servers["a"]}

    def deregister(delay: int) -> None:
        attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}]
        elbv2.modify_target_group_attributes(TargetGroupArn=drained["group"], Attributes=attributes)
        elbv2.deregister_targets(TargetGroupArn=drained["group"], Targets=[target])

    yield deregister
    elbv2.register_targets(TargetGroupArn=drained["group"], Targets=[target])
    world.ready(drained["group"], *servers.values())


@pytest.fixture
def slow(world: World, drained: dict[str, Any]) -> Iterator[list[Future[Answer]]]:
    """Return the answers to come of requests that take eight seconds, two at each server."""
    with ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(world.ask, drained["port"], "/?sleep=8") for _ in range(6)]
        time.sleep(1)
        yield answers


def test_what_is_under_way_is_finished(
    world: World,
    drained: dict[str, Any],
    servers: dict[str, str],
    slow: list[Future[Answer]],
    leave: Callable[[int], None],
) -> None:
    leave(60)
    assert world.health(drained["group"])[servers["a"]] == "draining"
    eventually({"b", "c"}, lambda: {world.ask(drained["port"]).seen["host"] for _ in range(9)})
    assert sorted(answer.result().seen["host"] for answer in slow) == list("aabbcc")


def test_what_takes_longer_than_the_delay_is_cut(
    world: World, drained: dict[str, Any], slow: list[Future[Answer]], leave: Callable[[int], None]
) -> None:
    began = time.monotonic()
    leave(2)
    eventually(2, lambda: sum(answer.done() for answer in slow))
    assert 2 < time.monotonic() - began < 5
    assert sorted(_host(answer) for answer in slow) == ["b", "b", "c", "c", "nobody", "nobody"]
    assert list(world.health(drained["group"]).values()) == ["healthy", "healthy"]


def _host(answer: Future[Answer]) -> str:
    try:
        return answer.result().seen["host"] if answer.result().status == 200 else "nobody"
    except (OSError, http.client.HTTPException):
        return "nobody"


class Load:
    """Clients that go on until they are told to stop: kept connections and new ones, half of it POSTs that nobody repeats."""

    def __init__(self, port: int) -> None:
        self.failures: list[str] = []
        self.written: list[str] = []
        self.read = 0
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number % 2 == 0,)) for number in range(8)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, keep: bool) -> None:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=10)
        while not self._stop.is_set():
            try:
                self._send(connection)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
            if not keep:
                connection.close()
            # Now and then a connection is left alone while things change.
            self._stop.wait(0.01 if uuid.uuid4().int % 40 else 1)
        connection.close()

    def _send(self, connection: http.client.HTTPConnection) -> None:
        name = uuid.uuid4().hex if uuid.uuid4().int % 2 else ""
        connection.request("POST" if name else "GET", "/", body=name or None)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            self.failures.append(f"{response.status} {name}")
        elif name:
            self.written.append(name)
        else:
            self.read += 1


def test_nothing_is_lost_when_everything_changes(world: World, drained: dict[str, Any], servers: dict[str, str]) -> None:
    elbv2, group, listener = world.connect("elbv2"), drained["group"], drained["listener"]
    other = world.target_group("drained-too", *servers.values())
    before = set(_rows(servers))
    with Load(drained["port"]) as load:
        for number, address in enumerate(servers.values(), 1):
            target = [{"Id": address}]
            elbv2.deregister_targets(TargetGroupArn=group, Targets=target)
            condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{number}"]}}
            elbv2.create_rule(ListenerArn=listener, Priority=number, Conditions=[condition], Actions=[fixed("rule")])
            eventually(b"rule", lambda path=f"/{number}": world.ask(drained["port"], path).body)
            elbv2.modify_listener(ListenerArn=listener, DefaultActions=[share(one=(group, number), two=(other, 1))])
            time.sleep(1)
            elbv2.register_targets(TargetGroupArn=group, Targets=target)
            world.ready(group, *servers.values())
        certificate = [{"CertificateArn": world.certificate("example.com")}]
        world.listener(drained["balancer"], 443, forward(group), "HTTPS", Certificates=certificate)
        world.port("drained", 443)
        time.sleep(1)
    assert load.failures == []
    assert set(_rows(servers)) - before == set(load.written)
    assert len(load.written) > 500
    assert load.read > 500


def _rows(servers: dict[str, str]) -> list[str]:
    """Return what the servers have been sent, asked without a load balancer."""
    rows: list[str] = []
    for address in servers.values():
        connection = http.client.HTTPConnection(address, PORT, timeout=5)
        connection.request("GET", "/")
        answer = connection.getresponse()
        rows += Answer(answer.status, [], answer.read()).seen["rows"]
        connection.close()
    return rows


@pytest.mark.slow
def test_a_refresh_loses_nothing(world: World) -> None:
    group = world.target_group("fleet", TargetType="instance", HealthCheckPath="/health")
    world.listener(world.balancer("fleet"), 80, forward(group))
    world.fleet("fleet", group)
    eventually(["healthy", "healthy"], lambda: list(world.health(group).values()))
    autoscaling, before = world.connect("autoscaling"), set(world.health(group))
    with Load(world.port("fleet", 80)) as load:
        preferences = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200, "InstanceWarmup": 0}
        autoscaling.start_instance_refresh(AutoScalingGroupName="fleet", Preferences=preferences)
        refreshes = functools.partial(autoscaling.describe_instance_refreshes, AutoScalingGroupName="fleet")
        eventually("Successful", lambda: refreshes()["InstanceRefreshes"][0]["Status"])
        eventually(2, lambda: list(world.health(group).values()).count("healthy"))
    assert load.failures == []
    assert len(load.written) > 100
    assert not before & {target for target, state in world.health(group).items() if state == "healthy"}
