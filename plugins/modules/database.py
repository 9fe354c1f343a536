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
  - Converges RDS instances, a parameter group for each, and a subnet group for each class of subnets that they are in.
  - The master password is made, kept in Secrets Manager and rotated by RDS. Its secret's ARN is in the outputs.
    Give applications a user and a secret of their own.
  - Changes are applied at once, not in the maintenance window. A new class, storage type or version interrupts the
    database, with O(instances[].multi_az) for a shorter time.
  - Instances are never publicly accessible. PostgreSQL refuses connections without TLS.
  - Deleting an instance deletes its automated backups and, by default, leaves a final snapshot that is not part of the
    stack. RDS leaves exported log groups.
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
        description: The engine.
        type: str
        choices: [postgres]
        default: postgres
      version:
        description:
          - The major version, such as V("16"), which any of its minor versions satisfies. A minor version such as
            V("16.4") needs O(instances[].auto_minor_version_upgrade=false).
          - A higher major version needs O(instances[].allow_major_upgrade) and, because the parameter group changes with
            it, C(db_parameter_group/name) in O(allow_replacement).
        type: str
        required: true
      class:
        description: The instance class, such as V(db.t4g.small).
        type: str
        required: true
      storage:
        description: GiB at least. RDS cannot shrink storage, so a number below the actual size changes nothing.
        type: int
        required: true
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
        description: The name of a database that is made with the instance, besides V(postgres).
        type: str
      username:
        description: The master user's name.
        type: str
        default: terrace
      port:
        description: The port. Changing it restarts the database.
        type: int
        default: 5432
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
        description: Whether storage, backups and snapshots are encrypted, with the account's key for RDS.
        type: bool
        default: true
      ca_certificate:
        description: The certificate authority of the server's certificate.
        type: str
        choices: [rds-ca-rsa2048-g1, rds-ca-rsa4096-g1, rds-ca-ecc384-g1]
        default: rds-ca-rsa2048-g1
      parameters:
        description:
          - Parameters by name, managed as a whole. What goes from here is reset to the engine's default. Booleans are
            C(1) and C(0) for RDS.
          - C(rds.force_ssl) is C(1) unless given. Parameters that need a reboot wait for one, and the result's notes
            name them.
        type: dict
        default: {}
      backup_retention:
        description: Days for which automated backups are kept. V(0) turns them off.
        type: int
        default: 7
      backup_window:
        description: When backups are made, such as V(03:00-04:00), in UTC. By default RDS chooses.
        type: str
      maintenance_window:
        description: When RDS maintains the instance, such as V(sun:04:30-sun:05:30), in UTC. By default RDS chooses.
        type: str
      auto_minor_version_upgrade:
        description: Whether RDS raises the minor version in the maintenance window.
        type: bool
        default: true
      allow_major_upgrade:
        description: Whether a higher major version in O(instances[].version) may be applied.
        type: bool
        default: false
      performance_insights:
        description: Whether Performance Insights collect data, kept for seven days without cost.
        type: bool
        default: false
      log_exports:
        description: Logs that are exported to CloudWatch Logs.
        type: list
        elements: str
        choices: [postgresql, upgrade, iam-db-auth-error]
        default: []
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
