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


def parameters(clients: Clients, *described: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    declarations = declarations_of({"secrets": {"parameters": list(described)}}, STACK)
    return run(clients, STACK, declarations, tiers=TIERS, **arguments)


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
    way_out = "wait until it is gone, or restore it" if scheduled else "list it under terrace_adopt"
    with pytest.raises(Refused, match=f"secretsmanager already has demo/app .*{way_out}"):
        converge(clients, APP)


def test_a_structured_secret_has_fixed_parts_and_one_that_is_made(clients: Clients) -> None:
    created = converge(clients, {**APP, "fields": {"engine": "postgres", "port": 5432}})
    content = json.loads(value(clients))
    made = content.pop("password")
    assert content == {"engine": "postgres", "port": 5432, "username": "jyoti_app"}
    changed = converge(clients, {**APP, "fields": {"engine": "mysql"}, "length": 20})
    assert actions(changed) == {} and json.loads(value(clients))["password"] == made
    assert made not in json.dumps([created, changed])


def test_copies_in_other_regions_go_before_the_secret(clients: Clients) -> None:
    copied = {**APP, "replicas": [{"region": "eu-central-1"}]}
    converge(clients, copied)
    moved = converge(clients, {**APP, "replicas": [{"region": "eu-west-3"}]})
    assert actions(moved) == {"secret/app": "update"}
    assert "removes the copy in eu-central-1" in moved["disruptions"][0]
    assert actions(converge(clients, copied, state="absent")) == {"secret/app": "delete"}
    back = converge(clients, copied)
    assert actions(back) == {"secret/app": "create"}
    described = clients("secretsmanager", "eu-west-1").describe_secret(SecretId="demo/app")
    assert [copy["Region"] for copy in described["ReplicationStatus"]] == ["eu-central-1"]
    assert actions(converge(clients, copied)) == {}


def test_a_rotation_is_set_and_cancelled(clients: Clients) -> None:
    function = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"
    rotated = {**APP, "rotation": {"lambda": function, "schedule": "rate(10 days)"}}
    converge(clients, APP)
    plan = converge(clients, rotated, check=True)
    assert "rotates the value at once" in plan["disruptions"][0]
    converge(clients, rotated)
    assert actions(converge(clients, rotated)) == {}
    converge(clients, APP)
    assert clients("secretsmanager", "eu-west-1").describe_secret(SecretId="demo/app")["RotationEnabled"] is False


def test_a_policy_that_others_changed_is_set_again(clients: Clients) -> None:
    converge(clients, {**APP, "readers": ["app"]})
    everybody = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}}
    secrets = clients("secretsmanager", "eu-west-1")
    secrets.put_resource_policy(SecretId="demo/app", ResourcePolicy=json.dumps(everybody))
    assert actions(converge(clients, {**APP, "readers": ["app"]})) == {"secret/app": "update"}
    assert json.loads(secrets.get_resource_policy(SecretId="demo/app")["ResourcePolicy"])["Statement"][0]["Effect"] == "Deny"
    converge(clients, APP)
    (denied,) = policy(clients)
    assert "arn:aws:iam::123456789012:role/terrace/demo/*" in denied["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert actions(converge(clients, APP)) == {}


def policy(clients: Clients) -> list[dict[str, Any]]:
    """Return the statements of the secret's policy, as the service has them."""
    answer = clients("secretsmanager", "eu-west-1").get_resource_policy(SecretId="demo/app")
    return json.loads(answer["ResourcePolicy"])["Statement"]


def test_its_creator_reads_a_secret_and_whoever_comes_later_changes_nothing(clients: Clients) -> None:
    sts, secrets = clients("sts", "eu-west-1"), clients("secretsmanager", "eu-west-1")
    converge(clients, APP)
    (denied,) = policy(clients)
    assert denied["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] == [sts.get_caller_identity()["Arn"]]
    someone = {**denied["Condition"], "ArnNotEquals": {"aws:PrincipalArn": ["arn:aws:iam::123456789012:role/*/deployer"]}}
    document = {"Version": "2012-10-17", "Statement": [{**denied, "Condition": someone}]}
    secrets.put_resource_policy(SecretId="demo/app", ResourcePolicy=json.dumps(document))
    assert actions(converge(clients, APP)) == {}
    del someone["ArnNotEquals"]
    secrets.put_resource_policy(SecretId="demo/app", ResourcePolicy=json.dumps(document))
    assert actions(converge(clients, APP)) == {"secret/app": "update"}


def test_a_secure_parameter_keeps_its_value_whatever_changes(clients: Clients) -> None:
    ssm = clients("ssm", "eu-west-1")
    token = {"name": "app/token", "type": "SecureString", "length": 40}
    results = [parameters(clients, token, check=True), parameters(clients, token)]
    made = ssm.get_parameter(Name="/demo/app/token", WithDecryption=True)["Parameter"]["Value"]
    assert len(made) == 40
    results += [parameters(clients, token), parameters(clients, {**token, "description": "Another", "tier": "Advanced"})]
    assert actions(results[2]) == {} and actions(results[3]) == {"ssm_parameter/app/token": "update"}
    assert ssm.get_parameter(Name="/demo/app/token", WithDecryption=True)["Parameter"]["Value"] == made
    results.append(parameters(clients, state="absent"))
    assert made not in json.dumps(results)
    assert ssm.describe_parameters()["Parameters"] == []


def test_an_image_stays_one_in_its_next_version(clients: Clients) -> None:
    """AWS takes the value for text wherever it is not told the type of the data."""
    images = clients("ec2", "eu-west-1").describe_images(Owners=["amazon"])["Images"]
    for image in images[:2]:
        parameters(clients, {"name": "image", "value": image["ImageId"], "data_type": "aws:ec2:image"})
    (found,) = clients("ssm", "eu-west-1").describe_parameters()["Parameters"]
    assert (found["DataType"], found["Version"]) == ("aws:ec2:image", 2)


def test_a_parameter_goes_back_to_what_is_described(clients: Clients) -> None:
    level = {"name": "app/level", "value": "info"}
    parameters(clients, level, {"name": "app/hosts", "type": "StringList", "values": ["a", "b"]})
    ssm = clients("ssm", "eu-west-1")
    ssm.put_parameter(Name="/demo/app/level", Value="debug", Overwrite=True)
    result = parameters(clients, level)
    assert actions(result) == {"ssm_parameter/app/level": "update"}
    assert [orphan["name"] for orphan in result["orphans"]] == ["app/hosts"]
    assert ssm.get_parameter(Name="/demo/app/level")["Parameter"]["Value"] == "info"


def test_a_parameter_of_another_type_has_to_be_replaced(clients: Clients) -> None:
    parameters(clients, {"name": "level", "value": "info"})
    secure = {"name": "level", "type": "SecureString"}
    with pytest.raises(Refused, match=r"ssm_parameter/level \(type\)"):
        parameters(clients, secure)
    assert actions(parameters(clients, secure, allow_replacement=("ssm_parameter/level",))) == {"ssm_parameter/level": "replace"}
    assert clients("ssm", "eu-west-1").get_parameter(Name="/demo/level")["Parameter"]["Type"] == "SecureString"


def test_a_parameter_of_somebody_else_is_refused(clients: Clients) -> None:
    clients("ssm", "eu-west-1").put_parameter(Name="/demo/level", Value="theirs", Type="String")
    with pytest.raises(Refused, match="ssm already has /demo/level"):
        parameters(clients, {"name": "level", "value": "info"})
