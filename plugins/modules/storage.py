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
  - Converges Amazon S3 buckets. What is in a bucket is no business of this module, but for O(buckets[].empty_before_delete).
  - Without any further option a bucket is private, encrypted and versioned, and serves encrypted connections (TLS 1.2 and
    later) only. Nothing that a bucket holds is deleted unless the bucket says so.
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
