# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, their names, their replicas, and what must not be lost with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import External, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from local_cloud.emulator import Emulator
from tests.contract.harness import actions, run

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
KEY = {"name": "main"}
# What leaves snapshots: a database, and a cache in whose end its data is kept too.
NETWORK = {
    "vpc": {"name": "main", "cidr": "10.40.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"]},
    "subnets": [{"name": "data", "egress": False}],
    "security_groups": [{"name": "db"}],
}
PLACED = {"subnets": "data", "security_groups": ["db"], "kms_key": "main", "deletion_protection": False}
DATABASE = {
    "instances": [{"name": "main", "engine": "postgres", "version": "16", "class": "db.t4g.small", "storage": 20, **PLACED}]
}
CACHE = {
    "replication_groups": [
        {
            "name": "main",
            "transit_encryption": "disabled",
            "engine": "valkey",
            "version": "8.0",
            "node_type": "cache.t4g.small",
            **PLACED,
        }
    ]
}
DATA_TIERS = ("identity", "network", "database", "cache")
Clients = Callable[[str, str], Any]


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Return clients of all regions."""
    session = boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="eu-west-1")
    with Emulator() as emulator:
        made: dict[tuple[str, str], Any] = {}

        def connect(service: str, region: str) -> Any:
            if (service, region) not in made:
                made[service, region] = session.client(service, region_name=region, endpoint_url=emulator.endpoint)
            return made[service, region]

        services = ("kms", "iam", "secretsmanager", "logs", "resourcegroupstaggingapi", "ssm", "ec2", "rds", "elasticache")
        for service in services:
            for region in STACK.all_regions:
                connect(service, region)
        yield connect


def converge(clients: Clients, *keys: dict[str, Any], tiers: tuple[str, ...] = ("identity",), **arguments: Any) -> dict[str, Any]:
    described = {"identity": {"keys": list(keys), **arguments.pop("identity", {})}, **arguments.pop("others", {})}
    return run(clients, STACK, declarations_of(described, STACK), tiers=frozenset(tiers), **arguments)


def kms(clients: Clients, region: str = "eu-west-1") -> Any:
    return clients("kms", region)


def described(clients: Clients, region: str = "eu-west-1") -> dict[str, Any]:
    return kms(clients, region).describe_key(KeyId="alias/demo-main")["KeyMetadata"]


def test_a_key_is_safe_without_a_word(clients: Clients) -> None:
    converge(clients, KEY)
    key = described(clients)
    assert kms(clients).get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    (statement,) = json.loads(kms(clients).get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    gone = converge(clients, KEY, state="absent")
    assert f"{key['Arn']} will be deleted in 30 days" in gone["notes"][0]


def test_a_key_that_waits_for_its_deletion_is_taken_back(clients: Clients) -> None:
    converge(clients, KEY)
    before = described(clients)["Arn"]
    secret = kms(clients).encrypt(KeyId=before, Plaintext=b"kept")["CiphertextBlob"]
    converge(clients, KEY, state="absent")
    assert kms(clients).describe_key(KeyId=before)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert converge(clients, KEY, state="absent")["resources"] == []
    back = converge(clients, {**KEY, "description": "Again", "rotation": 180})
    assert actions(back) == {"kms_key/main": "create", "kms_alias/main": "create"}
    assert back["notes"] == [f"the deletion of {before} was cancelled: it is the same key as before"]
    key = described(clients)
    assert (key["Arn"], key["KeyState"], key["Description"]) == (before, "Enabled", "Again")
    assert kms(clients).decrypt(CiphertextBlob=secret)["Plaintext"] == b"kept"
    assert actions(converge(clients, {**KEY, "description": "Again", "rotation": 180})) == {}


def test_a_key_has_replicas_with_the_same_name(clients: Clients) -> None:
    key = {**KEY, "regions": ["eu-central-1"], "services": ["logs.amazonaws.com"]}
    created = converge(clients, key)
    assert actions(created).keys() == {f"{kind}/{n}" for kind in ("kms_key", "kms_alias") for n in ("main", "main-eu-central-1")}
    primary, replica = described(clients), described(clients, "eu-central-1")
    assert primary["KeyId"] == replica["KeyId"] and replica["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    policy = kms(clients, "eu-central-1").get_key_policy(KeyId=replica["Arn"], PolicyName="default")["Policy"]
    assert "logs.eu-central-1.amazonaws.com" in policy
    assert actions(converge(clients, key)) == {}
    converge(clients, key, state="absent")
    assert kms(clients, "eu-central-1").describe_key(KeyId=replica["Arn"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert set(actions(converge(clients, key)).values()) == {"create"}
    assert described(clients, "eu-central-1")["Arn"] == replica["Arn"]
    assert actions(converge(clients, key)) == {}


def test_a_key_does_not_become_one_for_many_regions(clients: Clients) -> None:
    converge(clients, KEY)
    with pytest.raises(Refused, match="multi_region cannot be changed; declare another key"):
        converge(clients, {**KEY, "multi_region": True}, allow_replacement=("kms_key/main",))


def test_a_name_that_leads_to_somebody_elses_key_is_refused(clients: Clients) -> None:
    theirs = kms(clients).create_key()["KeyMetadata"]["KeyId"]
    kms(clients).create_alias(AliasName="alias/demo-main", TargetKeyId=theirs)
    with pytest.raises(Refused, match="kms already has alias/demo-main"):
        converge(clients, KEY)
    assert len(kms(clients).list_keys()["Keys"]) == 1


def test_a_key_that_forbids_to_be_looked_at_is_none_of_ours(clients: Clients) -> None:
    denying = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["kms:DescribeKey"], "Resource": "*"}]}
    kms(clients).create_key(Policy=json.dumps(denying))
    assert actions(converge(clients, KEY)).keys() == {"kms_key/main", "kms_alias/main"}


SECRET = {"secrets": {"secrets": [{"name": "app", "kms_key": "main"}]}}


def test_a_key_in_use_by_another_tier_is_not_deleted(clients: Clients) -> None:
    converge(clients, KEY, tiers=("identity", "secrets"), others=SECRET)
    with pytest.raises(Refused, match="kms_key/main: is in use by secret/app; delete those first"):
        converge(clients, KEY, others=SECRET, state="absent")
    with pytest.raises(Refused, match="in use by secret/app"):
        converge(clients, prune=True)
    assert described(clients)["KeyState"] == "Enabled"


def test_a_key_goes_with_all_that_it_encrypts(clients: Clients) -> None:
    converge(clients, KEY, tiers=("identity", "secrets"), others=SECRET)
    gone = converge(clients, KEY, tiers=("identity", "secrets"), others=SECRET, state="absent")
    assert set(actions(gone).values()) == {"delete"}


def test_a_key_is_pruned_once_nothing_needs_it_any_more(clients: Clients) -> None:
    both = ("identity", "secrets")
    converge(clients, KEY, tiers=both, others=SECRET)
    plain = {"secrets": {"secrets": [{"name": "app"}]}}
    result = converge(clients, tiers=both, others=plain, prune=True)
    assert actions(result)["kms_key/main"] == "delete"
    assert actions(result)["secret/app"] == "update"


def test_a_key_that_others_have_been_granted_is_not_deleted(clients: Clients) -> None:
    converge(clients, KEY)
    key = described(clients)["Arn"]
    kms(clients).create_grant(KeyId=key, GranteePrincipal="rds.amazonaws.com", Operations=["Decrypt"])
    with pytest.raises(ApplyFailed, match=r"is in use by rds\.amazonaws\.com; delete what it encrypts, or retire its grants"):
        converge(clients, KEY, state="absent")
    assert kms(clients).describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


@pytest.mark.parametrize("by", ["id", "key_id", "alias", "tags"])
def test_a_key_of_somebody_else_can_be_referred_to(clients: Clients, by: str) -> None:
    theirs = kms(clients).create_key(Tags=[{"TagKey": "team", "TagValue": "data"}])["KeyMetadata"]
    kms(clients).create_alias(AliasName="alias/theirs", TargetKeyId=theirs["KeyId"])
    kms(clients).create_key()
    match = {"id": {"id": theirs["Arn"]}, "key_id": {"id": theirs["KeyId"]}, "alias": {"alias": "alias/theirs"}}
    external = External("kms_key", "main", match.get(by, {"tags": {"team": "data"}}), "external[0]")
    converge(clients, tiers=("secrets",), others=SECRET, externals=(external,))
    assert clients("secretsmanager", "eu-west-1").describe_secret(SecretId="demo/app")["KmsKeyId"] == theirs["Arn"]


def test_users_and_services_are_in_the_policy_and_their_roles_may_refer_to_the_key(clients: Clients) -> None:
    statement = {"actions": ["kms:Decrypt"], "resources": [{"kms_key": "main"}]}
    identity = {"roles": [{"name": "app", "policies": [{"name": "own", "statements": [statement]}]}]}
    key = {**KEY, "users": ["app"], "services": ["autoscaling.amazonaws.com"]}
    converge(clients, key, identity=identity)
    policy = json.loads(kms(clients).get_key_policy(KeyId=described(clients)["Arn"], PolicyName="default")["Policy"])
    (use,) = [item for item in policy["Statement"] if item["Sid"] == "Use"]
    assert use["Condition"]["ArnEquals"]["aws:PrincipalArn"] == [
        clients("iam", "eu-west-1").get_role(RoleName="demo-app")["Role"]["Arn"],
        "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    ]
    assert actions(converge(clients, key, identity=identity)) == {}


def test_an_answer_that_was_lost_makes_no_second_key(clients: Clients) -> None:
    """The index of tags may not know the key of a run that was killed yet."""
    tags = {"terrace:stack": "demo", "terrace:id": "identity/kms_key/main", "terrace:managed-by": "terrace.aws"}
    kms(clients).create_key(Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()])

    def without_index(service: str, region: str) -> Any:
        if service != "resourcegroupstaggingapi":
            return clients(service, region)

        class Empty:
            def get_paginator(self, _name: str) -> Any:
                return self

            def paginate(self, **_request: Any) -> list[dict[str, Any]]:
                return [{"ResourceTagMappingList": []}]

        return Empty()

    assert actions(converge(without_index, KEY))["kms_key/main"] == "update"
    assert len(kms(clients).list_keys()["Keys"]) == 1


def test_a_role_of_somebody_else_can_use_a_key(clients: Clients) -> None:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}
    role = clients("iam", "eu-west-1").create_role(RoleName="theirs", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    external = External("iam_role", "operators", {"name": "theirs"}, "external[0]")
    converge(clients, {**KEY, "users": ["operators"]}, externals=(external,))
    policy = kms(clients).get_key_policy(KeyId=described(clients)["Arn"], PolicyName="default")["Policy"]
    assert role["Arn"] in policy


@pytest.mark.parametrize(
    ("tier", "options", "forget"),
    [
        ("database", DATABASE, lambda clients: _forget(clients, "rds", "DBSnapshot", "DBSnapshotIdentifier")),
        ("cache", CACHE, lambda clients: _forget(clients, "elasticache", "Snapshot", "SnapshotName")),
    ],
)
def test_a_key_stays_for_the_snapshots_that_it_encrypts(
    clients: Clients, tier: str, options: dict[str, Any], forget: Callable[[Clients], None]
) -> None:
    data = {"others": {"network": NETWORK, tier: options}, "tiers": DATA_TIERS}
    converge(clients, KEY, **data)
    key = described(clients)["KeyId"]
    gone = converge(clients, KEY, **data, state="absent")
    assert "kms_key/main" not in actions(gone)
    assert [note for note in gone["notes"] if note.startswith("kms_key/main stays: without it the final snapshot ")]
    again = converge(clients, KEY, **data, state="absent")
    assert (again["changed"], kms(clients).describe_key(KeyId=key)["KeyMetadata"]["KeyState"]) == (False, "Enabled")
    assert [note for note in again["notes"] if note.startswith("kms_key/main stays: without it the snapshot ")]
    forget(clients)
    assert actions(converge(clients, KEY, **data, state="absent")) == {"kms_key/main": "delete"}


def test_a_primary_key_stays_for_its_replica(clients: Clients) -> None:
    converge(clients, {**KEY, "regions": ["eu-central-1"]})
    rds = clients("rds", "eu-central-1")
    replica = described(clients, "eu-central-1")["Arn"]
    rds.create_db_instance(
        DBInstanceIdentifier="other", Engine="postgres", DBInstanceClass="db.t4g.small", AllocatedStorage=20,
        MasterUsername="owner", MasterUserPassword="not-a-secret", StorageEncrypted=True, KmsKeyId=replica,
    )  # fmt: skip
    while rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] != "available":
        pass
    rds.create_db_snapshot(DBInstanceIdentifier="other", DBSnapshotIdentifier="kept")
    gone = converge(clients, {**KEY, "regions": ["eu-central-1"]}, state="absent")
    assert {resource["kind"] for resource in gone["resources"]} == {"kms_alias"}


def _forget(clients: Clients, service: str, title: str, name: str) -> None:
    """Delete the snapshots of a service."""
    client = clients(service, "eu-west-1")
    operation = {"DBSnapshot": "db_snapshot", "Snapshot": "snapshot"}[title]
    for snapshot in getattr(client, f"describe_{operation}s")()[f"{title}s"]:
        getattr(client, f"delete_{operation}")(**{name: snapshot[name]})
