# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one comparison that change detection, diff and arguments come from."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    UNKNOWN,
    arguments,
    canonical,
    compare,
    contains_unknown,
    create_only,
    initial,
    leaves,
    managed,
    mutable,
    read,
    transform,
    unordered,
)


@dataclasses.dataclass(frozen=True)
class Thing:
    place: str | None = create_only("Place")
    size: int | None = mutable("Size")
    members: Any = mutable("Members", normalise=unordered)
    policy: Any = mutable(normalise=canonical)
    host: str | None = mutable(normalise=str.lower)
    password: str | None = mutable("Password", secret=True)
    seed: str | None = initial("Seed")


def fields(actual: Thing, desired: Thing) -> list[str]:
    return [change.field for change in compare(actual, desired)]


def test_only_what_differs_is_a_change() -> None:
    (change,) = compare(Thing(place="a", size=1), Thing(place="a", size=2))
    assert (change.field, change.before, change.after, change.create_only, change.secret) == ("size", 1, 2, False, False)


def test_none_is_not_managed() -> None:
    assert fields(Thing(place="a", size=1, host="x"), Thing()) == []


def test_what_aws_does_not_tell_differs() -> None:
    assert fields(Thing(), Thing(size=0, members=())) == ["size", "members"]


def test_false_and_zero_are_values() -> None:
    assert fields(Thing(size=1), Thing(size=0)) == ["size"]
    assert arguments(Thing(size=0)) == {"Size": 0}


def test_create_only_changes_say_so() -> None:
    assert [change.create_only for change in compare(Thing(place="a"), Thing(place="b"))] == [True]


def test_initial_values_are_never_compared() -> None:
    assert fields(Thing(), Thing(seed="x")) == []


def test_unknown_always_differs_however_deep() -> None:
    assert fields(Thing(size=1), Thing(size=UNKNOWN)) == ["size"]  # type: ignore[arg-type]
    assert fields(Thing(policy={"a": ["b"]}), Thing(policy={"a": [UNKNOWN]})) == ["policy"]
    assert contains_unknown({"a": ({"b": UNKNOWN},)}) and not contains_unknown({"a": ({"b": None},)})


def test_normalisers_apply_to_both_sides() -> None:
    assert fields(Thing(members=["b", "a"]), Thing(members=("a", "b"))) == []
    assert fields(Thing(members=[{"k": 1, "j": 2}]), Thing(members=({"j": 2, "k": 1},))) == []
    assert fields(Thing(members=["a", "a"]), Thing(members=("a",))) == ["members"]
    assert fields(Thing(policy={"b": 1, "a": (2, 1)}), Thing(policy={"a": [2, 1], "b": 1})) == []
    assert fields(Thing(policy={"a": [1, 2]}), Thing(policy={"a": [2, 1]})) == ["policy"]
    assert fields(Thing(host="WWW"), Thing(host="www")) == []


def test_secrets_are_marked_and_masked() -> None:
    (change,) = compare(Thing(password="old"), Thing(password="new"))
    assert change.secret
    assert managed(Thing(place="a", password="hunter2")) == {"place": "a", "password": "(secret)"}


def test_arguments_are_the_managed_fields_with_an_api_name() -> None:
    thing = Thing(place="a", members=("x",), policy={"not": "sent"}, seed="s")
    assert arguments(thing) == {"Place": "a", "Members": ["x"], "Seed": "s"}
    assert arguments(thing, {"members", "size"}) == {"Members": ["x"]}


def test_read_takes_fields_by_their_api_name() -> None:
    assert read(Thing, {"Place": "a", "Size": 3, "Other": 1}, size=4, host="h") == Thing(place="a", size=4, host="h")


def test_transform_rebuilds_and_keeps_the_original() -> None:
    reference = Reference("net", "main")
    thing = Thing(place=reference, members=({"id": reference}, "x"))  # type: ignore[arg-type]
    swapped = transform(thing, lambda leaf: "net-1" if isinstance(leaf, Reference) else leaf)
    assert swapped == Thing(place="net-1", members=({"id": "net-1"}, "x"))
    assert thing.place is reference


def test_leaves_are_found_at_any_depth() -> None:
    assert list(leaves({"a": [1, {"b": (2, None)}]})) == [1, 2, None]
