# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be known to be wrong from the description alone, with the option's path."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import (
    Constraint,
    names,
    references,
    require_known,
    validated,
)

RULE = {"port": {"type": "int", "required": True}, "from": {"type": "str"}, "open": {"type": "bool", "default": False}}
SPEC: dict[str, dict[str, Any]] = {
    "vpc": {
        "type": "dict",
        "options": {
            "cidr": {"type": "str", "required": True},
            "nat": {"type": "str", "choices": ["none", "single"], "default": "single"},
        },
    },
    "groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "ingress": {"type": "list", "elements": "dict", "options": RULE},
            "alias": {"type": "str"},
        },
    },
    "zones": {"type": "list", "elements": "str", "choices": ["a", "b"]},
    "weight": {"type": "float"},
    "tags": {"type": "dict", "default": {}},
    "limits": {"type": "dict", "default": {}, "options": {"most": {"type": "int", "default": 5}}},
    "anything": {"type": "raw"},
}
CONSTRAINTS = {
    "vpc.cidr": Constraint(prefix=(16, 28)),
    "groups": Constraint(unique="name", max_length=3),
    "groups[].name": Constraint(pattern=r"[a-z]+", says="lower-case letters", max_length=8),
    "groups[].ingress[].port": Constraint(minimum=1, maximum=65535),
    "zones": Constraint(min_length=1),
    "zones[]": Constraint(pattern="[ab]"),
}


def check(**options: Any) -> dict[str, Any]:
    return validated(options, SPEC, CONSTRAINTS, "network")


def test_values_are_converted_and_defaults_filled_in() -> None:
    options = check(
        vpc={"cidr": "10.0.0.0/16"}, groups=[{"name": "app", "ingress": [{"port": "80", "open": "yes"}]}], weight="1.5"
    )
    assert options == {
        "vpc": {"cidr": "10.0.0.0/16", "nat": "single"},
        "groups": [{"name": "app", "alias": None, "ingress": [{"port": 80, "from": None, "open": True}]}],
        "zones": None,
        "weight": 1.5,
        "tags": {},
        "limits": {"most": 5},
        "anything": None,
    }


def test_options_that_are_none_are_not_given() -> None:
    assert check(vpc=None)["vpc"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vcp": {}}, "network.vcp: is not an option here (there are: anything, groups,"),
        ({"vpc": {"cidr": "10.0.0.0/16", "natt": 1}}, "network.vpc.natt: is not an option here (there are: cidr, nat)"),
        ({"groups": [{"name": "a"}, {"name": "b", "ingres": []}]}, "network.groups[1].ingres: is not an option here"),
        ({"vpc": {}}, "network.vpc.cidr: is required"),
        ({"groups": [{"name": "a", "ingress": [{"port": 1}, {"from": "x"}]}]}, "network.groups[0].ingress[1].port: is required"),
        ({"groups": [None]}, "network.groups[0]: has to be a dictionary, not NoneType"),
        (
            {"groups": [{"name": "a", "ingress": [{"port": "http"}]}]},
            "network.groups[0].ingress[0].port: has to be of type int, not str",
        ),
        ({"groups": {"name": "a"}}, "network.groups: has to be of type list, not dict"),
        ({"groups": ["app"]}, "network.groups[0]: has to be a dictionary, not str"),
        ({"vpc": ["x"]}, "network.vpc: has to be of type dict, not list"),
        ({"groups": [{"name": {"x": 1}}]}, "network.groups[0].name: has to be of type str, not dict"),
        (
            {"groups": [{"name": "a", "ingress": [{"port": 1, "open": "perhaps"}]}]},
            "network.groups[0].ingress[0].open: has to be of type bool",
        ),
        ({"weight": "heavy"}, "network.weight: has to be of type float, not str"),
        ({"vpc": {"cidr": "10.0.0.0/16", "nat": "many"}}, "network.vpc.nat: has to be one of none, single, not 'many'"),
        ({"zones": ["a", "c"]}, "network.zones[1]: has to be one of a, b, not 'c'"),
        ({"zones": []}, "network.zones: needs at least 1 items"),
        ({"vpc": {"cidr": "10.0.0.0/8"}}, "network.vpc.cidr: 10.0.0.0/8 has to be between /16 and /28"),
        ({"vpc": {"cidr": "10.0.0.1/16"}}, "network.vpc.cidr: is not a CIDR block: 10.0.0.1/16 has host bits set"),
        ({"vpc": {"cidr": "ten"}}, "network.vpc.cidr: is not a CIDR block"),
        ({"groups": [{"name": "App"}]}, "network.groups[0].name: 'App' is not allowed: lower-case letters"),
        ({"groups": [{"name": "a\n"}]}, "network.groups[0].name: 'a\\n' is not allowed"),
        ({"groups": [{"name": "abcdefghi"}]}, "network.groups[0].name: takes at most 8 characters"),
        ({"groups": [{"name": n} for n in "abcd"]}, "network.groups: takes at most 3 items"),
        ({"groups": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}, "network.groups[2].name: 'a' is given twice"),
        ({"groups": [{"name": "a", "ingress": [{"port": 0}]}]}, "network.groups[0].ingress[0].port: 0 is below the minimum of 1"),
        (
            {"groups": [{"name": "a", "ingress": [{"port": 65536}]}]},
            "network.groups[0].ingress[0].port: 65536 is above the maximum",
        ),
    ],
)
def test_messages_begin_with_the_path(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        check(**options)
    assert str(refused.value).startswith(message)
    assert refused.value.path == message.split(":")[0]


def test_unique_keys_may_be_left_out() -> None:
    constraints = {"groups": Constraint(unique="alias")}
    assert validated({"groups": [{"name": "a"}, {"name": "b"}]}, SPEC, constraints, "network")


def test_the_whole_has_to_be_a_dictionary() -> None:
    with pytest.raises(InvalidOption, match="network: has to be a dictionary, not list"):
        validated([], SPEC, {}, "network")  # type: ignore[arg-type]


def test_names_of_the_description() -> None:
    assert names([{"name": "a"}, {"name": "b"}]) == {"a", "b"} and names(None) == set()
    require_known("a", {"a"}, "network.x", "subnet")
    require_known(None, set(), "network.x", "subnet")
    with pytest.raises(InvalidOption, match=r"network\.x: no subnet is named 'c' \(declared: a, b\)"):
        require_known("c", {"b", "a"}, "network.x", "subnet")


TEXT = {"body": {"type": "str"}, "notes": {"type": "dict"}, "groups": {"type": "list", "elements": "str"}}


def test_only_verbatim_text_may_hold_templates() -> None:
    constraints = {"body": Constraint(verbatim=True)}
    assert validated({"body": "{{ kept }}"}, TEXT, constraints, "x")["body"] == "{{ kept }}"
    with pytest.raises(InvalidOption, match=r"x\.body: has a character that is not text: '\\x00'"):
        validated({"body": "\0"}, TEXT, constraints, "x")
    with pytest.raises(InvalidOption, match=r"x\.notes\.a\[0\]: has a template that was not filled in: '\{\{ y \}\}'"):
        validated({"notes": {"a": ["{{ y }}"]}}, TEXT, constraints, "x")


def test_messages_and_paths_stay_short_whatever_is_given() -> None:
    with pytest.raises(InvalidOption) as refused:
        validated({"groups": ["y" * 10**6]}, TEXT, {"groups[]": Constraint(pattern="z")}, "x")
    assert len(str(refused.value)) < 200
    with pytest.raises(InvalidOption) as refused:
        validated({"y\n" * 10**6: 1}, TEXT, {}, "x")
    assert len(refused.value.path) < 100 and "\n" not in refused.value.path


def test_names_of_other_things_and_where_they_stand() -> None:
    constraints = {"groups[]": Constraint(refers="security_group/{}"), "body": Constraint(refers="subnet/{}/")}
    options = validated({"groups": ["a", "b"]}, TEXT, constraints, "x")
    assert list(references(options, constraints, "x")) == [
        ("security_group/a", "x.groups[0]"),
        ("security_group/b", "x.groups[1]"),
    ]


def test_an_option_at_the_top_has_no_path_before_it() -> None:
    with pytest.raises(InvalidOption, match=r"^body: has to be of type str, not float \(quote it in YAML\)$"):
        validated({"body": 16.1}, TEXT, {}, "")
