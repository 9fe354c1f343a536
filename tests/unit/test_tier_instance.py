# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.tiers import instance

STACK = Stack("demo", "123456789012", "eu-west-1", {"owner": "team", "env": "test"})
MAIL: dict[str, Any] = {
    "name": "mail",
    "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
    "type": "t3.small",
    "subnet": "public",
    "zone": "eu-west-1a",
    "security_groups": ["mail"],
}
DATA: dict[str, Any] = {"name": "data", "device": "/dev/sdf", "size": 100}


def build(**changes: Any) -> dict[Key, Declaration]:
    checked = validated({"instances": [{**MAIL, **changes}]}, instance.SPEC, instance.CONSTRAINTS, "instance")
    return {declaration.key: declaration for declaration in instance.build(checked, STACK)}


def machine(**changes: Any) -> Any:
    return build(**changes)[Key("instance", "mail")].values


def refused(**changes: Any) -> str:
    with pytest.raises(InvalidOption) as error:
        build(**changes)
    return str(error.value).removeprefix("instance.instances[0].")


def test_nothing_described_declares_nothing() -> None:
    assert instance.build(validated({}, instance.SPEC, instance.CONSTRAINTS, "instance"), STACK) == []


def test_an_instance_alone_is_an_image_and_an_instance() -> None:
    assert list(build()) == [Key("image", "instance/mail"), Key("instance", "mail")]


def test_hosts_are_safe_by_default() -> None:
    values = machine()
    assert (values.http_tokens, values.hop_limit) == ("required", 1)
    assert (values.root_encrypted, values.termination_protection, values.auto_recovery) == (True, True, "default")


def test_it_is_neither_stopped_nor_replaced_unless_that_is_asked_for() -> None:
    assert (machine().kept_type, machine().pinned_image) == ("t3.small", None)
    assert machine(allow_stop=True).kept_type is None
    assert machine(image={**MAIL["image"], "update": True}).pinned_image == Reference("image", "instance/mail")


def test_it_is_found_in_the_group_of_its_name() -> None:
    tags = build(instance_tags={"shift": 3})[Key("instance", "mail")].all_tags(STACK)
    assert (tags["terrace:group"], tags["shift"], tags["terrace:id"]) == ("mail", "3", "instance/instance/mail")


def test_other_tiers_are_referred_to_by_name() -> None:
    values = machine(role="mail", kms_key="main")
    assert values.subnet == Reference("subnet", "public/eu-west-1a")
    assert values.instance_profile == Reference("instance_profile", "mail", "arn")
    assert values.security_groups == (Reference("security_group", "mail"),)
    assert values.root_kms_key == Reference("kms_key", "main", "arn")


def test_a_volume_is_in_the_zone_of_its_instance_and_attached_to_it() -> None:
    declared = build(volumes=[DATA])
    volume, attachment = (declared[Key(kind, "mail/data")].values for kind in ("volume", "volume_attachment"))
    assert (volume.zone, volume.size, volume.encrypted, volume.final_snapshot) == ("eu-west-1a", 100, True, True)
    assert (attachment.volume, attachment.device) == (Reference("volume", "mail/data"), "/dev/sdf")
    assert attachment.instance == Reference("instance", "mail")


def test_an_address_has_its_name_after_all_records() -> None:
    declared = build(elastic_ip=True, reverse_dns="Mail.example.com")
    assert declared[Key("address_association", "mail")].values.address == Reference("elastic_ip", "mail")
    reverse = declared[Key("reverse_name", "mail")].values
    assert (reverse.domain, reverse.records) == ("mail.example.com", Reference("dns_record", "", every=True, optional=True))
    assert Key("reverse_name", "mail") not in build(elastic_ip=True)


def test_it_serves_target_groups_by_their_names() -> None:
    target = build(target_groups=["submission"])[Key("target", "mail/submission")].values
    assert (target.instance, target.target_group) == (Reference("instance", "mail"), Reference("target_group", "submission"))
    assert Key("target", "mail/submission") not in build(target_groups=["submission"], running=False)


def test_recovery() -> None:
    alarm = build(recovery="alarm")[Key("alarm", "mail/recovery")].values
    assert alarm.actions == ("arn:aws:automate:eu-west-1:ec2:recover",)
    assert alarm.dimensions == {"InstanceId": Reference("instance", "mail")}
    assert machine(recovery="none").auto_recovery == "disabled"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"image": {}}, "image: needs either"),
        ({"zone": "eu-central-1a"}, "zone: eu-central-1a is not in"),
        ({"private_address": "10.0.0.300"}, "private_address: 10.0.0.300 is no"),
        ({"stop_protection": True, "allow_stop": True}, "allow_stop: excludes"),
        ({"stop_protection": True, "running": False}, "running: is false"),
        ({"type": "m7i.large", "cpu_credits": "standard"}, "cpu_credits: is not for m7i.large"),
        ({"reverse_dns": "mail.example.com"}, "reverse_dns: needs elastic_ip"),
        ({"instance_tags": {f"tag{number}": "x" for number in range(44)}}, "instance_tags: make 51 tags"),
        ({"root_volume": {"type": "gp2", "size": 20000}}, "root_volume.size: 20000 is not from 1 to 16384"),
        ({"volumes": [{**DATA, "type": "gp2", "iops": 3000}]}, "volumes[0].iops: gp2 has no iops"),
        ({"volumes": [{**DATA, "type": "io2"}]}, "volumes[0].iops: is required for io2"),
        ({"volumes": [{**DATA, "type": "st1", "size": 124}]}, "volumes[0].size: 124 is not from 125"),
        ({"volumes": [{**DATA, "size": 10, "iops": 5001}]}, "volumes[0].iops: 5001 is more than 500"),
        ({"volumes": [{**DATA, "throughput": 751}]}, "volumes[0].throughput: 751 MiB/s needs at least 3004"),
        ({"volumes": [{**DATA, "device": "/dev/sda1"}]}, "volumes[0].device: '/dev/sda1' is not allowed"),
        ({"volumes": [DATA, {**DATA, "name": "more"}]}, "volumes[1].device: '/dev/sdf' is given twice"),
    ],
)
def test_what_aws_would_refuse(changes: dict[str, Any], told: str) -> None:
    assert refused(**changes).startswith(told)


@pytest.mark.parametrize(
    "volume",
    [
        {"type": "gp3", "size": 1, "iops": 3000},
        {"type": "gp3", "size": 160, "iops": 80000, "throughput": 2000},
        {"type": "io1", "size": 4, "iops": 200},
        {"type": "io2", "size": 256, "iops": 256000},
        {"type": "sc1", "size": 16384},
    ],
)
def test_the_ends_of_what_aws_takes(volume: dict[str, Any]) -> None:
    assert build(volumes=[{**DATA, **volume}])[Key("volume", "mail/data")].values.size == volume["size"]
