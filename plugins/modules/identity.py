#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: identity
short_description: Converge a stack's roles, policies and keys
version_added: 0.1.0
description:
  - Converges IAM roles with their instance profiles, customer managed policies that roles share, and KMS keys.
  - The inline and attached policies of a declared role are managed as a whole. What is not declared is removed.
  - All of IAM stands under the path C(/terrace/<stack>/), so that permissions to manage it can be confined to it.
    Such a permission needs C(iam:PassRole) on the roles too, for the instances and services that get them.
  - What exists is read by C(iam:GetAccountAuthorizationDetails), which answers for the whole account in a few calls,
    however many roles the stack has.
  - A key is called C(alias/<stack>-<name>) in AWS. When it is deleted, AWS waits for the O(keys[].deletion_window) and then
    nobody can read any more what it encrypts. Declaring the key again within that time cancels the deletion.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  roles:
    description: Roles.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. In AWS the stack's name stands before it.
        type: str
        required: true
      description:
        description: What the role is for.
        type: str
        default: ""
      service:
        description:
          - The service that may assume the role, V(ec2.amazonaws.com) by default.
          - Other services than EC2 may so only for this account (C(aws:SourceAccount)). Use O(roles[].trust) for a
            service that does not tell for which account it acts.
        type: str
      trust:
        description: A whole trust policy, instead of O(roles[].service).
        type: dict
      max_session:
        description: For how many seconds the role may be assumed, from 3600 to 43200.
        type: int
        default: 3600
      managed_policies:
        description:
          - Policies to attach. Each is the name of one in O(policies), the name of one of AWS such as
            V(AmazonSSMManagedInstanceCore) or V(service-role/AmazonECSTaskExecutionRolePolicy), or an ARN.
        type: list
        elements: str
        default: []
      policies:
        description: Inline policies, all together at most 10,240 characters.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The name of the policy.
            type: str
            required: true
          statements:
            description:
              - The statements, each with C(actions), C(resources), and optionally C(effect) (V(Allow) by default),
                C(conditions) and C(sid).
              - >-
                A resource is an ARN, V(*), or a thing of the stack such as C({secret: app}), C({log_group: app}),
                C({kms_key: main}), C({bucket: uploads}), C({objects: uploads}) for what is in a bucket,
                C({file_system: shared}), or C({ecr_repository: app}). C({master_secret: main}) is the secret that RDS keeps for
                the master user of a database instance.
              - >-
                C(conditions) is written as in a policy document, for example
                C({StringEquals: {"aws:RequestedRegion": eu-west-1}}).
            type: list
            elements: dict
            required: true
      permissions_boundary:
        description: The policy that bounds what the role may ever do, written like one of O(roles[].managed_policies).
        type: str
        default: ""
      instance_profile:
        description: Whether there is an instance profile of the same name. By default when EC2 may assume the role.
        type: bool
      fleets:
        description:
          - The compute groups with a O(terrace.aws.compute#module:groups[].bootstrap) whose instances have this role. It may then
            fetch their bundles, tell their groups that they are ready, and write to their log groups.
        type: list
        elements: str
        default: []
  policies:
    description: Customer managed policies, for more than one role or as permissions boundary.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. In AWS the stack's name stands before it.
        type: str
        required: true
      description:
        description: What the policy is for. It is set at creation; AWS cannot change it later.
        type: str
        default: ""
      statements:
        description: The statements, written like those of O(roles[].policies), at most 6,144 characters.
        type: list
        elements: dict
        required: true
  keys:
    description:
      - Symmetric keys. What a key's policy allows to the account is what IAM policies allow; the options below allow more.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description, which every C(kms_key) of the stack refers to.
        type: str
        required: true
      description:
        description: What the key is for.
        type: str
        default: ""
      administrators:
        description:
          - Who may manage the key and not use it. Each is the name of one of O(roles), of an external C(iam_role), or an ARN.
          - An adopted role that has another name in AWS than the stack would give it is named by its ARN.
        type: list
        elements: str
        default: []
      users:
        description: Who may encrypt and decrypt, written like O(keys[].administrators).
        type: list
        elements: str
        default: []
      services:
        description:
          - Services that may use the key for this account, such as V(logs.amazonaws.com) for log groups and
            V(cloudwatch.amazonaws.com) for alarms that publish to an encrypted topic.
          - V(autoscaling.amazonaws.com) stands for its service-linked role, for the volumes of instances.
        type: list
        elements: str
        default: []
      enabled:
        description: Whether the key can be used. What a disabled key encrypts cannot be read.
        type: bool
        default: true
      rotation:
        description: After how many days AWS makes new key material, 90 to 2560, or 0 for never. Old material stays readable.
        type: int
        default: 365
      deletion_window:
        description: For how many days a deletion can be cancelled, 7 to 30.
        type: int
        default: 30
      region:
        description: The region, by default the stack's. It has to be one of the stack's regions.
        type: str
      multi_region:
        description:
          - Whether there can be replicas in other regions. By default when O(keys[].regions) has any. AWS cannot change it
            later.
        type: bool
      regions:
        description:
          - Regions with a replica, which has the same material and alias and is called C(<name>-<region>) in the description.
        type: list
        elements: str
        default: []
"""

EXAMPLES = r"""
- name: Converge a role for instances that read a secret and write logs
  terrace.aws.identity:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    roles:
      - name: app
        managed_policies:
          - AmazonSSMManagedInstanceCore
        policies:
          - name: read-own-secret
            statements:
              - actions: [secretsmanager:GetSecretValue]
                resources:
                  - secret: app-database
          - name: write-own-logs
            statements:
              - actions: [logs:CreateLogStream, logs:PutLogEvents]
                resources:
                  - log_group: app
          - name: use-uploads
            statements:
              - actions: [s3:ListBucket]
                resources:
                  - bucket: uploads
              - actions: [s3:GetObject, s3:PutObject, s3:DeleteObject]
                resources:
                  - objects: uploads
    keys:
      - name: main
        description: For all that is stored
        users: [app]
        services: [logs.amazonaws.com]
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: iam_role, name: app, id: jyoti-production-app, action: create, fields: []}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample:
    iam_role:
      app:
        id: jyoti-production-app
        name: jyoti-production-app
        arn: arn:aws:iam::123456789012:role/terrace/jyoti-production/jyoti-production-app
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
    module = tier_module("identity")
    run_tier(module, "identity")


if __name__ == "__main__":
    main()
