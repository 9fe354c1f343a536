# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Order from references."""

from __future__ import annotations

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine import graph
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Key, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Found
from tests.unit.engine.fake import Account, Machine, Network, Port, machine, network, port


def test_parents_come_first() -> None:
    ordered = [str(d.key) for d in graph.in_order([port(80), machine(), network()])]
    assert ordered == ["network/main", "machine/app", "port/app/80"]


def test_references_anywhere_in_the_values_count() -> None:
    peers = ({"nested": Reference("network", "other")},)
    assert graph.dependencies([machine(peers=peers), network(), network("other")])[Key("machine", "app")] == {
        Key("network", "main"),
        Key("network", "other"),
    }


def test_every_stands_for_all_below_the_prefix() -> None:
    every = Reference("network", "data/", every=True)
    declared = [machine(network_name=None, peers=every), network("data/a"), network("data/b"), network("database")]
    assert graph.dependencies(declared)[Key("machine", "app")] == {Key("network", "data/a"), Key("network", "data/b")}


def test_what_is_not_declared_is_no_dependency() -> None:
    assert graph.dependencies([machine()]) == {Key("machine", "app"): set()}


def test_a_circle_is_refused_with_the_option() -> None:
    first = machine("a", network_name=None, peers=(Reference("machine", "b"),))
    second = machine("b", network_name=None, peers=(Reference("machine", "a"),))
    with pytest.raises(InvalidOption, match=r"compute\.machines\.[ab]: circular reference: machine/. -> machine/. -> machine/."):
        graph.in_order([first, second])


def test_users_are_deleted_before_what_they_use() -> None:
    account = Account()
    found = {
        "network": [Found("net-1", Network())],
        "machine": [Found("m-1", Machine(network="net-1")), Found("m-2", Machine(peers=("m-1", "m-2")))],
        "port": [Found("p-1", Port(machine="m-1"))],
    }
    edges = graph.referrers(found, account.kinds)
    assert edges[("network", "net-1")] == {("machine", "m-1")}
    assert edges[("machine", "m-1")] == {("port", "p-1"), ("machine", "m-2")}
    assert edges[("machine", "m-2")] == set()


@pytest.mark.parametrize("handle", ["net-1", "demo-main", "arn:net-1"])
def test_id_name_and_arn_all_point_to_a_resource(handle: str) -> None:
    found = {
        "network": [Found("net-1", Network(), name="demo-main", attributes={"arn": "arn:net-1"})],
        "machine": [Found("m-1", Machine(network=handle))],
    }
    assert graph.referrers(found, Account().kinds)[("network", "net-1")] == {("machine", "m-1")}


def test_outlives_orders_without_a_reference() -> None:
    account = Account(network={"outlives": ("machine",)})
    found = {"network": [Found("net-1", Network())], "machine": [Found("m-1", Machine())]}
    assert graph.referrers(found, account.kinds)[("network", "net-1")] == {("machine", "m-1")}
