# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for an instance and its volumes, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import transform
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.changes import DISRUPTS, FORBIDDEN, IN_PLACE, NOTHING, REPLACE, kind_of_change

STACK = Stack("demo", "123456789012", "eu-west-1")
MAIL: dict[str, Any] = {
    "name": "mail",
    "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
    "type": "t3.small",
    "subnet": "public",
    "zone": "eu-west-1a",
    "security_groups": ["mail"],
}
DATA: dict[str, Any] = {"name": "data", "device": "/dev/sdf", "size": 100, "iops": 3000, "throughput": 125}
# (options before, options after, what it is). Pages are those of the EC2 user guide, unless they are named in full.
INSTANCES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # ec2-instance-resize.html
    ({}, {"type": "t3.medium"}, FORBIDDEN),
    ({"allow_stop": True}, {"allow_stop": True, "type": "t3.medium"}, DISRUPTS),
    ({}, {"running": False}, DISRUPTS),
    ({"running": False}, {}, IN_PLACE),
    # API_ModifyInstanceAttribute.html
    ({}, {"security_groups": ["mail", "more"]}, IN_PLACE),
    ({}, {"source_dest_check": False}, IN_PLACE),
    ({}, {"termination_protection": False}, IN_PLACE),
    ({}, {"stop_protection": True}, IN_PLACE),
    # API_ReplaceIamInstanceProfileAssociation.html
    ({}, {"role": "mail"}, IN_PLACE),
    # API_ModifyInstanceMetadataOptions.html, API_MonitorInstances.html, API_ModifyInstanceMaintenanceOptions.html
    ({}, {"metadata_hop_limit": 2}, IN_PLACE),
    ({}, {"detailed_monitoring": True}, IN_PLACE),
    ({}, {"recovery": "none"}, IN_PLACE),
    ({}, {"recovery": "alarm"}, NOTHING),
    ({"cpu_credits": "standard"}, {"cpu_credits": "unlimited"}, IN_PLACE),
    # Subnet, address and key pair are those of the launch.
    ({}, {"subnet": "app"}, REPLACE),
    ({}, {"zone": "eu-west-1b"}, REPLACE),
    ({"private_address": "10.0.0.10"}, {"private_address": "10.0.0.11"}, REPLACE),
    ({}, {"key_name": "operators"}, REPLACE),
    ({}, {"user_data": "#!/bin/sh\n"}, NOTHING),
    # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modify-volume.html
    ({}, {"root_volume": {"size": 30}}, IN_PLACE),
    ({}, {"root_volume": {"size": 10}}, FORBIDDEN),
    ({}, {"root_volume": {"type": "gp2"}}, IN_PLACE),
    ({"kms_key": "main"}, {"kms_key": "other"}, REPLACE),
]
VOLUMES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"size": 200}, IN_PLACE),
    ({}, {"size": 99}, FORBIDDEN),
    ({}, {"type": "io2", "throughput": None}, IN_PLACE),
    ({}, {"iops": 4000}, IN_PLACE),
    ({}, {"iops": 4000, "throughput": 250}, IN_PLACE),
    ({}, {"snapshot": "snap-0123456789abcdef0"}, NOTHING),
    ({}, {"final_snapshot": False}, NOTHING),
]
CHANGES = [
    *(("instance", "mail", before, after, kind) for before, after, kind in INSTANCES),
    *(("volume", "mail/data", {"volumes": [DATA | a]}, {"volumes": [DATA | b]}, kind) for a, b, kind in VOLUMES),
    ("volume", "mail/data", {"volumes": [DATA]}, {"volumes": [DATA], "zone": "eu-west-1b"}, REPLACE),
    ("volume_attachment", "mail/data", {"volumes": [DATA]}, {"volumes": [{**DATA, "device": "/dev/sdg"}]}, DISRUPTS),
    (
        "reverse_name",
        "mail",
        {"elastic_ip": True, "reverse_dns": "mail.example.com"},
        {"elastic_ip": True, "reverse_dns": "mx.example.com"},
        IN_PLACE,
    ),
]


def values(kind: str, name: str, options: dict[str, Any]) -> Any:
    declared = declarations_of({"instance": {"instances": [{**MAIL, **options}]}}, STACK)
    (found,) = (declaration.values for declaration in declared if declaration.key == (kind, name))
    return transform(found, lambda leaf: f"{leaf.key}/{leaf.attribute}" if isinstance(leaf, Reference) else leaf)


@pytest.mark.parametrize(("kind", "name", "before", "after", "gravest"), CHANGES)
def test_what_a_change_is(kind: str, name: str, before: dict[str, Any], after: dict[str, Any], gravest: str) -> None:
    assert kind_of_change(values(kind, name, before), values(kind, name, after)) == gravest
