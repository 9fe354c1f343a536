# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands behind a reference."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Key, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.resolve import Resolved, bind_undeclared
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import UNKNOWN
from tests.unit.engine.fake import STACK, Network, machine, network

EVERY = Reference("network", "data/", every=True)


def found(id_: str, name: str = "main", **facts: Any) -> Found:
    return Found(id_, Network(), network(name).all_tags(STACK), **facts)


def test_unknown_until_bound() -> None:
    resolved = Resolved([network()])
    reference = Reference("network", "main")
    assert resolved.values(reference) is UNKNOWN
    resolved.bind(Key("network", "main"), found("net-1"))
    assert resolved.values({"a": [reference]}) == {"a": ["net-1"]}


def test_attributes_and_unknown_attributes() -> None:
    resolved = Resolved([network()])
    resolved.bind(Key("network", "main"), found("net-1", attributes={"arn": "arn:1", "endpoint": None}))
    assert resolved.values(Reference("network", "main", "arn")) == "arn:1"
    assert resolved.values(Reference("network", "main", "endpoint")) is UNKNOWN
    assert resolved.values(Reference("network", "main", "other")) is UNKNOWN


def test_every_is_a_sorted_tuple_once_all_are_known() -> None:
    resolved = Resolved([network("data/a"), network("data/b"), network("database")])
    resolved.bind(Key("network", "data/a"), found("net-2"))
    assert resolved.values(EVERY) is UNKNOWN
    resolved.bind(Key("network", "data/b"), found("net-1"))
    assert resolved.values(EVERY) == ("net-1", "net-2")


def test_every_of_an_attribute_that_is_not_known_yet() -> None:
    resolved = Resolved([network("data/a"), network("data/b")])
    resolved.bind(Key("network", "data/a"), found("net-1", attributes={"arn": "arn:1"}))
    resolved.bind(Key("network", "data/b"), found("net-2"))
    assert resolved.values(Reference("network", "data/", "arn", every=True)) is UNKNOWN


def test_other_tiers_are_bound_by_their_tags() -> None:
    resolved = Resolved([machine()])
    leaving, foreign = found("net-2", "old", state=DELETING), Found("net-3", Network(), {"Name": "demo-main"})
    bind_undeclared(resolved, {"network": [found("net-1"), leaving, foreign]}, STACK)
    assert resolved.values(Reference("network", "main")) == "net-1"
    assert resolved.values(Reference("network", "old")) is UNKNOWN


def test_what_is_declared_is_not_bound_before_its_match() -> None:
    resolved = Resolved([network()])
    bind_undeclared(resolved, {"network": [found("net-1")]}, STACK)
    assert resolved.get(Key("network", "main")) is None


def test_missing_is_what_is_neither_declared_nor_found() -> None:
    lonely = machine(peers=EVERY)
    resolved = Resolved([lonely])
    assert [str(reference.key) for reference in resolved.missing(lonely)] == ["network/main", "network/data/"]
    bind_undeclared(resolved, {"network": [found("net-1"), found("net-2", "data/a")]}, STACK)
    assert resolved.missing(lonely) == []


def test_an_optional_reference_may_point_to_nothing() -> None:
    resolved = Resolved([network("app")])
    nowhere = Reference("machine", "none", optional=True)
    assert resolved.values(nowhere) is None
    assert resolved.values(Reference("machine", "none/", every=True, optional=True)) == ()
    assert resolved.missing(machine(network=nowhere)) == []
    assert resolved.values(Reference("network", "app", optional=True)) is UNKNOWN
