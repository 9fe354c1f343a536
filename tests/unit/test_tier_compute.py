# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds._user_data import rendered
from ansible_collections.terrace.aws.plugins.module_utils.tiers import compute

STACK = Stack("demo", "123456789012", "eu-west-1", {"owner": "team", "env": "test"})
GROUP: dict[str, Any] = {
    "name": "app",
    "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
    "type": "t3.small",
    "min": 2,
    "max": 6,
    "subnets": "app",
    "security_groups": ["app"],
}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0b5e7a52-7c5f-4b8e-9f0e-3d7b1a2c4d5e"
STEPS: dict[str, Any] = {"name": "x", "comparison": "above", "threshold": 1, "distances": [0, 5], "changes": [1, 2]}
NIGHT = {"name": "night", "recurrence": "0 22 * * MON-FRI"}
HOOK = {"name": "ready", "transition": "launching"}
BY_NAME = {"owner": "136693071363", "name": "debian-12-*", "architecture": "arm64"}


def build(**changes: Any) -> dict[Key, Declaration]:
    options = {"groups": [{**copy.deepcopy(GROUP), **changes}]}
    checked = validated(options, compute.SPEC, compute.CONSTRAINTS, "compute")
    return {declaration.key: declaration for declaration in compute.build(checked, STACK)}


def template(**changes: Any) -> Any:
    return build(**changes)[Key("launch_template", "app")].values


def scaling_group(**changes: Any) -> Any:
    return build(**changes)[Key("auto_scaling_group", "app")].values


def test_nothing_described_declares_nothing() -> None:
    assert compute.build(validated({}, compute.SPEC, compute.CONSTRAINTS, "compute"), STACK) == []


def test_a_group_is_an_image_a_template_and_a_scaling_group() -> None:
    assert list(build()) == [Key(kind, "app") for kind in ("image", "launch_template", "auto_scaling_group")]


def test_images_by_parameter_or_by_name() -> None:
    assert build()[Key("image", "app")].values.parameter == GROUP["image"]["parameter"]
    image = build(image=BY_NAME, type="t4g.small")[Key("image", "app")].values
    assert (image.parameter, image.owner, image.image_name, image.architecture) == (None, *BY_NAME.values())


def test_hosts_are_safe_by_default() -> None:
    values = template()
    assert (values.http_tokens, values.hop_limit) == ("required", 1)
    assert values.root_volume == {"size": 20, "type": "gp3", "encrypted": True, "kms_key": ""}


def test_what_is_not_given_is_managed_as_none() -> None:
    values = template()
    assert (values.instance_profile, values.key_name, values.user_data) == ("", "", "")


def test_instances_carry_stack_and_group_but_no_identity() -> None:
    assert template(instance_tags={"env": "canary", "shift": 3}).instance_tags == {
        "Name": "demo-app",
        "owner": "team",
        "env": "canary",
        "shift": "3",
        "terrace:stack": "demo",
        "terrace:group": "app",
    }


def test_other_tiers_are_referred_to_by_name() -> None:
    values = template(role="web")
    assert values.instance_profile == Reference("instance_profile", "web", "arn")
    assert values.security_groups == (Reference("security_group", "app"),)
    group = scaling_group(target_groups=["app", "admin"])
    assert group.subnets == Reference("subnet", "app/", every=True)
    assert group.target_groups == (Reference("target_group", "app"), Reference("target_group", "admin"))


def test_hooks_that_are_not_given_are_left_alone() -> None:
    assert scaling_group().hooks is None
    assert scaling_group(lifecycle_hooks=[]).hooks == ()
    assert scaling_group(lifecycle_hooks=[HOOK]).hooks == ({**HOOK, "timeout": 3600, "default_result": "ABANDON"},)


@pytest.mark.parametrize(("desired", "expected"), [(None, 2), (4, 4)])
def test_the_least_number_is_where_a_group_starts(desired: int | None, expected: int) -> None:
    assert scaling_group(desired=desired).desired == expected


def test_target_tracking_is_a_policy_of_the_group() -> None:
    policy = build(target_tracking={"cpu": 50})[Key("scaling_policy", "app/cpu")].values
    assert (policy.group, policy.metric, policy.target) == (
        Reference("auto_scaling_group", "app"),
        "ASGAverageCPUUtilization",
        50.0,
    )


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("compute.groups[0].name", {"name": "App"}, "lower-case"),
    ("compute.groups[0].image", {"image": {}}, "needs either parameter"),
    ("compute.groups[0].image", {"image": {"owner": "self", "name": "x"}}, "needs either parameter"),
    ("compute.groups[0].image.parameter", {"image": {**BY_NAME, "parameter": "/x"}}, "excludes owner"),
    ("compute.groups[0].image.owner", {"image": {**BY_NAME, "owner": "debian"}}, "an account id"),
    ("compute.groups[0].type", {"type": "small"}, "looks like t3.small"),
    ("compute.groups[0].min", {"min": 7}, "greater than max 6"),
    ("compute.groups[0].min", {"min": -1}, "below the minimum"),
    ("compute.groups[0].desired", {"desired": 1}, "from min 2 to max 6"),
    ("compute.groups[0].security_groups", {"security_groups": []}, "at least 1"),
    ("compute.groups[0].target_groups", {"target_groups": [f"t{n}" for n in range(11)]}, "at most 10"),
    ("compute.groups[0].root_volume.size", {"root_volume": {"size": 0}}, "below the minimum"),
    ("compute.groups[0].root_volume.type", {"root_volume": {"type": "io1"}}, "one of gp3, gp2"),
    ("compute.groups[0].root_volume.kms_key", {"root_volume": {"kms_key": "disks", "encrypted": False}}, "needs encrypted"),
    ("compute.groups[0].root_volume.kms_key", {"root_volume": {"kms_key": KEY}}, "a name has"),
    ("compute.groups[0].user_data", {"user_data": "ü" * 8193}, "16386 bytes"),
    ("compute.groups[0].health_check", {"health_check": "VPC"}, "one of EC2, ELB"),
    ("compute.groups[0].target_tracking.cpu", {"target_tracking": {"cpu": 0}}, "below the minimum"),
    ("compute.groups[0].target_tracking", {"target_tracking": {}}, "needs cpu, requests_per_target"),
    ("compute.groups[0].target_tracking.requests_per_target", {"target_tracking": {"requests_per_target": 9}}, "target_groups"),
    ("compute.groups[0].refresh.max_healthy", {"refresh": {"min_healthy": 50, "max_healthy": 151}}, "at most 100 more"),
    ("compute.groups[0].refresh.checkpoints", {"refresh": {"checkpoints": [50, 20]}}, "ascending"),
    ("compute.groups[0].refresh.checkpoints", {"refresh": {"checkpoints": [20, 50]}}, "end with 100"),
    ("compute.groups[0].refresh.checkpoints[1]", {"refresh": {"checkpoints": [50, 50]}}, "given twice"),
    ("compute.groups[0].mixed_instances.types[1]", {"mixed_instances": {"types": ["t3a.small", "t3.small"]}}, "own type"),
    ("compute.groups[0].type", {"type": "t4g.small"}, "t4g.small is arm64, and the image is x86_64"),
    (
        "compute.groups[0].mixed_instances.types[1]",
        {"mixed_instances": {"types": ["t3a.small", "is4gen.medium"]}},
        "is4gen.medium is arm64, and the image is x86_64",
    ),
    (
        "compute.groups[0].mixed_instances.types[0]",
        {"image": {"parameter": "/own/image"}, "type": "m7g-flex.large", "mixed_instances": {"types": ["g4dn.xlarge"]}},
        "g4dn.xlarge is x86_64, and m7g-flex.large is arm64",
    ),
    (
        "compute.groups[0].type",
        {"image": {"owner": "self", "name": "golden-*", "architecture": "arm64"}},
        "t3.small is x86_64, and the image is arm64",
    ),
    (
        "compute.groups[0].warm_pool",
        {"warm_pool": {}, "mixed_instances": {"on_demand_percentage": 50}},
        "takes no Spot capacity",
    ),
    ("compute.groups[0].step_policies[0].changes", {"step_policies": [{**STEPS, "changes": [1]}]}, "1 items for 2 distances"),
    ("compute.groups[0].step_policies[0].distances", {"step_policies": [{**STEPS, "distances": [1, 2]}]}, "begin with 0"),
    ("compute.groups[0].step_policies[0].periods", {"step_policies": [{**STEPS, "period": 600, "periods": 145}]}, "86400"),
    ("compute.groups[0].step_policies[0].periods", {"step_policies": [{**STEPS, "period": 3600, "periods": 169}]}, "604800"),
    (
        "compute.groups[0].step_policies[0].changes",
        {"step_policies": [{**STEPS, "adjustment": "exact", "changes": [1, -1]}]},
        "below 0",
    ),
    ("compute.groups[0].step_policies[0].period", {"step_policies": [{**STEPS, "period": 90}]}, "multiple of 60"),
    ("compute.groups[0].schedules[0]", {"schedules": [NIGHT]}, "needs min, max or desired"),
    ("compute.groups[0].schedules[0].min", {"schedules": [{**NIGHT, "min": 3, "max": 2}]}, "3 is greater than max 2"),
    ("compute.groups[0].schedules[0].recurrence", {"schedules": [{**NIGHT, "recurrence": "daily"}]}, "minute, hour"),
    ("compute.groups[0].lifecycle_hooks[0].timeout", {"lifecycle_hooks": [{**HOOK, "timeout": 29}]}, "below the minimum"),
    ("compute.groups[0].lifecycle_hooks[1].name", {"lifecycle_hooks": [HOOK, HOOK]}, "given twice"),
    ("compute.groups[0].metadata_hop_limit", {"metadata_hop_limit": 65}, "above the maximum"),
    ("compute.groups[0].instance_tags", {"instance_tags": {"terrace:id": "x"}}, "is reserved"),
    ("compute.groups[0].instance_tags", {"instance_tags": {"aws:x": "x"}}, "is reserved"),
    ("compute.groups[0].instance_tags.k", {"instance_tags": {"k": "v" * 257}}, "up to 256"),
    ("compute.groups[0].instance_tags", {"instance_tags": {f"k{n}": "" for n in range(46)}}, "AWS takes 50"),
]


@pytest.mark.parametrize(("path", "changes", "problem"), BAD)
def test_what_aws_would_refuse_is_refused_with_its_path(path: str, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidOption, match=problem) as refused:
        build(**changes)
    assert refused.value.path == path


def test_a_name_is_given_once() -> None:
    with pytest.raises(InvalidOption, match="given twice"):
        validated({"groups": [GROUP, GROUP]}, compute.SPEC, compute.CONSTRAINTS, "compute")


BUNDLE = {"bundle": "terrace-123456789012-eu-west-1/demo/bundles/app/0.tar.gz", "sha256": "0" * 64}


def test_instances_that_configure_themselves_hold_until_they_are_ready() -> None:
    built = build(role="app", bootstrap={**BUNDLE, "timeout": 900}, lifecycle_hooks=[HOOK])
    hooks = built[Key("auto_scaling_group", "app")].values.hooks
    assert [hook["name"] for hook in hooks] == ["ready", "bootstrap"]
    assert hooks[1] == {"name": "bootstrap", "transition": "launching", "timeout": 900, "default_result": "ABANDON"}
    assert built[Key("log_group", "bootstrap-app")].values.retention == 30


def test_the_first_boot_is_a_program_with_settings_and_outputs() -> None:
    outputs = ["db_instance/main/endpoint", "db_instance/main/port", "secret/app/arn"]
    quoted = "#!/bin/sh\necho 'it''s \"me\"' '''\\n'''\n"
    value = template(role="app", bootstrap={**BUNDLE, "outputs": outputs}, user_data=quoted).user_data
    assert value["outputs"] == {
        "db_instance": {
            "main": {
                "endpoint": Reference("db_instance", "main", "endpoint"),
                "port": Reference("db_instance", "main", "port"),
            }
        },
        "secret": {"app": {"arn": Reference("secret", "app", "arn")}},
    }
    known = {"db_instance": {"main": {"endpoint": "db.example.com", "port": 5432}}}
    text = rendered({**value, "outputs": known})
    assert text.startswith("#!/usr/bin/python3\n")
    given: list[dict[str, Any]] = []
    listening = text.replace("\nif __name__", "\nmain = given.append\nif __name__")
    exec(listening, {"__name__": "__main__", "given": given})  # noqa: S102 the text itself is what instances run
    assert given[0]["outputs"] == known
    assert given[0]["user_data"] == quoted
    assert given[0]["scaling_group"] == "demo-app"
    assert given[0]["log_group"] == "/terrace/demo/bootstrap-app"


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("compute.groups[0].role", {"bootstrap": BUNDLE}),
        (
            "compute.groups[0].bootstrap.environment.HTTPS_PROXY",
            {"role": "app", "bootstrap": {**BUNDLE, "environment": {"HTTPS_PROXY": "http://user:hunter2@proxy:3128"}}},
        ),
        ("compute.groups[0].user_data", {"role": "app", "bootstrap": BUNDLE, "user_data": "#cloud-config\n"}),
        ("compute.groups[0].user_data", {"role": "app", "bootstrap": BUNDLE, "user_data": "#!/bin/sh\n" + "# long\n" * 1500}),
        (
            "compute.groups[0].lifecycle_hooks[0].name",
            {"role": "app", "bootstrap": BUNDLE, "lifecycle_hooks": [{**HOOK, "name": "bootstrap"}]},
        ),
        ("compute.groups[0].bootstrap.outputs[0]", {"role": "app", "bootstrap": {**BUNDLE, "outputs": ["db/main"]}}),
        ("compute.groups[0].warm_pool", {"role": "app", "bootstrap": BUNDLE, "warm_pool": {}}),
        ("compute.groups[0].bootstrap.sha256", {"role": "app", "bootstrap": {**BUNDLE, "sha256": "0"}}),
    ],
)
def test_a_bootstrap_that_cannot_work_is_refused(path: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as error:
        build(**changes)
    assert error.value.path == path


def test_a_group_names_the_version_it_starts() -> None:
    assert scaling_group().template_version == Reference("launch_template", "app", "version")


def test_changes_are_rolled_out_where_that_is_asked_for() -> None:
    assert scaling_group().refresh is None
    assert scaling_group(refresh={"enabled": False}).refresh is None
    refresh = scaling_group(refresh={}).refresh
    assert (refresh["min_healthy"], refresh["max_healthy"], refresh["auto_rollback"]) == (100, 110, True)


def test_hosts_that_configure_themselves_are_replaced_unless_that_is_switched_off() -> None:
    assert scaling_group(role="app", bootstrap=BUNDLE).refresh == scaling_group(refresh={}).refresh
    assert scaling_group(role="app", bootstrap=BUNDLE, refresh={"enabled": False}).refresh is None


def test_a_mix_begins_with_the_groups_own_type() -> None:
    assert (scaling_group().mixed, scaling_group().capacity_rebalance) == ({}, False)
    group = scaling_group(mixed_instances={"types": ["t3a.small"], "on_demand_percentage": 0})
    assert group.mixed == {
        "overrides": ({"InstanceType": "t3.small"}, {"InstanceType": "t3a.small"}),
        "on_demand_base": 0,
        "on_demand_percentage": 0,
    }
    assert group.capacity_rebalance


def test_what_schedules_change_is_only_where_a_group_starts() -> None:
    assert (scaling_group().minimum, scaling_group().maximum, scaling_group().floor) == (2, 6, None)
    group = scaling_group(schedules=[{**NIGHT, "min": 0, "desired": 0}])
    assert (group.minimum, group.floor, group.maximum, group.ceiling) == (None, 2, 6, None)


def test_schedules_are_of_their_group() -> None:
    action = build(schedules=[{**NIGHT, "desired": 0}])[Key("scheduled_action", "app/night")].values
    assert (action.group, action.time_zone, action.sizes) == (Reference("auto_scaling_group", "app"), "Etc/UTC", {"desired": 0})


def test_requests_are_those_of_the_first_target_group() -> None:
    policies = build(target_groups=["app", "admin"], target_tracking={"cpu": 50, "requests_per_target": 1000})
    policy = policies[Key("scaling_policy", "app/requests-per-target")].values
    assert (policy.metric, policy.target) == ("ALBRequestCountPerTarget", 1000)
    assert policy.target_group == Reference("target_group", "app")
    assert Key("scaling_policy", "app/cpu") in policies


BACKLOG = {"name": "backlog", "comparison": "above", "threshold": 100, "distances": [0, 50], "changes": [1, 3]}


def test_a_step_policy_comes_with_its_alarm() -> None:
    built = build(step_policies=[BACKLOG])
    policy, alarm = (built[Key(kind, "app/backlog")].values for kind in ("step_policy", "alarm"))
    assert policy.steps == ({"lower": 0.0, "upper": 50.0, "change": 1}, {"lower": 50.0, "upper": None, "change": 3})
    assert (alarm.comparison, alarm.threshold) == ("GreaterThanOrEqualToThreshold", 100.0)
    assert alarm.dimensions == {"AutoScalingGroupName": Reference("auto_scaling_group", "app")}
    assert alarm.actions == (Reference("step_policy", "app/backlog", "arn"),)


def test_steps_below_a_threshold_go_down() -> None:
    below = {**BACKLOG, "comparison": "below", "changes": [-1, -3], "dimensions": {"QueueName": "jobs"}}
    built = build(step_policies=[below])
    steps = built[Key("step_policy", "app/backlog")].values.steps
    assert steps == ({"lower": -50.0, "upper": 0.0, "change": -1}, {"lower": None, "upper": -50.0, "change": -3})
    assert built[Key("alarm", "app/backlog")].values.dimensions == {"QueueName": "jobs"}


def test_a_warm_pool_is_as_great_as_the_group_if_nothing_else_is_said() -> None:
    assert scaling_group().warm_pool == {}
    assert scaling_group(warm_pool={}).warm_pool == {"min": 0, "max_prepared": -1, "state": "Stopped", "reuse": False}
