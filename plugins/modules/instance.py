#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: instance
short_description: Converge a stack's single instances
version_added: 0.1.0
description:
  - Converges EC2 instances that are no members of a group, with their data volumes, Elastic IP addresses and alarms.
  - Instances require version 2 of the instance metadata service, and their volumes are encrypted.
  - An instance is changed in place wherever EC2 can. Another type stops and starts it, which has to be allowed. What
    only a new instance can have, such as another subnet, has to be named in O(allow_replacement).
  - Data volumes and the address outlive their instance. A new one gets them.
  - Instances carry the tags C(terrace:stack) and C(terrace:group), the latter with their own name.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  instances:
    description: Single instances.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description, and the name of its host's inventory group.
        type: str
        required: true
      image:
        description:
          - The machine image, either by O(instances[].image.parameter) or by the other three.
          - It is looked up when the instance is created and pinned there. A newer image is no change; RV(notes) tells
            that there is one.
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
            description: Whether a newer image replaces the instance, which has to be named in O(allow_replacement) too.
            type: bool
            default: false
      type:
        description: The instance type.
        type: str
        required: true
      allow_stop:
        description: Whether the instance may be stopped and started for another type. Otherwise that is refused.
        type: bool
        default: false
      running:
        description: Whether it runs. A stopped instance is started again, unless this is V(false), which stops it.
        type: bool
        default: true
      subnet:
        description: The class of subnets.
        type: str
        required: true
      zone:
        description: The availability zone, which its volumes are in, too. Neither can leave it.
        type: str
        required: true
      security_groups:
        description: Names of security groups.
        type: list
        elements: str
        required: true
      private_address:
        description: The private IPv4 address. By default EC2 chooses one.
        type: str
      elastic_ip:
        description: Whether it has a public address that stays.
        type: bool
        default: false
      reverse_dns:
        description:
          - The name that reverse DNS gives for the Elastic IP address, as mail servers ask for it.
          - EC2 wants an A record of that name with this address first, which M(terrace.aws.dns) can have by the instance's name.
        type: str
      target_groups:
        description: The target groups of M(terrace.aws.load_balancer) that it serves, at their port, while it runs.
        type: list
        elements: str
        default: []
      source_dest_check:
        description: Whether it drops what is neither from nor for itself. Routers and NAT instances need V(false).
        type: bool
        default: true
      role:
        description: The role of M(terrace.aws.identity) that it has, by an instance profile.
        type: str
      key_name:
        description: The name of an EC2 key pair. Not needed with Session Manager.
        type: str
        default: ""
      user_data:
        description: What it runs at its first start. A change does nothing to an instance that exists.
        type: str
        default: ""
      kms_key:
        description: The name of the KMS key of its volumes, of M(terrace.aws.identity). EBS's default key without it.
        type: str
      root_volume:
        description: The volume with the system. It goes with the instance.
        type: dict
        default: {}
        suboptions:
          size:
            description: Its size in GiB. It can grow in place, and the file system has to be grown after it.
            type: int
            default: 20
          type:
            description: Its type. It can be changed in place.
            type: str
            choices: [gp3, gp2]
            default: gp3
      volumes:
        description: Volumes for data.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          device:
            description: The device name for the API, such as V(/dev/sdf). Nitro instances show an NVMe device instead.
            type: str
            required: true
          size:
            description: Its size in GiB. It can grow in place, and the file system has to be grown after it.
            type: int
            required: true
          type:
            description: Its type. It can be changed in place.
            type: str
            choices: [gp3, gp2, io1, io2, st1, sc1]
            default: gp3
          iops:
            description: IOPS of V(gp3), V(io1) and V(io2). Required for the latter two.
            type: int
          throughput:
            description: MiB/s of V(gp3).
            type: int
          snapshot:
            description: The id of a snapshot that a new volume begins with.
            type: str
          final_snapshot:
            description: Whether a snapshot of it is kept when it is deleted.
            type: bool
            default: true
      metadata_hop_limit:
        description: How many network hops an answer of the metadata service survives. Containers need V(2).
        type: int
        default: 1
      detailed_monitoring:
        description: Whether metrics come each minute, which costs extra, instead of every five.
        type: bool
        default: false
      termination_protection:
        description: Whether it is protected from termination, by this module as by others.
        type: bool
        default: true
      stop_protection:
        description: Whether it is protected from being stopped, and so from termination too.
        type: bool
        default: false
      recovery:
        description:
          - What happens when the hardware fails. V(auto) is what EC2 does by itself. V(alarm) adds a CloudWatch alarm
            that recovers the instance and shows when it has. V(none) turns recovery off.
        type: str
        choices: [auto, alarm, none]
        default: auto
      cpu_credits:
        description: What happens when the CPU credits of t types are used up. EC2's default for the type otherwise.
        type: str
        choices: [standard, unlimited]
      instance_tags:
        description: More tags for the instance and its root volume.
        type: dict
        default: {}
seealso:
  - module: terrace.aws.compute
  - module: terrace.aws.dns
  - module: terrace.aws.network
  - module: terrace.aws.stack
"""

EXAMPLES = r"""
- name: Converge a mail server with a volume for its mailboxes and an address that has a name
  terrace.aws.instance:
    stack:
      name: agency-production
      account: "123456789012"
      region: eu-west-1
    instances:
      - name: mail
        image:
          parameter: /aws/service/debian/release/12/latest/amd64
        type: t3.small
        subnet: public
        zone: eu-west-1a
        security_groups: [mail]
        role: mail
        elastic_ip: true
        reverse_dns: mail.example.com
        recovery: alarm
        volumes:
          - name: mailboxes
            device: /dev/sdf
            size: 100
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: instance, name: mail, id: i-0a1b2c3d4e5f60718, action: update, fields: [security_groups]}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample: {instance: {mail: {id: i-0a1b2c3d4e5f60718, private_ip: 10.20.0.10, public_ip: 198.51.100.7}}}
orphans:
  description: Resources that carry the stack's tags but are not declared any more.
  type: list
  elements: dict
  returned: success
seconds:
  description: Wall-clock seconds that the tier took.
  type: dict
  returned: when something changed
disruptions:
  description: What the updates interrupt. Also shown as warnings.
  type: list
  elements: str
  returned: success
notes:
  description: Facts that the user has to know, such as the id of a final snapshot.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.terrace.aws.plugins.module_utils.module import run_tier, tier_module


def main() -> None:
    module = tier_module("instance")
    run_tier(module, "instance")


if __name__ == "__main__":
    main()
