#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: storage
short_description: Converge a stack's storage
version_added: 0.1.0
description:
  - Converges Amazon S3 buckets, Amazon EFS file systems and Amazon ECR repositories. What they hold is no business of this
    module, but for O(buckets[].empty_before_delete) and its like.
  - Without any further option a bucket is private, encrypted and versioned, and serves encrypted connections (TLS 1.2 and
    later) only. A file system is encrypted and backed up, and is mounted with encryption only, by named roles only. The tags
    of a repository are immutable, and what is pushed is scanned, as far as the account's registry has no rules for that of
    its own. Nothing that any of them holds is deleted unless it says so.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  buckets:
    description: S3 buckets.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Its name in the description. In AWS it is called C(<stack>-<name>-<account>), because there a name is unique in
            the world; what is longer than 63 characters is shortened and gets a hash.
        type: str
        required: true
      bucket_name:
        description: Another name in AWS, such as that of an adopted bucket, or of a website.
        type: str
      region:
        description: The region, by default the stack's. It has to be one of the stack's regions.
        type: str
      object_ownership:
        description: Who owns what others write. By default the bucket's owner, and ACLs mean nothing.
        type: str
        choices: [BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter]
        default: BucketOwnerEnforced
      block_public_access:
        description:
          - Whether policies that let everybody in are refused and have no effect. ACLs let nobody in, whatever this says.
        type: bool
        default: true
      kms_key:
        description:
          - The name of the key that encrypts new objects, with a bucket key. By default S3's own keys do.
        type: str
      versioning:
        description:
          - Whether what is overwritten or deleted can be restored. It is on by default, because the commonest loss of data is
            a mistake of a person or a program, and O(buckets[].noncurrent_expiration) bounds what it costs.
          - Switching it off keeps the versions that there are.
        type: bool
        default: true
      noncurrent_expiration:
        description: For how many days what was overwritten or deleted is kept. V(0) keeps it for ever.
        type: int
        default: 90
      abort_incomplete_uploads:
        description: After how many days the parts of uploads that were never completed are deleted. V(0) keeps them for ever.
        type: int
        default: 7
      lifecycle:
        description:
          - What happens to objects as they grow older. Each rule has V(name) and may have V(prefix), V(transitions) (days by
            storage class, of V(STANDARD_IA), V(INTELLIGENT_TIERING), V(GLACIER_IR), V(GLACIER) and V(DEEP_ARCHIVE)),
            V(expiration) (days), and for earlier versions V(noncurrent_transitions), V(noncurrent_expiration) and
            V(noncurrent_versions) (how many are kept in any case).
        type: list
        elements: dict
        default: []
      allow:
        description:
          - Services that may use the bucket for this account. V(load_balancer_logs) for the access logs of application load
            balancers, V(delivered_logs) for flow logs and others that CloudWatch Logs delivers, V(cloudtrail) for trails,
            and V(cloudfront) to let the account's distributions read objects through an origin access control.
        type: list
        elements: str
        choices: [cloudfront, cloudtrail, delivered_logs, load_balancer_logs]
        default: []
      statements:
        description:
          - Further statements of the bucket's policy, each with V(principals) (names by V(AWS), V(Service), V(Federated) or
            V(CanonicalUser)) and V(actions), and with V(sid), V(effect) (V(Allow)), V(conditions) and V(resources).
          - Resources are keys in this bucket after a slash, or an empty text for the bucket itself. By default they are both.
        type: list
        elements: dict
        default: []
      cors:
        description:
          - Which other sites may use the bucket from a browser. Each rule has V(origins) and V(methods), and may have
            V(headers), V(expose_headers) and V(max_age) (seconds).
        type: list
        elements: dict
        default: []
      logging:
        description:
          - Where requests are logged, V(bucket) by name, under V(prefix), by default C(<name>/). That bucket's policy gets the
            statement which that needs.
        type: dict
      website:
        description:
          - A static website, with V(index_document) (V(index.html)) and V(error_document). With V(public) everybody may read all
            objects, also without encryption; O(buckets[].block_public_access) has to be V(false) for that.
        type: dict
      replication:
        description:
          - The V(bucket), by name and in any region, that new objects are copied to, with a role of its own. It may have
            V(prefix), V(delete_markers) (whether deletions are copied, V(false)), V(storage_class) (V(STANDARD)) and V(kms_key)
            (of the copies, by default the other bucket's).
        type: dict
      object_lock:
        description:
          - Versions can be locked, and cannot be unlocked by whoever wants to delete them. V(mode) (V(GOVERNANCE) or
            V(COMPLIANCE)) with V(days) or V(years) is the retention of new objects; an empty dictionary has none by default.
          - It cannot be switched off again. Nothing in such a bucket is ever deleted by this module.
        type: dict
      empty_before_delete:
        description:
          - Whether all objects, with all their versions, are deleted for ever when the bucket is. Otherwise a bucket that is
            not empty is not deleted, and nor is anything else in the same run.
        type: bool
        default: false
  file_systems:
    description: EFS file systems.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description.
        type: str
        required: true
      subnets:
        description:
          - The class of subnets that it can be mounted in, with a mount target in each of them. Without it there are none.
        type: str
      security_groups:
        description:
          - Names of the security groups of the mount targets, required with O(file_systems[].subnets). Clients reach them by TCP
            port 2049.
        type: list
        elements: str
        default: []
      zone:
        description:
          - The one availability zone that all files are in, such as V(eu-west-1a), with a mount target there only. By default
            they are in all zones of the region.
        type: str
      encrypted:
        description: Whether the files are encrypted. V(false) is for file systems that are adopted.
        type: bool
        default: true
      kms_key:
        description: The name of the key that encrypts, by default the one that AWS manages for EFS.
        type: str
      performance:
        description:
          - >-
            May have V(throughput_mode), which is what is transferred at most: V(elastic) is as much as is needed and paid by
            use, V(bursting) depends on the files' size, and V(provisioned) goes with V(provisioned_throughput) in MiB/s.
            AWS allows one change of it in 24 hours.
          - May also have V(performance_mode), V(generalPurpose) or V(maxIO), which excludes elastic throughput.
        type: dict
        default: {}
      lifecycle:
        description:
          - After how many days without access files move to cheaper storage, V(transition_to_ia) and V(transition_to_archive),
            of V(1), V(7), V(14), V(30), V(60), V(90), V(180), V(270) and V(365). V(0) is never. The first access moves them back
            with V(transition_to_primary).
        type: dict
        default: {}
      automatic_backups:
        description: Whether AWS Backup backs the file system up every day, and keeps each backup for 35 days.
        type: bool
        default: true
      policy:
        description:
          - >-
            Who may mount it, always with encryption: V(readers), and V(writers), who write but not as C(root), by names of roles
            or ARNs. Their clients mount with the options C(tls) and C(iam). V(anonymous_access) is for whoever reaches a mount
            target to read and write without a role, as EFS has it without a policy.
          - V(statements) are further ones, each with V(principals) (names of roles, ARNs, accounts, or V(*) with conditions) and
            V(actions) such as V(elasticfilesystem:ClientRootAccess), and with V(sid), V(effect) (V(Allow)) and V(conditions).
        type: dict
        default: {}
      access_points:
        description:
          - Each shows one directory to one user, whoever mounts it. It has V(name), V(uid) and V(gid), and may have V(path) (by
            default C(/<name>), which is made for that user), V(secondary_gids) and V(permissions) (V('0750'), in quotes).
          - None of them can be changed, so that another one comes in its place. The files stay where they are.
        type: list
        elements: dict
        default: []
      empty_before_delete:
        description:
          - Whether all files are deleted for ever with the file system. Otherwise one that holds files, or that has mount
            targets, is not deleted, and nor is anything else in the same run. AWS takes hours to measure what was written.
          - Automatic backups stay in any case.
        type: bool
        default: false
  repositories:
    description: Private ECR repositories.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. In AWS it is called C(<stack>/<name>).
        type: str
        required: true
      repository_name:
        description:
          - Another name in AWS, such as that of an adopted repository. To describe what O(repository_replication) has filled
            or will fill, it is the name of the repository that is replicated.
        type: str
      region:
        description: The region, by default the stack's. It has to be one of the stack's regions.
        type: str
      kms_key:
        description: The name of the key that encrypts the images. By default ECR's own keys do.
        type: str
      mutable_tags:
        description: Tags that may be moved to another image, such as V(latest) or V(pr-*). All others are immutable.
        type: list
        elements: str
        default: []
      lifecycle:
        description:
          - Which images are deleted. Each rule has V(keep) (how many of the newest) or V(expiration) (days from the push). It is
            for images with V(tags), such as V(v*), with V(untagged) for those that have none, or else for all.
          - An image goes by the first rule that it fits, and the one for all images comes last.
        type: list
        elements: dict
        default: []
      policy:
        description:
          - V(readers) may pull, V(writers) also push, by names of roles or ARNs. A role that names the repository in its own
            policies need not and cannot be named here, too.
          - V(statements) are further ones, in the form of those in O(file_systems[].policy).
        type: dict
        default: {}
      empty_before_delete:
        description:
          - Whether all images are deleted for ever with the repository. Otherwise one that holds images is not deleted, and nor
            is anything else in the same run.
        type: bool
        default: false
  repository_replication:
    description:
      - Regions that the images of all repositories in the stack's region are copied to, under the same names. It is one rule,
        for all that begins with C(<stack>/), in the replication settings of the account's registry. All other rules stay.
      - ECR makes the repositories for the copies, with its own defaults and outside of the stack, unless they are described,
        too. They stay when the rule goes.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Converge the bucket for uploads
  terrace.aws.storage:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
      regions: [eu-central-1]
    buckets:
      - name: uploads
        logging: {bucket: logs}
        replication: {bucket: uploads-copy}
        cors:
          - origins: [https://example.com]
            methods: [GET, PUT]
      - name: uploads-copy
        region: eu-central-1
        lifecycle:
          - name: archive
            transitions: {GLACIER_IR: 30}
      - name: logs
        allow: [load_balancer_logs]
        lifecycle:
          - name: expire
            expiration: 365

- name: Converge the files that several hosts share, and the images that they run
  terrace.aws.storage:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    file_systems:
      - name: shared
        subnets: data
        security_groups: [files]
        lifecycle: {transition_to_ia: 30}
        policy: {writers: [app]}
        access_points:
          - {name: uploads, uid: 1000, gid: 1000}
    repositories:
      - name: app
        mutable_tags: [pr-*]
        lifecycle:
          - {tags: [pr-*], expiration: 14}
          - {keep: 50}
        policy: {writers: [deploy]}
    repository_replication: [eu-central-1]
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: bucket, name: uploads, id: jyoti-production-uploads-123456789012, action: create, fields: []}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample:
    bucket:
      uploads:
        id: jyoti-production-uploads-123456789012
        name: jyoti-production-uploads-123456789012
        arn: arn:aws:s3:::jyoti-production-uploads-123456789012
        objects: arn:aws:s3:::jyoti-production-uploads-123456789012/*
        domain: jyoti-production-uploads-123456789012.s3.eu-west-1.amazonaws.com
        contents: objects
        empty_before_delete: false
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
    module = tier_module("storage")
    run_tier(module, "storage")


if __name__ == "__main__":
    main()
