#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compute
short_description: Converge a stack's groups of instances
version_added: 0.1.0
description:
  - Converges groups of EC2 instances. Each has a launch template, an Auto Scaling group, and what scales it.
  - Instances require version 2 of the instance metadata service, and their root volume is encrypted.
  - A changed launch template gets a new version, and the group names the version that it starts. Running instances stay
    as they are unless O(groups[].refresh) says that they are to be replaced. The five newest versions are kept, and those
    that a group still uses.
  - Instances and their volumes carry the tags C(terrace:stack) and C(terrace:group).
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  groups:
    description: Groups of instances.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description, and the name of its hosts' inventory group.
        type: str
        required: true
      image:
        description:
          - The machine image, either by O(groups[].image.parameter) or by the other three.
          - It is looked up when the launch template is created and pinned there. A newer image is no change; RV(notes)
            tells that there is one.
        type: dict
        required: true
        suboptions:
          parameter:
            description: An SSM parameter that holds the id, such as V(/aws/service/debian/release/12/latest/amd64).
            type: str
          owner:
            description: An account id, V(self), V(amazon) or V(aws-marketplace).
            type: str
          name:
            description: The image's name, with C(*) and C(?) as wildcards. The newest match is taken.
            type: str
          architecture:
            description: The processors it is made for.
            type: str
            choices: [x86_64, arm64]
          update:
            description: Whether the newest image takes the place of the pinned one.
            type: bool
            default: false
      type:
        description: The instance type.
        type: str
        required: true
      min:
        description: The least number of instances. Where O(groups[].schedules) change it, only the one to start with.
        type: int
        required: true
      max:
        description: The greatest number of instances. Where O(groups[].schedules) change it, only the one to start with.
        type: int
        required: true
      desired:
        description: The number of instances at creation, by default the least. Not compared later, since scaling is no drift.
        type: int
      subnets:
        description: The class of subnets. The group spreads over all its zones.
        type: str
        required: true
      security_groups:
        description: The names of the security groups.
        type: list
        elements: str
        required: true
      target_groups:
        description: The names of the target groups that the instances are registered with.
        type: list
        elements: str
        default: []
      role:
        description: The name of the instance profile, which is that of its role.
        type: str
      root_volume:
        description: The root volume.
        type: dict
        default: {}
        suboptions:
          size:
            description: In GiB, and at least what the image needs.
            type: int
            default: 20
          type:
            description: The volume type.
            type: str
            choices: [gp3, gp2]
            default: gp3
          encrypted:
            description: Whether it is encrypted.
            type: bool
            default: true
          kms_key:
            description:
              - The name of the KMS key, by default the account's key for volumes. Its C(services) have to name
                V(autoscaling.amazonaws.com), which starts the instances.
            type: str
      key_name:
        description: The name of an EC2 key pair for SSH.
        type: str
        default: ""
      user_data:
        description: What the first boot runs, at most 16 KiB. Everybody on the host can read it, so it must hold no secrets.
        type: str
        default: ""
      bootstrap:
        description:
          - Lets instances configure themselves. At its first boot an instance fetches a bundle with its role, verifies it, runs
            it, and tells the group. Until then a lifecycle hook named C(bootstrap) keeps it out of service; when it fails, it is
            replaced, and the log group C(/terrace/<stack>/bootstrap-<group>) says why.
          - C(site.yml) fills in O(groups[].bootstrap.bundle), O(groups[].bootstrap.sha256) and O(groups[].bootstrap.outputs), so
            that inventories say only C(bootstrap) with what differs from the defaults. The role has to name the group in
            O(terrace.aws.identity#module:roles[].fleets).
          - O(groups[].user_data) is run before the bundle, as a program that begins with C(#!).
        type: dict
        suboptions:
          bundle:
            description: Where the bundle is, as bucket and key with a slash between.
            type: str
            required: true
          sha256:
            description: The checksum of the bundle's archive, before its compression.
            type: str
            required: true
          outputs:
            description: The outputs of the stack that instances need, as V(db_instance/main/endpoint).
            type: list
            elements: str
            default: []
          timeout:
            description: Seconds that an instance may take.
            type: int
            default: 1800
          environment:
            description:
              - Variables for everything that runs then, such as C(HTTPS_PROXY), C(PIP_INDEX_URL) or C(AWS_CA_BUNDLE). Everybody
                on the host can read them.
            type: dict
            default: {}
      health_check:
        description:
          - What makes the group replace an instance. V(EC2) is a failed status check, V(ELB) also a failed check of a
            target group, which only suits instances that configure themselves.
        type: str
        choices: [EC2, ELB]
        default: EC2
      health_check_grace:
        description: Seconds after an instance's start in which failed checks do not count.
        type: int
        default: 300
      lifecycle_hooks:
        description:
          - What holds instances on their way in or out until C(CompleteLifecycleAction) is called for them. The very first
            instances meet them too.
          - Hooks beyond these are removed. Not given, the group's hooks are left alone.
          - Each has a C(name), which the call that completes the action needs, and a C(transition), V(launching) or
            V(terminating). After C(timeout) seconds, V(3600) by default, C(default_result) holds, V(ABANDON) by default or
            V(CONTINUE).
        type: list
        elements: dict
      warmup:
        description:
          - Seconds until a new instance counts as one that takes its load, for scaling policies and instance refreshes.
          - Without it, AWS takes O(groups[].health_check_grace) for refreshes and 300 for policies.
        type: int
      refresh:
        description:
          - How running instances are replaced when the launch template changes. The run waits for it, and fails if AWS
            gives it up or takes it back; the next run then tries again.
          - C(min_healthy), V(100) by default, is the percentage of the group that has to be in service all the time, and
            C(max_healthy), V(110), the one that may run meanwhile. Above V(100), new instances start before old ones go.
            C(checkpoints) are ascending percentages of replaced instances, the last V(100), at which it stops for
            C(checkpoint_delay) seconds, V(3600). With C(auto_rollback), V(true), instances of the old version come back when
            it fails.
          - Not given, they are replaced with these defaults where instances configure themselves, by
            O(groups[].bootstrap). Elsewhere, and with C(enabled) V(false), they stay as they are, and only new instances
            are of the new version.
        type: dict
      mixed_instances:
        description:
          - More types than O(groups[].type), and Spot capacity.
          - C(types) are further instance types, tried in this order for on-demand capacity. C(on_demand_base) instances,
            V(0) by default, are on demand in any case, and of the others C(on_demand_percentage), V(100). The rest is Spot
            capacity, from where price and capacity are best. With C(capacity_rebalance), V(true), a Spot instance at risk is
            replaced before it is interrupted.
        type: dict
      target_tracking:
        description:
          - Scaling that holds metrics at targets. Other target tracking policies of the group are removed.
          - C(cpu) is the average CPU utilisation of the group in percent. C(requests_per_target) are the requests of one
            minute for each instance that the load balancer of the first of O(groups[].target_groups) counts.
        type: dict
      step_policies:
        description:
          - Policies that an alarm of their own sets off. Other step policies of the group are removed.
          - Each has a C(name) and a C(metric), V(CPUUtilization) by default, of C(namespace), V(AWS/EC2), with C(dimensions),
            by default those of the group. Its C(statistic), V(Average), has to be C(above) or C(below) C(threshold), by
            C(comparison), for C(periods), V(3), of C(period) seconds, V(60).
          - C(distances) from the threshold, V([0]) by default and ascending, begin the steps, and C(changes) say what each
            does. They are instances more or less, or by C(adjustment) V(percent), or the V(exact) number, instead of V(count).
        type: list
        elements: dict
        default: []
      warm_pool:
        description:
          - Instances that are started in advance and wait beside the group, where they pass its launching hooks, and pass them
            again when they leave. That is why O(groups[].bootstrap) excludes it.
          - C(min) is their least number, V(0) by default, and C(max_prepared) that of them and the group together, by default
            the group's greatest. They wait C(state) V(stopped) or V(running). With C(reuse), V(false), instances come back
            when the group shrinks.
        type: dict
      schedules:
        description:
          - Sizes for certain times. Other recurring schedules of the group are removed.
          - Each has a C(name), a C(recurrence) of minute, hour, day of month, month and day of week, as in
            V(0 18 * * MON-FRI), in its C(time_zone), V(Etc/UTC) by default, and some of C(min), C(max) and C(desired).
        type: list
        elements: dict
        default: []
      metadata_hop_limit:
        description: How many network hops an answer of the metadata service survives. Containers need V(2).
        type: int
        default: 1
      detailed_monitoring:
        description: Whether metrics come each minute, which costs extra, instead of every five.
        type: bool
        default: false
      instance_tags:
        description: More tags for instances and volumes.
        type: dict
        default: {}
seealso:
  - module: terrace.aws.stack
  - module: terrace.aws.network
  - module: terrace.aws.load_balancer
"""

EXAMPLES = r"""
- name: Converge a group of two to six Debian hosts behind a target group
  terrace.aws.compute:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    groups:
      - name: app
        image:
          parameter: /aws/service/debian/release/12/latest/amd64
        type: t3.small
        min: 2
        max: 6
        subnets: app
        security_groups: [app]
        target_groups: [app]
        role: app
        target_tracking:
          cpu: 50

- name: Roll changes out a tenth at a time, half of it on Spot, and keep fewer at night
  terrace.aws.compute:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    groups:
      - name: app
        image:
          parameter: /aws/service/debian/release/12/latest/amd64
        type: t3.small
        min: 4
        max: 12
        subnets: app
        security_groups: [app]
        target_groups: [app]
        role: app
        health_check: ELB
        warmup: 120
        refresh:
          checkpoints: [10, 100]
          checkpoint_delay: 600
        mixed_instances:
          types: [t3a.small]
          on_demand_base: 2
          on_demand_percentage: 50
        schedules:
          - {name: night, recurrence: 0 22 * * *, time_zone: Europe/Berlin, min: 2}
          - {name: day, recurrence: 0 6 * * *, time_zone: Europe/Berlin, min: 4}
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: auto_scaling_group, name: app, id: jyoti-production-app, action: update, fields: [maximum]}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample: {launch_template: {app: {id: lt-0a1b2c3d4e5f60718, version: 3, image: ami-0a1b2c3d4e5f60718}}}
orphans:
  description: Resources that carry the stack's tags but are not declared any more.
  type: list
  elements: dict
  returned: success
seconds:
  description: Wall-clock seconds that the tier took.
  type: dict
  returned: when something changed
notes:
  description: Facts that the user has to know.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.terrace.aws.plugins.module_utils.module import run_tier, tier_module


def main() -> None:
    module = tier_module("compute")
    run_tier(module, "compute")


if __name__ == "__main__":
    main()
