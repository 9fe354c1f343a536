#!/usr/bin/python
# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database
short_description: Converge a stack's databases
version_added: 0.1.0
description:
  - Converges RDS instances of PostgreSQL, MySQL and MariaDB, read replicas in the same and in other regions, a parameter
    group for each, option groups, a subnet group for each class of subnets that they are in, copies of automated backups in
    another region, and the role of enhanced monitoring.
  - The master password is made, kept in Secrets Manager and rotated by RDS. Its secret's ARN is in the outputs.
    Give applications a user and a secret of their own.
  - Changes are applied at once, not in the maintenance window. The plan warns of those that interrupt the database, and
    what RDS cannot change is refused before anything else is changed.
  - Instances are never publicly accessible, and refuse connections without TLS.
  - Deleting an instance deletes its automated backups and, by default, leaves a final snapshot that is not part of the
    stack. Replicas are deleted before their source, without a snapshot. RDS leaves exported log groups, unless
    O(instances[].log_retention) has made them part of the stack.
author: Terrace contributors (@terrace-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - terrace.aws.stack
  - terrace.aws.attributes
options:
  instances:
    description: RDS instances.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the description. The identifier is the stack's name and this one.
        type: str
        required: true
      engine:
        description: The engine. By default V(postgres), or that of a replica's source.
        type: str
        choices: [postgres, mysql, mariadb]
      version:
        description:
          - The major version, such as V("16") of PostgreSQL and V("8.4") of MySQL, which any of its minor versions
            satisfies. A minor version such as V("16.4") needs O(instances[].auto_minor_version_upgrade=false).
          - A higher major version needs O(instances[].allow_major_upgrade) and, because the groups change with it,
            C(db_parameter_group/name) in O(allow_replacement), and C(db_option_group/name) if there are options.
          - Required, but for a replica of a described instance. Without a version of its own it has what RDS gives it when
            its source is upgraded. MySQL and MariaDB want replicas upgraded first.
        type: str
      class:
        description: The instance class, such as V(db.t4g.small).
        type: str
        required: true
      replica_of:
        description:
          - The name of the instance that this one is a read replica of. It has that one's data, users and backups, and
            everything else of its own. RDS makes none of an instance without O(instances[].master_secret).
          - It begins with its source's parameters, in another region with its engine's. Its own have effect from its first
            reboot on.
          - Taking this away does not promote the replica. Promote it (C(aws rds promote-read-replica)), then take it away.
        type: str
      region:
        description:
          - The region, by default the stack's. It has to be one of the stack's regions. Subnets, security groups and keys are
            those of that region, for example external ones.
        type: str
      storage:
        description:
          - GiB, or GiB at least with O(instances[].max_storage). RDS cannot shrink storage, and lets it grow by a tenth at
            least, once in six hours.
          - Required, but for replicas and restored instances, which have what their source has.
        type: int
      storage_type:
        description: The type of storage. V(io2) needs 100 GiB and O(instances[].iops).
        type: str
        choices: [gp3, io2]
        default: gp3
      iops:
        description: Operations per second. With V(gp3), from 400 GiB on.
        type: int
      throughput:
        description: MiB per second. With V(gp3) only, from 400 GiB on.
        type: int
      max_storage:
        description: GiB up to which RDS grows the storage by itself. V(0) for never.
        type: int
        default: 0
      database:
        description: The name of a database that is made with the instance, besides the engine's own.
        type: str
      username:
        description: The master user's name, V(terrace) by default. A restored instance has the one that it had.
        type: str
      master_secret:
        description:
          - The name of a secret with the master password, instead of one that RDS makes and rotates. It is the bare value,
            or JSON with C(password), without C(/), C(@), C(") and spaces.
          - It is read when the instance is made, and not again. What rotates the secret has to change the password, too.
        type: str
      port:
        description: The port. By default the engine's, V(5432) for PostgreSQL and V(3306) for the others.
        type: int
      subnets:
        description: The class of subnets, which has to be in at least two zones.
        type: str
        required: true
      security_groups:
        description: Names of security groups.
        type: list
        elements: str
        required: true
      multi_az:
        description: Whether a standby in another zone takes over.
        type: bool
        default: false
      encrypted:
        description: Whether storage, backups and snapshots are encrypted.
        type: bool
        default: true
      kms_key:
        description:
          - The name of the KMS key for it, by default the account's key for RDS. Required of an encrypted replica in another
            region, where the key has to be. It is for Performance Insights as well.
        type: str
      ca_certificate:
        description: The certificate authority of the server's certificate.
        type: str
        choices: [rds-ca-rsa2048-g1, rds-ca-rsa4096-g1, rds-ca-ecc384-g1]
        default: rds-ca-rsa2048-g1
      parameters:
        description:
          - Parameters by name, managed as a whole. What goes from here is reset to the engine's default. Booleans are
            C(1) and C(0) for RDS.
          - C(rds.force_ssl) of PostgreSQL and C(require_secure_transport) of the others are C(1) unless given. Parameters
            that need a reboot wait for one, and the plan and the result's notes name them.
        type: dict
        default: {}
      options:
        description:
          - Options of MySQL and MariaDB by name, each with a dictionary of settings, such as
            C(MARIADB_AUDIT_PLUGIN) with C(SERVER_AUDIT_EVENTS) set to C(CONNECT). Settings that are not given are RDS's.
        type: dict
        default: {}
      backup_retention:
        description: Days for which automated backups are kept, by default 7, and none of a replica. V(0) turns them off.
        type: int
      backup_window:
        description: When backups are made, such as V(03:00-04:00), in UTC. By default RDS chooses.
        type: str
      backup_region:
        description: One of O(stack.regions) that automated backups are copied to, with the same retention.
        type: str
      backup_region_kms_key:
        description: The name of a KMS key in that region, which copies of encrypted backups need.
        type: str
      delete_automated_backups:
        description: Whether automated backups are deleted with the instance, or kept until their retention is over.
        type: bool
        default: true
      restore_snapshot:
        description:
          - The snapshot that the instance is made from, by its identifier, or by its ARN if another account shares it.
          - What an instance was restored from matters only when it is made. Leave it in the description.
        type: str
      restore_instance:
        description: The name of an instance of the stack whose automated backups the instance is made from.
        type: str
      restore_time:
        description: The point in time to restore, such as V(2026-11-20T07:30:00Z), by default V(latest).
        type: str
      maintenance_window:
        description: When RDS maintains the instance, such as V(sun:04:30-sun:05:30), in UTC. By default RDS chooses.
        type: str
      auto_minor_version_upgrade:
        description: Whether RDS raises the minor version in the maintenance window.
        type: bool
        default: true
      allow_major_upgrade:
        description:
          - Whether a higher major version in O(instances[].version) may be applied. Otherwise it is refused. RDS knows which
            version can be upgraded to which, and says so.
        type: bool
        default: false
      performance_insights:
        description: Whether Performance Insights, a part of CloudWatch Database Insights, collect data.
        type: bool
        default: false
      performance_insights_retention:
        description:
          - Days for which they are kept. V(7), the default, costs nothing. V(465) is the advanced mode of Database Insights,
            which is paid.
        type: int
        choices: [7, 465]
      monitoring_interval:
        description:
          - Seconds between the samples of enhanced monitoring, V(0) for none. Its role is made with it, for all instances.
        type: int
        choices: [0, 1, 5, 10, 15, 30, 60]
        default: 0
      log_exports:
        description:
          - Logs that are exported to CloudWatch Logs. V(postgresql) and V(upgrade) are PostgreSQL's, V(audit), V(error),
            V(general) and V(slowquery) are those of MySQL and MariaDB, V(iam-db-auth-error) is everybody's.
        type: list
        elements: str
        choices: [audit, error, general, iam-db-auth-error, postgresql, slowquery, upgrade]
        default: []
      log_retention:
        description:
          - Days for which exported logs are kept, V(0) for ever. Their log groups are then made by this module, as parts of
            the stack. One that RDS has made before has to be adopted first.
          - Without it, RDS makes log groups that keep everything and outlive the instance.
        type: int
        choices: [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
      deletion_protection:
        description: Whether the instance cannot be deleted. It has to be converged to V(false) before a teardown.
        type: bool
        default: true
      final_snapshot:
        description: Whether deleting the instance leaves a snapshot. An instance not declared any more leaves one.
        type: bool
        default: true
seealso:
  - module: terrace.aws.network
  - module: terrace.aws.stack
"""

EXAMPLES = r"""
- name: Converge a PostgreSQL server with a standby in another zone
  terrace.aws.database:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    instances:
      - name: main
        version: "16"
        class: db.t4g.small
        storage: 20
        max_storage: 100
        database: jyoti
        subnets: data
        security_groups: [db]
        multi_az: true
        parameters:
          log_min_duration_statement: 500

- name: Converge a MariaDB server with a replica in another region
  terrace.aws.database:
    stack:
      name: webapp-production
      account: "123456789012"
      region: eu-west-1
      regions: [eu-central-1]
    instances:
      - name: main
        engine: mariadb
        version: "11.4"
        class: db.m7g.large
        storage: 400
        iops: 12000
        throughput: 500
        master_secret: database-master
        subnets: data
        security_groups: [db]
        multi_az: true
        options:
          MARIADB_AUDIT_PLUGIN: {SERVER_AUDIT_EVENTS: CONNECT}
      - name: standby
        replica_of: main
        region: eu-central-1
        class: db.m7g.large
        subnets: standby
        security_groups: [standby-db]
        kms_key: standby

- name: Restore the data of this morning beside the database
  terrace.aws.database:
    stack:
      name: jyoti-production
      account: "123456789012"
      region: eu-west-1
    instances:
      - name: main-restored
        version: "16"
        class: db.t4g.small
        subnets: data
        security_groups: [db]
        restore_instance: main
        restore_time: "2026-11-20T07:30:00Z"
"""

RETURN = r"""
resources:
  description: What was done to each resource. Also returned on failure, with what was done until then.
  type: list
  elements: dict
  returned: always
  sample:
    - {kind: db_instance, name: main, id: jyoti-production-main, action: create, fields: []}
outputs:
  description: The id and further facts of each resource, by kind and name.
  type: dict
  returned: success
  sample:
    db_instance:
      main:
        id: jyoti-production-main
        endpoint: jyoti-production-main.abcdefghijkl.eu-west-1.rds.amazonaws.com
        port: 5432
        database: jyoti
        username: terrace
        master_secret_arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-0a1b2c3d-AbCdEf
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
    module = tier_module("database")
    run_tier(module, "database")


if __name__ == "__main__":
    main()
