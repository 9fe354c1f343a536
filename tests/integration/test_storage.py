# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buckets keep what is in them, unless they are told to let it go."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from ansible_collections.terrace.aws.plugins.module_utils import control_bucket
from ansible_collections.terrace.aws.plugins.module_utils.engine import perform
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Adoption, External, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.harness import actions, run

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
TIERS = frozenset({"storage"})
APP, NAME = {"name": "app"}, "demo-app-123456789012"
LOCKED = {"name": "app", "object_lock": {"mode": "GOVERNANCE", "days": 1}}
EUROPE: Any = {"LocationConstraint": "eu-west-1"}
Clients = Callable[[str, str], Any]


def converge(clients: Clients, *buckets: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    declarations = declarations_of({"storage": {"buckets": list(buckets)}}, STACK)
    return run(clients, STACK, declarations, **{"tiers": TIERS, **arguments})


@pytest.fixture
def s3(clients: Clients) -> Any:
    return clients("s3", "eu-west-1")


def names(s3: Any) -> list[str]:
    return [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def put(s3: Any, *keys: str, bucket: str = NAME) -> None:
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"content")


def only_versions(s3: Any) -> None:
    put(s3, "a")
    s3.delete_object(Bucket=NAME, Key="a")


def only_markers(s3: Any) -> None:
    only_versions(s3)
    for version in s3.list_object_versions(Bucket=NAME)["Versions"]:
        s3.delete_object(Bucket=NAME, Key=version["Key"], VersionId=version["VersionId"])


@pytest.mark.parametrize(
    ("described", "fill", "reason", "way_out"),
    [
        (APP, lambda s3: put(s3, "a"), "holds objects", "empty_before_delete: true"),
        (APP, only_versions, "versions of deleted ones", "empty_before_delete: true"),
        (APP, only_markers, "delete markers", "empty_before_delete: true"),
        (LOCKED, lambda s3: put(s3, "a"), "object lock", "once their retention has ended"),
        (LOCKED, only_versions, "object lock", "once their retention has ended"),
    ],
    ids=["objects", "versions", "markers", "locked", "locked versions"],
)
def test_a_bucket_that_is_not_empty_is_kept_with_all_else(
    described: dict[str, Any], fill: Callable[[Any], None], reason: str, way_out: str, clients: Clients, s3: Any
) -> None:
    both = (described, {"name": "empty"})
    converge(clients, *both)
    fill(s3)
    with pytest.raises(Refused, match=f"nothing was changed: bucket/app: .*{reason}.*{way_out}"):
        converge(clients, *both, state="absent")
    assert len(names(s3)) == 2
    assert actions(converge(clients, *both)) == {}


def test_a_bucket_that_is_not_declared_any_more_is_kept(clients: Clients, s3: Any) -> None:
    converge(clients, {**APP, "empty_before_delete": True})
    put(s3, "a")
    (orphan,) = converge(clients)["orphans"]
    assert orphan["id"] == NAME
    with pytest.raises(Refused, match="bucket/app: the bucket holds objects"):
        converge(clients, prune=True)
    with pytest.raises(Refused, match="bucket/app: the bucket holds objects"):
        converge(clients, state="absent")


def test_a_move_to_another_region_is_no_way_round(clients: Clients, s3: Any) -> None:
    converge(clients, APP)
    put(s3, "a")
    with pytest.raises(Refused, match="the bucket holds objects"):
        converge(clients, {**APP, "region": "eu-central-1"}, allow_replacement=("bucket/app",))
    assert names(s3) == [NAME]


def test_a_bucket_is_emptied_when_told(clients: Clients, s3: Any) -> None:
    described = {**APP, "empty_before_delete": True}
    converge(clients, described)
    put(s3, *(f"many/{number}" for number in range(1001)))
    s3.delete_object(Bucket=NAME, Key="many/0")
    s3.create_multipart_upload(Bucket=NAME, Key="unfinished")
    gone = converge(clients, described, state="absent")
    assert actions(gone) == {"bucket/app": "delete"}
    assert gone["notes"] == [f"bucket {NAME}: 1002 versions and delete markers were deleted before the bucket itself"]
    assert names(s3) == []


def test_what_cannot_be_deleted_is_named(clients: Clients, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    described = {**APP, "empty_before_delete": True}
    converge(clients, described)
    put(s3, "a")
    denied = {"Errors": [{"Key": "a", "VersionId": "1", "Code": "AccessDenied", "Message": "Access Denied"}]}
    monkeypatch.setattr(s3, "delete_objects", lambda **_request: denied, raising=False)
    with pytest.raises(ApplyFailed, match=r"1 of the versions in demo-app-123456789012 .*: a \(AccessDenied: Access Denied\)"):
        converge(clients, described, state="absent")
    assert names(s3) == [NAME]


def test_the_control_bucket_is_nobodys(clients: Clients, s3: Any) -> None:
    name = control_bucket.ensure(s3, STACK.account, STACK.region)
    tags = {"terrace:stack": "demo", "terrace:id": "storage/bucket/old", "terrace:managed-by": "terrace.aws"}
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})
    assert converge(clients, APP)["orphans"] == []
    converge(clients, state="absent")
    assert names(s3) == [name]


@pytest.mark.parametrize("options", [{}, {"bucket_name": "somebody-elses"}])
def test_a_bucket_of_that_name_that_is_not_ours_is_refused(options: dict[str, Any], clients: Clients, s3: Any) -> None:
    name = options.get("bucket_name", NAME)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=EUROPE)
    with pytest.raises(Refused, match=f"s3 already has {name} .*terrace_adopt"):
        converge(clients, {**APP, **options})
    adopted = converge(clients, {**APP, **options}, adoptions=(Adoption("bucket", "app", name),))
    assert actions(adopted) == {"bucket/app": "update"}
    assert actions(converge(clients, {**APP, **options})) == {"bucket/app": "update"}
    assert actions(converge(clients, {**APP, **options})) == {}


def test_a_bucket_in_another_account_is_an_error_that_names_it(
    clients: Clients, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perform, "LOOK_UP_PAUSES", (0.1,))
    role = "arn:aws:iam::210987654321:role/other"
    keys = clients("sts", "eu-west-1").assume_role(RoleArn=role, RoleSessionName="other")["Credentials"]
    theirs = boto3.client(
        "s3",
        "eu-west-1",
        endpoint_url=s3.meta.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    theirs.create_bucket(Bucket=NAME, CreateBucketConfiguration=EUROPE)
    with pytest.raises(ApplyFailed, match="CreateBucket answered BucketAlreadyExists"):
        converge(clients, APP)


def test_a_repeated_creation_finds_what_the_first_has_made(clients: Clients, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    create = s3.create_bucket

    def twice(**request: Any) -> Any:
        create(**request)
        return create(**request)

    monkeypatch.setattr(s3, "create_bucket", twice, raising=False)
    assert actions(converge(clients, APP)) == {"bucket/app": "create"}
    assert actions(converge(clients, APP)) == {}


def test_the_tags_of_others_stay(clients: Clients, s3: Any) -> None:
    converge(clients, APP)
    tags = [*s3.get_bucket_tagging(Bucket=NAME)["TagSet"], {"Key": "theirs", "Value": "kept"}]
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": [tag for tag in tags if tag["Key"] != "Name"]})
    assert actions(converge(clients, APP)) == {"bucket/app": "update"}
    assert {"theirs", "Name", "terrace:id"} <= {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=NAME)["TagSet"]}


def test_a_bucket_can_belong_to_somebody_else(clients: Clients, s3: Any) -> None:
    s3.create_bucket(Bucket="central-logs", CreateBucketConfiguration=EUROPE)
    allow = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": "arn:aws:s3:::central-logs/*"}]}
    s3.put_bucket_policy(Bucket="central-logs", Policy=json.dumps(policy))
    logged = {**APP, "logging": {"bucket": "logs"}}
    external = (External("bucket", "logs", {"name": "central-logs"}),)
    converge(clients, logged, externals=external)
    assert s3.get_bucket_logging(Bucket=NAME)["LoggingEnabled"]["TargetBucket"] == "central-logs"
    assert actions(converge(clients, logged, externals=external)) == {}
    with pytest.raises(Exception, match=r"storage\.buckets\[0\].*bucket/logs"):
        converge(clients, logged)


def test_copies_and_logs_have_all_that_they_need(clients: Clients, s3: Any) -> None:
    described = (
        {**APP, "logging": {"bucket": "logs"}, "replication": {"bucket": "copies"}},
        {"name": "copies", "region": "eu-central-1"},
        {"name": "logs", "empty_before_delete": True},
    )
    made = converge(clients, *described)
    assert actions(converge(clients, *described)) == {}
    (rule,) = s3.get_bucket_replication(Bucket=NAME)["ReplicationConfiguration"]["Rules"]
    assert rule["Destination"]["Bucket"] == made["outputs"]["bucket"]["copies"]["arn"]
    elsewhere = clients("s3", "eu-central-1")
    assert elsewhere.get_bucket_location(Bucket="demo-copies-123456789012")["LocationConstraint"] == "eu-central-1"
    gone = converge(clients, *described, state="absent")
    assert len(actions(gone)) == 4
    assert names(s3) == []


def test_the_tier_keeps_the_roles_of_others(clients: Clients) -> None:
    declarations = declarations_of({"identity": {"roles": [{"name": "app"}]}}, STACK)
    run(clients, STACK, declarations, tiers=frozenset({"identity"}))
    described = ({**APP, "replication": {"bucket": "copies"}}, {"name": "copies"})
    converge(clients, *described)
    assert "iam_role/app" not in actions(converge(clients, *described, state="absent"))
    (role,) = clients("iam", "eu-west-1").list_roles(PathPrefix="/terrace/demo/")["Roles"]
    assert role["RoleName"] == "demo-app"


def test_a_role_may_use_a_bucket_and_what_is_in_it(clients: Clients) -> None:
    statements = [
        {"actions": ["s3:ListBucket"], "resources": [{"bucket": "app"}]},
        {"actions": ["s3:GetObject"], "resources": [{"objects": "app"}]},
    ]
    role = {"name": "app", "policies": [{"name": "Use", "statements": statements}]}
    declarations = declarations_of({"identity": {"roles": [role]}, "storage": {"buckets": [APP]}}, STACK)
    both = frozenset({"identity", "storage"})
    run(clients, STACK, declarations, tiers=both)
    assert actions(run(clients, STACK, declarations, tiers=both)) == {}
    policy = clients("iam", "eu-west-1").get_role_policy(RoleName="demo-app", PolicyName="Use")["PolicyDocument"]
    assert [s["Resource"] for s in policy["Statement"]] == [[f"arn:aws:s3:::{NAME}"], [f"arn:aws:s3:::{NAME}/*"]]
    run(clients, STACK, declarations, tiers=both, state="absent")


def test_versions_and_their_users_end_in_order(clients: Clients, s3: Any) -> None:
    copied = {**APP, "replication": {"bucket": "copies"}}
    converge(clients, copied, {"name": "copies"})
    plain = {**APP, "versioning": False, "empty_before_delete": True}
    changed = converge(clients, plain, {"name": "copies"}, prune=True)
    assert actions(changed) == {"bucket/app": "update", "iam_role/replication/app": "delete"}
    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Suspended"
    assert actions(converge(clients, plain, {"name": "copies"})) == {}
