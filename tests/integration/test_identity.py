# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles, profiles and policies against what others do to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Adoption, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.harness import actions, run

STACK = Stack("demo", "123456789012", "eu-west-1")
TIERS = frozenset({"identity"})
ANYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
SSM = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
Clients = Callable[[str, str], Any]


def converge(clients: Clients, options: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    return run(clients, STACK, declarations_of({"identity": options}, STACK), tiers=TIERS, **arguments)


def reading(action: str) -> list[dict[str, Any]]:
    return [{"actions": [action], "resources": ["*"]}]


ROLE = {"name": "app", "managed_policies": ["AmazonSSMManagedInstanceCore"]}


def test_what_others_add_to_a_role_is_removed(clients: Clients) -> None:
    iam = clients("iam", "eu-west-1")
    converge(clients, {"roles": [ROLE]})
    iam.put_role_policy(RoleName="demo-app", PolicyName="more", PolicyDocument=json.dumps(ANYTHING))
    iam.detach_role_policy(RoleName="demo-app", PolicyArn=SSM)
    assert actions(converge(clients, {"roles": [ROLE]})) == {"iam_role/app": "update"}
    assert iam.list_role_policies(RoleName="demo-app")["PolicyNames"] == []
    (attached,) = iam.list_attached_role_policies(RoleName="demo-app")["AttachedPolicies"]
    assert attached["PolicyArn"] == SSM


def test_a_document_in_other_words_is_no_change(clients: Clients) -> None:
    role = {**ROLE, "policies": [{"name": "own", "statements": reading("s3:GetObject")}]}
    converge(clients, {"roles": [role]})
    same = {"Statement": {"Resource": "*", "Action": "s3:GetObject", "Effect": "Allow"}, "Version": "2012-10-17"}
    clients("iam", "eu-west-1").put_role_policy(RoleName="demo-app", PolicyName="own", PolicyDocument=json.dumps(same))
    assert actions(converge(clients, {"roles": [role]})) == {}


def test_a_role_of_somebody_else_is_refused_before_anything_is_done(clients: Clients) -> None:
    clients("iam", "eu-west-1").create_role(RoleName="demo-app", AssumeRolePolicyDocument=json.dumps(ANYTHING))
    with pytest.raises(Refused, match="iam already has demo-app"):
        converge(clients, {"roles": [{"name": "first"}, ROLE]})
    assert [role["RoleName"] for role in clients("iam", "eu-west-1").list_roles()["Roles"]] == ["demo-app"]


def test_an_instance_profile_of_somebody_else_is_refused(clients: Clients) -> None:
    clients("iam", "eu-west-1").create_instance_profile(InstanceProfileName="demo-app")
    with pytest.raises(Refused, match="instance_profile/app"):
        converge(clients, {"roles": [ROLE]})


def test_a_profile_without_its_role_is_completed(clients: Clients) -> None:
    converge(clients, {"roles": [ROLE]})
    iam = clients("iam", "eu-west-1")
    iam.remove_role_from_instance_profile(InstanceProfileName="demo-app", RoleName="demo-app")
    assert actions(converge(clients, {"roles": [ROLE]})) == {"instance_profile/app": "update"}


def test_a_role_goes_with_all_that_others_hung_on_it(clients: Clients) -> None:
    iam = clients("iam", "eu-west-1")
    converge(clients, {"roles": [ROLE]})
    iam.put_role_policy(RoleName="demo-app", PolicyName="more", PolicyDocument=json.dumps(ANYTHING))
    iam.create_instance_profile(InstanceProfileName="theirs")
    iam.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName="demo-app")
    converge(clients, {"roles": [ROLE]}, state="absent")
    assert iam.list_roles()["Roles"] == []
    (profile,) = iam.list_instance_profiles()["InstanceProfiles"]
    assert (profile["InstanceProfileName"], profile["Roles"]) == ("theirs", [])


def test_a_policy_keeps_at_most_five_versions_and_goes_with_all(clients: Clients) -> None:
    iam = clients("iam", "eu-west-1")
    for action in ("a:A", "a:B", "a:C", "a:D", "a:E", "a:F", "a:G"):
        policy = {"name": "shared", "statements": reading(action)}
        converge(clients, {"policies": [policy]})
    arn = "arn:aws:iam::123456789012:policy/terrace/demo/demo-shared"
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [version["VersionId"] for version in versions if version["IsDefaultVersion"]] == ["v7"]
    assert len(versions) == 5
    converge(clients, {}, state="absent")
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_what_has_been_made_by_hand_is_adopted_once(clients: Clients) -> None:
    iam = clients("iam", "eu-west-1")
    policy = iam.create_policy(PolicyName="theirs", PolicyDocument=json.dumps(ANYTHING))["Policy"]["Arn"]
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=json.dumps(ANYTHING))
    described = {
        "roles": [{"name": "app", "instance_profile": False}],
        "policies": [{"name": "shared", "statements": reading("*")}],
    }
    adopted = {"adoptions": (Adoption("iam_role", "app", "theirs"), Adoption("iam_policy", "shared", policy))}
    assert actions(converge(clients, described, **adopted)) == {"iam_role/app": "update", "iam_policy/shared": "update"}
    assert iam.list_policy_tags(PolicyArn=policy)["Tags"]
    converge(clients, described, **adopted)
    assert actions(converge(clients, described, **adopted)) == {}
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["theirs"]


def test_another_stack_is_left_alone(clients: Clients) -> None:
    other = Stack("demo-other", STACK.account, STACK.region)
    run(clients, other, declarations_of({"identity": {"roles": [ROLE]}}, other), tiers=TIERS)
    assert converge(clients, {})["orphans"] == []
    assert converge(clients, {}, state="absent")["resources"] == []
