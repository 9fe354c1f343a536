# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One list per kind, in waves."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import GONE, Found, Kind
from ansible_collections.terrace.aws.plugins.module_utils.engine.survey import Survey, take, waves
from tests.unit.engine.fake import STACK, Account, AwsError, Machine, Network, Port, machine, network


def test_waves_follow_after() -> None:
    names = [[kind.name for kind in wave] for wave in waves(Account().kinds.values())]
    assert names == [["network", "machine"], ["port"]]


def test_kinds_that_wait_for_each_other_are_a_defect() -> None:
    account = Account(network={"after": ("port",)}, machine={"after": ("network",)})
    with pytest.raises(ValueError, match="wait for each other"):
        waves(account.kinds.values())


def test_a_wave_is_concurrent_and_waits_for_the_one_before() -> None:
    account, together = Account(), threading.Barrier(2, timeout=5)
    survey = Survey()
    seen: list[int] = []

    def meeting(kind: Kind) -> Any:
        return lambda _context: [(together.wait() and None) or Found(kind.name, kind.values())]

    for name in ("network", "machine"):
        account.alter(name, list=meeting(account.kinds[name]))
    account.alter("port", list=lambda _context: seen.append(len(survey.of("machine"))) or [])
    take(account.kinds.values(), {"eu-west-1": None}, survey)  # type: ignore[dict-item]
    assert seen == [1]


def test_one_list_call_per_kind_however_many_resources() -> None:
    account = Account()
    account.run(*(network(f"n{i}") for i in range(30)))
    account.cloud.calls.clear()
    account.run(*(network(f"n{i}") for i in range(30)))
    assert sorted(account.cloud.calls) == [("ListMachine", ""), ("ListNetwork", ""), ("ListPort", "")]


def test_what_vanishes_between_the_calls_of_a_list() -> None:
    account = Account()
    account.run(network("main"))
    account.cloud.fail("ListNetwork", "InvalidVpcID.NotFound", times=1)
    assert account.run(network("main"))["changed"] is False
    account.cloud.fail("ListNetwork", "InvalidVpcID.NotFound", times=2)
    with pytest.raises(AwsError, match=r"InvalidVpcID\.NotFound"):
        account.run(network("main"))


def test_regions_are_told_apart_and_gone_is_remembered() -> None:
    survey = Survey()
    survey.add("network", "eu-west-1", [Found("a", Network()), Found("b", Network(), state=GONE)])
    survey.add("network", "us-east-1", [Found("c", Network())])
    assert [(found.id, found.region) for found in survey.of("network")] == [("a", "eu-west-1"), ("c", "us-east-1")]
    assert survey.gone == {"b"}


def test_what_the_run_makes_is_learned_once() -> None:
    survey = Survey()
    survey.add("network", "eu-west-1", [Found("a", Network())])
    survey.learn("network", Found("a", Network(dns=True)))
    survey.learn("network", Found("b", Network()))
    assert [(found.id, found.values.dns) for found in survey.of("network")] == [("a", True), ("b", None)]


def test_ours_is_by_tag_or_by_parent() -> None:
    account, survey = Account(), Survey()
    other = Stack("other", STACK.account, STACK.region)
    survey.add(
        "machine",
        "eu-west-1",
        [
            Found("ours", Machine(), machine().all_tags(STACK)),
            Found("theirs", Machine(), machine().all_tags(other)),
            Found("nobodys", Machine()),
            Found("child", Machine(), {**machine().all_tags(STACK), "aws:autoscaling:groupName": "g"}),
            Found("copied", Machine(), network().all_tags(STACK)),
        ],
    )
    survey.add("port", "eu-west-1", [Found(f"port of {owner}", Port(machine=owner)) for owner in ("ours", "theirs")])
    ours = survey.ours(STACK, account.kinds)
    assert {kind: [found.id for found in resources] for kind, resources in ours.items()} == {
        "network": [],
        "machine": ["ours"],
        "port": ["port of ours"],
    }


def test_what_is_looked_up_is_never_ours() -> None:
    account, survey = Account(network={"lookup": True}), Survey()
    survey.add("network", "eu-west-1", [Found("n", Network(), network().all_tags(STACK))])
    assert survey.ours(STACK, account.kinds)["network"] == []


def test_found_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Found("a", Network()).id = "b"  # type: ignore[misc]
