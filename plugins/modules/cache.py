#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cache
short_description: Converge a stack's caches
version_added: 0.1.0
description:
  - Converges ElastiCache replication groups of Valkey and Redis, a parameter group for each, a subnet group for each class of
    subnets that they are in, and the users and user groups that may log in.
  - Caches are encrypted at rest and in transit, and clients have to log in, with a token or as users. Tokens and passwords
    are the values of secrets, which ElastiCache gets without their appearing anywhere. When such a value changes, the next
    run sets the new one. How far it got stands in the tags of the cache or of the user, as the version of the secret.
  - Changes are applied at once, not in the maintenance window. A new engine, version or node type interrupts writes for
    seconds, or without a replica everything for minutes.
  - ElastiCache knows no deletion protection. That of O(replication_groups[].deletion_protection) is a tag that these modules
    respect. Deleting a cache deletes its automatic snapshots and, by default, leaves a final snapshot that is not part of
    the stack.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  replication_groups:
    description: Caches.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. The id is the stack's name and this one.
        type: str
        required: true
      engine:
        description: The engine. A cache can change from V(redis) to V(valkey) in place, and not back.
        type: str
        choices: [valkey, redis]
        default: valkey
      version:
        description:
          - The least minor version, such as V("8.0"), from 7.2 on for V(valkey), V("7.0") or V("7.1") for V(redis).
            ElastiCache may have raised it. There is no way back to a lower one.
          - With another engine or major version the parameter group changes, which needs C(cache_parameter_group/name) in
            O(allow_replacement). In cluster mode it is C(cache_parameter_group/name/cluster).
        type: str
        required: true
      node_type:
        description: The node type, such as V(cache.t4g.small). V(cache.r6gd) types have data tiering, and stay among themselves.
        type: str
        required: true
      cluster_mode:
        description:
          - Whether the data is distributed over shards. An existing cache becomes V(compatible) first, for its clients to move
            to the cluster protocol, and V(enabled) then. There is no way back.
          - The mode is also in the parameter group, so that another mode has another one. The one before is reported as not
            declared any more.
        type: str
        choices: [disabled, compatible, enabled]
        default: disabled
      shards:
        description: The number of shards, which needs O(replication_groups[].cluster_mode=enabled) to be more than one.
        type: int
        default: 1
      replicas:
        description: The number of replicas of each shard. One of them takes over when the primary fails.
        type: int
        default: 1
      multi_az:
        description: Whether primary and replicas are in different zones. By default they are if there is a replica.
        type: bool
      port:
        description: The port. Another one needs a replacement.
        type: int
        default: 6379
      subnets:
        description: The class of subnets, in at least two zones if there are replicas.
        type: str
        required: true
      security_groups:
        description: Names of security groups.
        type: list
        elements: str
        required: true
      encrypted:
        description: Whether data on disk, in backups and snapshots is encrypted. A change needs a replacement.
        type: bool
        default: true
      kms_key:
        description: Name of the key that encrypts, by default the service's own. A change needs a replacement.
        type: str
      transit_encryption:
        description:
          - Whether clients have to use TLS. An existing cache without it becomes V(preferred) first, for its clients to
            change over, and V(required) then; the way back is the same.
          - Clients log in with V(required) only. ElastiCache lets whoever reaches a cache with V(preferred) do everything,
            with TLS or without, so do not leave it so for long.
        type: str
        choices: [required, preferred, disabled]
        default: required
      auth_token_secret:
        description:
          - Name of the secret whose value clients log in with. It has 16 to 128 letters, digits and C(!&#$^<>-), so have it
            generated with C(exclude_punctuation).
          - While a new value is being set, the former one stays valid. Existing connections are kept.
        type: str
      auth_token_key:
        description: The key of the token in a secret that is JSON. By default the token is the whole value.
        type: str
      keep_former_token:
        description:
          - Whether the token before stays valid beside a new one, until the next or until this is V(false). So clients can
            change over in their own time.
        type: bool
        default: false
      user_group:
        description: Name of the user group whose users may log in, instead of O(replication_groups[].auth_token_secret).
        type: str
      parameters:
        description:
          - Parameters by name, managed as a whole. What goes from here is reset to the engine's default. Booleans are C(yes)
            and C(no) for ElastiCache.
        type: dict
        default: {}
      restore_snapshot:
        description:
          - Name of a snapshot whose data a new cache begins with. It matters only when the cache is made. Leave it in the
            description.
        type: str
      snapshot_retention:
        description: Days for which automatic snapshots are kept. V(0) turns them off.
        type: int
        default: 7
      snapshot_window:
        description: When snapshots are made, such as V(03:00-04:00), in UTC, at least an hour. By default ElastiCache chooses.
        type: str
      maintenance_window:
        description: When ElastiCache maintains the cache, such as V(sun:04:30-sun:05:30), in UTC, at least an hour.
        type: str
      auto_minor_version_upgrade:
        description: Whether ElastiCache raises the minor version in the maintenance window.
        type: bool
        default: true
      logs:
        description: Logs that are delivered to CloudWatch Logs.
        type: list
        elements: dict
        default: []
        suboptions:
          type:
            description: Which log.
            type: str
            choices: [slow-log, engine-log]
            required: true
          log_group:
            description: Name of the log group.
            type: str
            required: true
          format:
            description: The format of its lines.
            type: str
            choices: [json, text]
            default: json
      deletion_protection:
        description: Whether the cache must not be deleted. It has to be converged to V(false) before a teardown.
        type: bool
        default: true
      final_snapshot:
        description: Whether deleting the cache leaves a snapshot. A cache not declared any more leaves one.
        type: bool
        default: true
  users:
    description:
      - Users of caches. Besides these, there is one called C(default) if there is a user group. It has no rights, and is in
        all groups, where the service would put one with all rights otherwise.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. The id is the stack's name and this one.
        type: str
        required: true
      username:
        description: The name to log in with, by default O(users[].name). With O(users[].authentication=iam) it is the id.
        type: str
      access_string:
        description: Whether the user is on, the keys and channels, and the commands, such as V(on ~app:* +@read +@write).
        type: str
        required: true
      authentication:
        description: How the user logs in. With V(iam) by short-lived tokens of a role that may C(elasticache:Connect).
        type: str
        choices: [password, iam]
        default: password
      password_secret:
        description: Name of the secret with the password, of 16 to 128 characters.
        type: str
      password_key:
        description: The key of the password in a secret that is JSON. By default the password is the whole value.
        type: str
      keep_former_password:
        description: Whether the password before stays valid beside a new one, until the next or until this is V(false).
        type: bool
        default: false
  user_groups:
    description: Groups of users, for O(replication_groups[].user_group).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. The id is the stack's name and this one.
        type: str
        required: true
      users:
        description: Names of users.
        type: list
        elements: str
        required: true
seealso:
  - module: terrace.aws.network
  - module: terrace.aws.secrets
  - module: terrace.aws.stack
"""

EXAMPLES = r"""
- name: Converge a cache for sessions, with a replica in another zone
  terrace.aws.cache:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    replication_groups:
      - name: sessions
        version: "8.0"
        node_type: cache.t4g.small
        subnets: data
        security_groups: [cache]
        auth_token_secret: cache
        parameters:
          maxmemory-policy: noeviction

- name: Converge a cache of three shards, with a user for the application and one that may only read
  terrace.aws.cache:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    users:
      - name: app
        access_string: on ~* &* +@all -@dangerous
        password_secret: cache-app
      - name: reports
        access_string: on ~report:* +@read
        authentication: iam
    user_groups:
      - name: everybody
        users: [app, reports]
    replication_groups:
      - name: objects
        version: "8.0"
        node_type: cache.r7g.large
        cluster_mode: enabled
        shards: 3
        subnets: data
        security_groups: [cache]
        user_group: everybody
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: cache_replication_group, name: sessions, id: jyoti-production-sessions, action: create, fields: []}
outputs:
  description:
    - The id and further facts of each resource, by kind and name. In cluster mode a cache has C(configuration_endpoint)
      instead of C(primary_endpoint) and C(reader_endpoint).
  type: dict
  returned: success
  sample:
    cache_replication_group:
      sessions:
        id: jyoti-production-sessions
        primary_endpoint: master.jyoti-production-sessions.abc123.euw1.cache.amazonaws.com
        reader_endpoint: replica.jyoti-production-sessions.abc123.euw1.cache.amazonaws.com
        port: 6379
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
  description: Facts that the user has to know, such as the names of final snapshots.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.terrace.aws.plugins.module_utils.module import run_tier, tier_module


def main() -> None:
    module = tier_module("cache")
    run_tier(module, "cache")


if __name__ == "__main__":
    main()
