# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a secret: its value is made once, never shown, and survives a deletion that was a mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.harness import actions, run

STACK = Stack("demo", "123456789012", "eu-west-1")
TIERS = frozenset({"secrets"})
APP = {"name": "app", "username": "jyoti_app"}
Clients = Callable[[str, str], Any]


def converge(clients: Clients, *described: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    declarations = declarations_of({"secrets": {"secrets": list(described)}}, STACK)
    return run(clients, STACK, declarations, tiers=TIERS, **arguments)


def value(clients: Clients, name: str = "demo/app") -> str:
    return clients("secretsmanager", "eu-west-1").get_secret_value(SecretId=name)["SecretString"]


def listed(clients: Clients) -> list[dict[str, Any]]:
    return clients("secretsmanager", "eu-west-1").list_secrets(IncludePlannedDeletion=True)["SecretList"]


def test_a_value_is_made_once_and_never_shown(clients: Clients) -> None:
    plan, created = converge(clients, APP, check=True), converge(clients, APP)
    content = json.loads(value(clients))
    changed = converge(clients, {**APP, "description": "Another", "length": 40})
    assert json.loads(value(clients)) == content
    assert content["username"] == "jyoti_app"
    assert len(content["password"]) == 32 and content["password"].isalnum()
    assert content["password"] not in json.dumps([plan, created, changed])


def test_the_content_takes_the_form_that_is_asked_for(clients: Clients) -> None:
    converge(
        clients,
        {"name": "plain", "length": 64, "exclude_punctuation": False, "exclude_characters": "\"'\\"},
        {"name": "token", "value_key": "token"},
        {"name": "empty", "content": "empty"},
    )
    assert len(value(clients, "demo/plain")) == 64
    assert not set(value(clients, "demo/plain")) & set("\"'\\")
    assert list(json.loads(value(clients, "demo/token"))) == ["token"]
    empty = clients("secretsmanager", "eu-west-1").describe_secret(SecretId="demo/empty")
    assert not empty.get("VersionIdsToStages")


def test_a_deleted_secret_is_restored_with_its_value(clients: Clients) -> None:
    converge(clients, APP)
    before = value(clients)
    gone = converge(clients, APP, state="absent")
    assert gone["notes"] == ["secret demo/app can be restored for 30 days, which declaring it again does"]
    assert converge(clients, APP, state="absent")["resources"] == []
    back = converge(clients, {**APP, "description": "Again"})
    assert actions(back) == {"secret/app": "create"}
    assert back["notes"] == ["secret demo/app was restored from its recovery window and kept its value"]
    assert value(clients) == before
    assert clients("secretsmanager", "eu-west-1").describe_secret(SecretId="demo/app")["Description"] == "Again"
    assert actions(converge(clients, {**APP, "description": "Again"})) == {}


def test_a_deletion_at_once_leaves_nothing(clients: Clients) -> None:
    secret = {**APP, "recovery_window": 0}
    converge(clients, secret)
    assert converge(clients, secret, state="absent")["notes"] == []
    assert listed(clients) == []


def test_a_secret_that_is_not_declared_any_more_gets_the_longest_window(clients: Clients) -> None:
    converge(clients, {**APP, "recovery_window": 0})
    assert [orphan["name"] for orphan in converge(clients)["orphans"]] == ["app"]
    converge(clients, state="absent")
    assert [secret["Name"] for secret in listed(clients)] == ["demo/app"]


@pytest.mark.parametrize("scheduled", [False, True])
def test_a_secret_of_somebody_else_is_refused(clients: Clients, scheduled: bool) -> None:
    secrets = clients("secretsmanager", "eu-west-1")
    secrets.create_secret(Name="demo/app", SecretString="theirs")
    if scheduled:
        secrets.delete_secret(SecretId="demo/app", RecoveryWindowInDays=7)
    with pytest.raises(Refused, match="secretsmanager already has demo/app"):
        converge(clients, APP)
