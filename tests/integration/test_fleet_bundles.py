# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles in the control bucket: published once, kept while a launch template names them, gone with the stack."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK, Stack
from ansible_collections.terrace.aws.plugins.module_utils.fleet_bundle import KEPT, Bundles

STACK = Stack("demo", "123456789012", "eu-west-1")
BUCKET = "terrace-123456789012-eu-west-1"
Clients = Callable[[str, str], Any]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive"
    path.write_bytes(b"what a host is made of")
    return path


def keys(clients: Clients) -> list[str]:
    answer = clients("s3", "eu-west-1").list_objects_v2(Bucket=BUCKET, Prefix="demo/bundles/")
    return [item["Key"] for item in answer.get("Contents", [])]


def digest(number: int) -> str:
    return f"{number:064x}"


def test_a_check_publishes_nothing_and_makes_no_bucket(clients: Clients, archive: Path) -> None:
    assert Bundles(clients, STACK, check=True).publish("app", digest(1), archive)
    assert clients("s3", "eu-west-1").list_buckets()["Buckets"] == []


def test_a_bundle_is_published_once(clients: Clients, archive: Path) -> None:
    bundles = Bundles(clients, STACK, check=False)
    assert bundles.publish("app", digest(1), archive)
    assert not bundles.publish("app", digest(1), archive)
    assert not Bundles(clients, STACK, check=True).publish("app", digest(1), archive)
    (key,) = keys(clients)
    assert bundles.address("app", digest(1)) == f"{BUCKET}/{key}"
    packed = clients("s3", "eu-west-1").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert gzip.decompress(packed) == archive.read_bytes()


def test_old_bundles_go_unless_a_version_of_a_launch_template_names_them(clients: Clients, archive: Path) -> None:
    clients("ec2", "eu-west-1").create_launch_template(
        LaunchTemplateName="demo-app",
        LaunchTemplateData={"UserData": base64.b64encode(f'"sha256": "{digest(1)}"'.encode()).decode()},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": TAG_STACK, "Value": "demo"}]}],
    )
    bundles = Bundles(clients, STACK, check=False)
    for number in range(1, KEPT + 4):
        bundles.publish("app", digest(number), archive)
    bundles.publish("other", digest(99), archive)
    left = {key.partition("/app/")[2].partition(".")[0] for key in keys(clients)} - {""}
    assert len(left) == KEPT + 2
    assert {digest(1), digest(KEPT + 3)} <= left


def test_all_of_a_stack_goes_with_it_and_nothing_else(clients: Clients, archive: Path) -> None:
    bundles = Bundles(clients, STACK, check=False)
    assert not bundles.remove_all()
    for number, group in enumerate(("app", "jobs")):
        bundles.publish(group, digest(number), archive)
    s3 = clients("s3", "eu-west-1")
    s3.put_object(Bucket=BUCKET, Key="demo/lock")
    assert Bundles(clients, STACK, check=True).remove_all()
    assert len(keys(clients)) == 2
    assert bundles.remove_all()
    assert keys(clients) == []
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1
