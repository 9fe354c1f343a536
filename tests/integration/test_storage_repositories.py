# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories keep their images, unless they are told to let them go, and the registry keeps the rules of others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Adoption, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption, Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.harness import actions, run

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
TIERS = frozenset({"storage"})
APP, NAME = {"name": "app"}, "demo/app"
DROPPED = {**APP, "empty_before_delete": True}
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
Clients = Callable[[str, str], Any]


def converge(
    clients: Clients, *repositories: dict[str, Any], replication: tuple[str, ...] = (), **arguments: Any
) -> dict[str, Any]:
    options = {"repositories": list(repositories), "repository_replication": list(replication)}
    return run(clients, STACK, declarations_of({"storage": options}, STACK), **{"tiers": TIERS, **arguments})


@pytest.fixture
def ecr(clients: Clients) -> Any:
    return clients("ecr", "eu-west-1")


def push(ecr: Any, tag: str = "1") -> None:
    ecr.put_image(repositoryName=NAME, imageManifest=json.dumps(MANIFEST), imageTag=tag)


def names(ecr: Any) -> list[str]:
    return [repository["repositoryName"] for repository in ecr.describe_repositories()["repositories"]]


def test_images_are_kept_with_all_else(clients: Clients, ecr: Any) -> None:
    converge(clients, APP, {"name": "empty"})
    push(ecr)
    kept = "nothing was changed: .*ecr_repository/app: the repository holds images.*empty_before_delete: true"
    with pytest.raises(Refused, match=kept):
        converge(clients, APP, {"name": "empty"}, state="absent")
    with pytest.raises(Refused, match=kept):
        converge(clients, prune=True)
    with pytest.raises(Refused, match=kept):
        converge(clients, {**APP, "region": "eu-central-1"}, allow_replacement=("ecr_repository/app",))
    assert len(names(ecr)) == 2
    assert actions(converge(clients, APP, {"name": "empty"})) == {}


def test_images_go_when_told(clients: Clients, ecr: Any) -> None:
    converge(clients, DROPPED)
    push(ecr)
    assert actions(converge(clients, DROPPED, state="absent")) == {"ecr_repository/app": "delete"}
    assert names(ecr) == []


def test_a_repository_of_that_name_that_is_not_ours_is_refused(clients: Clients, ecr: Any) -> None:
    ecr.create_repository(repositoryName=NAME)
    with pytest.raises(Refused, match=f"ecr already has {NAME} .*terrace_adopt"):
        converge(clients, APP)
    adopted = converge(clients, APP, adoptions=(Adoption("ecr_repository", "app", NAME),))
    assert actions(adopted) == {"ecr_repository/app": "update"}
    assert actions(converge(clients, APP)) == {"ecr_repository/app": "update"}
    assert actions(converge(clients, APP)) == {}


def test_a_repeated_creation_finds_what_the_first_has_made(clients: Clients, ecr: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    create = ecr.create_repository

    def twice(**request: Any) -> Any:
        create(**request)
        return create(**request)

    monkeypatch.setattr(ecr, "create_repository", twice, raising=False)
    assert actions(converge(clients, APP)) == {"ecr_repository/app": "create"}
    assert actions(converge(clients, APP)) == {}


def test_a_copy_in_another_region_can_be_described(clients: Clients, ecr: Any) -> None:
    described = (APP, {"name": "app-copy", "repository_name": NAME, "region": "eu-central-1"})
    converge(clients, *described, replication=("eu-central-1",))
    assert actions(converge(clients, *described, replication=("eu-central-1",))) == {}
    (copy,) = clients("ecr", "eu-central-1").describe_repositories()["repositories"]
    assert (copy["repositoryName"], copy["imageTagMutability"]) == (NAME, "IMMUTABLE")


def rule(prefix: str | None, region: str) -> dict[str, Any]:
    filters = {"repositoryFilters": [{"filter": prefix, "filterType": "PREFIX_MATCH"}]} if prefix else {}
    return {"destinations": [{"region": region, "registryId": STACK.account}], **filters}


def rules(ecr: Any) -> list[dict[str, Any]]:
    return ecr.describe_registry()["replicationConfiguration"]["rules"]


def test_the_rules_of_others_stay(clients: Clients, ecr: Any) -> None:
    theirs = [rule(None, "us-east-1"), rule("demo-2/", "us-west-2"), rule("demo", "us-west-1")]
    ecr.put_replication_configuration(replicationConfiguration={"rules": theirs})
    assert converge(clients, APP)["orphans"] == []
    made = converge(clients, APP, replication=("eu-central-1",))
    assert actions(made) == {"ecr_replication/repositories": "create"}
    assert rules(ecr) == [*theirs, rule("demo/", "eu-central-1")]
    changed = converge(clients, APP, replication=("us-east-2",))
    assert actions(changed) == {"ecr_replication/repositories": "update"}
    assert rules(ecr) == [*theirs, rule("demo/", "us-east-2")]
    (orphan,) = converge(clients, APP)["orphans"]
    assert orphan["kind"] == "ecr_replication"
    assert actions(converge(clients, APP, prune=True)) == {"ecr_replication/repositories": "delete"}
    assert rules(ecr) == theirs


def test_teardown_takes_our_rule_away(clients: Clients, ecr: Any) -> None:
    ecr.put_replication_configuration(replicationConfiguration={"rules": [rule("theirs/", "us-east-1")]})
    converge(clients, APP, replication=("eu-central-1", "us-east-1"))
    converge(clients, APP, replication=("eu-central-1", "us-east-1"), state="absent")
    assert rules(ecr) == [rule("theirs/", "us-east-1")]
    assert names(ecr) == []


def test_a_role_may_push_without_the_repository_naming_it(clients: Clients, ecr: Any) -> None:
    push_it = {"actions": ["ecr:PutImage"], "resources": [{"ecr_repository": "app"}]}
    role = {"name": "deploy", "policies": [{"name": "Push", "statements": [push_it]}]}
    declarations = declarations_of({"identity": {"roles": [role]}, "storage": {"repositories": [APP]}}, STACK)
    both = frozenset({"identity", "storage"})
    run(clients, STACK, declarations, tiers=both)
    assert actions(run(clients, STACK, declarations, tiers=both)) == {}
    (statement,) = clients("iam", "eu-west-1").get_role_policy(RoleName="demo-deploy", PolicyName="Push")["PolicyDocument"][
        "Statement"
    ]
    assert statement["Resource"] == ["arn:aws:ecr:eu-west-1:123456789012:repository/demo/app"]
    run(clients, STACK, declarations, tiers=both, state="absent")
    assert names(ecr) == []


def test_a_role_and_a_repository_that_name_each_other_are_told(clients: Clients) -> None:
    push_it = {"actions": ["ecr:PutImage"], "resources": [{"ecr_repository": "app"}]}
    role = {"name": "deploy", "policies": [{"name": "Push", "statements": [push_it]}]}
    described = {"identity": {"roles": [role]}, "storage": {"repositories": [{**APP, "policy": {"writers": ["deploy"]}}]}}
    with pytest.raises(InvalidOption, match=r"identity\.roles\[0\]: circular reference: .*ecr_repository/app"):
        run(clients, STACK, declarations_of(described, STACK), tiers=frozenset({"identity", "storage"}), check=True)
