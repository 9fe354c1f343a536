# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS instances: settings that moto forgets, changes that wait for the maintenance window, one interface in the VPC.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html
"""

import secrets
from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.models import DBInstance, RDSBackend

from local_cloud.emulator.fidelity import interfaces
from local_cloud.emulator.fidelity.patching import around

# The request's parameter and the answer's member that moto does not connect.
KEPT = {
    "enable_performance_insights": "performance_insights_enabled",
    "performance_insights_retention_period": "performance_insights_retention_period",
    "network_type": "network_type",
    "database_insights_mode": "database_insights_mode",
}
# Applied at the next maintenance window unless ApplyImmediately is set.
DEFERRED = {
    "db_instance_class": "DBInstanceClass",
    "allocated_storage": "AllocatedStorage",
    "storage_type": "StorageType",
    "iops": "Iops",
    "engine_version": "EngineVersion",
    "multi_az": "MultiAZ",
    "ca_certificate_identifier": "CACertificateIdentifier",
}
# RDS resolves a major version to its default minor one.
DEFAULT_MINOR_VERSIONS = {
    "postgres": {"14": "19", "15": "14", "16": "10", "17": "6"},
    "mysql": {"8.0": "43", "8.4": "6"},
    "mariadb": {"10.6": "22", "10.11": "13", "11.4": "7", "11.8": "3"},
}


def interface_owner(database: DBInstance) -> str:
    """Return the key of the database's network interface."""
    return database.arn


@around(DBInstance, "__init__")
def initialise(original: Any, self: Any, backend: Any, **keywords: Any) -> None:
    """Resolve the version, give each database its own resource id, keep what was asked for."""
    version = keywords.get("engine_version")
    minor = DEFAULT_MINOR_VERSIONS.get(keywords.get("engine", ""), {}).get(version or "")
    if minor:
        keywords["engine_version"] = f"{version}.{minor}"
    original(self, backend, **keywords)
    self.dbi_resource_id = "db-" + secrets.token_hex(13).upper()
    for parameter, member in KEPT.items():
        if parameter in keywords:
            setattr(self, member, keywords[parameter])


@around(DBInstance, "default_db_parameter_group_details")
def default_db_parameter_group_details(original: Any, self: Any) -> tuple[str, str]:
    """Name PostgreSQL's families by the major version only."""
    if self.engine != "postgres":
        return original(self)
    family = f"postgres{self.engine_version.partition('.')[0]}"
    return family, f"default.{family}"


@around(RDSBackend, "create_db_instance")
def create_db_instance(original: Any, self: Any, db_kwargs: dict[str, Any]) -> DBInstance:
    """Put the database's interface into a subnet of its group."""
    database = original(self, db_kwargs)
    place(self, database)
    return database


def place(backend: Any, database: DBInstance) -> None:
    """Give a database its interface, if it is in a subnet group."""
    group = getattr(database, "db_subnet_group", None)
    if group is None:
        return
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    chosen = [subnet for subnet in group._subnets if subnet.availability_zone == database.availability_zone]
    subnet = (chosen or group._subnets)[0]
    database.availability_zone = subnet.availability_zone
    interface = interfaces.attach(ec2, interface_owner(database), subnet, database.vpc_security_group_ids, "RDSNetworkInterface")
    interface.requester_id = "amazon-rds"


@around(RDSBackend, "modify_db_instance")
def modify_db_instance(original: Any, self: Any, db_instance_identifier: str, db_kwargs: dict[str, Any]) -> DBInstance:
    """Hold back what waits for the maintenance window; let the interface follow the security groups."""
    database = self.describe_db_instances(db_instance_identifier)[0]
    changes = dict(db_kwargs)
    if not changes.pop("apply_immediately", False):
        database.pending_modified_values = {
            **getattr(database, "pending_modified_values", {}),
            **{api: changes.pop(name) for name, api in DEFERRED.items() if _differs(database, changes, name)},
        }
    elif "rotate_master_user_password" in changes:
        changes["apply_immediately"] = True
    database = original(self, db_instance_identifier, changes)
    if changes.get("vpc_security_group_ids"):
        ec2 = ec2_backends[self.account_id][self.region_name]
        interfaces.regroup(ec2, interface_owner(database), database.vpc_security_group_ids)
    return database


def _differs(database: DBInstance, changes: dict[str, Any], name: str) -> bool:
    return changes.get(name) is not None and changes[name] != getattr(database, name, None)
