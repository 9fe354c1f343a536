# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a network ACL change without ever cutting what stays allowed, or letting in what stays denied."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.kinds import _network_acl

SOURCES = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "0.0.0.0/0")
ADDRESSES = {"10.1.2.3": SOURCES, "10.1.9.9": (SOURCES[0], SOURCES[1], SOURCES[3]), "192.0.2.1": SOURCES[3:]}
Numbered = dict[int, dict[str, Any]]


def rule(action: str, cidr: str) -> dict[str, Any]:
    return {"action": action, "protocol": "all", "from_port": -1, "to_port": -1, "cidr": cidr}


def verdicts(entries: Numbered) -> dict[str, str]:
    """Return what happens to each address: the lowest matching number decides, nothing matching denies."""
    return {
        address: next((e["action"] for _number, e in sorted(entries.items()) if e["cidr"] in matching), "deny")
        for address, matching in ADDRESSES.items()
    }


def some_rules(chance: random.Random) -> list[dict[str, Any]]:
    return [rule(chance.choice(["allow", "deny"]), chance.choice(SOURCES)) for _ in range(chance.randrange(7))]


@pytest.mark.parametrize("seed", range(40))
def test_what_both_say_holds_all_the_way(seed: int) -> None:
    """Thirty changes in a row, so that numbers become crowded."""
    chance = random.Random(seed)  # noqa: S311 repeatable, not secret
    entries: Numbered = {}
    for _ in range(30):
        wanted = some_rules(chance)
        before, after = verdicts(entries), verdicts(dict(enumerate(wanted, 1)))
        same = {address: verdict for address, verdict in before.items() if after[address] == verdict}
        added, removed = _network_acl.steps(sorted(entries.items()), wanted)
        for number, entry in added:
            assert number not in entries
            entries[number] = entry
            assert same.items() <= verdicts(entries).items()
        for number in removed:
            del entries[number]
            assert same.items() <= verdicts(entries).items()
        assert [entry for _number, entry in sorted(entries.items())] == wanted
        assert all(1 <= number <= _network_acl.LAST_NUMBER for number in entries)


def test_rules_begin_with_room_between_them() -> None:
    added, removed = _network_acl.steps([], [rule("allow", cidr) for cidr in SOURCES])
    assert [number for number, _rule in added] == [100, 200, 300, 400]
    assert removed == []


def test_a_rule_in_between_leaves_the_others_alone() -> None:
    actual = [(100, rule("allow", SOURCES[2])), (200, rule("deny", SOURCES[3]))]
    added, removed = _network_acl.steps(actual, [actual[0][1], rule("allow", SOURCES[1]), actual[1][1]])
    assert [(100 < number < 200, entry["cidr"]) for number, entry in added] == [(True, SOURCES[1])]
    assert removed == []


def test_without_room_the_whole_list_moves_behind_the_old_one() -> None:
    actual = [(1, rule("allow", SOURCES[2])), (2, rule("deny", SOURCES[3]))]
    added, removed = _network_acl.steps(actual, [actual[0][1], rule("allow", SOURCES[1]), actual[1][1]])
    assert [number for number, _rule in added] == [102, 202, 302]
    assert removed == [2, 1]
