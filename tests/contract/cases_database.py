# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the database tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_backup_replication import DbBackupReplication
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_instance import DbInstance
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_option_group import DbOptionGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_parameter_group import DbParameterGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_subnet_group import DbSubnetGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from ansible_collections.terrace.aws.plugins.module_utils.tiers.database import MONITORING_TRUST
from tests.contract.case import Case


def parameter_group(name: str) -> Declaration:
    values = DbParameterGroup(family="postgres16", description=name, parameters={"rds.force_ssl": "1"})
    return Declaration("db_parameter_group", name, "database", values)


def option_group(name: str) -> Declaration:
    values = DbOptionGroup(engine="postgres", major_version="16", description=name, options={})
    return Declaration("db_option_group", name, "database", values)


def monitoring_role(name: str) -> Declaration:
    return Declaration("iam_role", name, "database", IamRole(trust=MONITORING_TRUST))


def network(kind: str, name: str, values: Any) -> Declaration:
    return Declaration(kind, name, "network", values)


MAIN = Reference("vpc", "main")
NETWORK = (
    network("vpc", "main", Vpc(cidr="10.30.0.0/16")),
    *(
        network("subnet", f"data/eu-west-1{zone}", Subnet(vpc=MAIN, cidr=f"10.30.{number}.0/24", zone=f"eu-west-1{zone}"))
        for number, zone in enumerate("abc")
    ),
    *(network("security_group", name, SecurityGroup(vpc=MAIN, description=name)) for name in ("db", "other")),
)
TWO_ZONES = (Reference("subnet", "data/eu-west-1a"), Reference("subnet", "data/eu-west-1b"))
DATA = Declaration("db_subnet_group", "data", "database", DbSubnetGroup(description="Data", subnets=TWO_ZONES))

CASES = {
    "db_subnet_group": Case(
        DbSubnetGroup(description="Data", subnets=TWO_ZONES),
        "database",
        NETWORK,
        changes={"description": "More data", "subnets": Reference("subnet", "data/", every=True)},
    ),
    "db_parameter_group": Case(
        DbParameterGroup(
            family="postgres16", description="Data", parameters={"rds.force_ssl": "1", "log_min_duration_statement": "500"}
        ),
        "database",
        changes={"parameters": {"rds.force_ssl": "1", "work_mem": "8192"}},
    ),
    "db_option_group": Case(
        DbOptionGroup(
            engine="mariadb",
            major_version="11.4",
            description="Data",
            options={"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT"}},
        ),
        "database",
        changes={"options": {"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT,QUERY"}}},
    ),
    "db_backup_replication": Case(
        # The suite works in one region: the ARN says that the source is in another one.
        DbBackupReplication(
            source=Reference("db_instance", "source"),
            source_arn="arn:aws:rds:eu-central-1:123456789012:db:contract-suite-source",
            retention=7,
        ),
        "database",
        (
            Declaration(
                "db_instance",
                "source",
                "database",
                DbInstance(
                    engine="postgres",
                    version="16",
                    instance_class="db.t4g.small",
                    storage=20,
                    storage_type="gp3",
                    username="terrace",
                    managed_password=True,
                    backup_retention=7,
                    deletion_protection=False,
                ),
            ),
        ),
    ),
    "db_instance": Case(
        DbInstance(
            engine="postgres",
            version="16",
            instance_class="db.t4g.small",
            storage=400,
            storage_type="gp3",
            iops=12000,
            throughput=500,
            max_storage=0,
            database="app",
            username="terrace",
            managed_password=True,
            port=5432,
            subnet_group=Reference("db_subnet_group", "data"),
            security_groups=(Reference("security_group", "db"),),
            public=False,
            parameter_group=Reference("db_parameter_group", "first"),
            option_group=Reference("db_option_group", "first"),
            multi_az=False,
            encrypted=True,
            ca_certificate="rds-ca-rsa2048-g1",
            backup_retention=7,
            backup_window="03:00-04:00",
            maintenance_window="sun:05:00-sun:06:00",
            auto_minor_version_upgrade=True,
            performance_insights=True,
            performance_insights_retention=7,
            insights_mode="standard",
            monitoring_interval=30,
            monitoring_role=Reference("iam_role", "first", "arn"),
            source="",
            log_exports=("postgresql",),
            copy_tags_to_snapshot=False,
            deletion_protection=True,
            allow_major_upgrade=True,
            final_snapshot=True,
        ),
        "database",
        (
            *NETWORK,
            DATA,
            *(make(name) for make in (parameter_group, option_group, monitoring_role) for name in ("first", "second")),
        ),
        changes={
            "version": "17",
            "instance_class": "db.t4g.medium",
            "storage": 500,
            "storage_type": "io2",
            "iops": 13000,
            "throughput": 600,
            "max_storage": 1000,
            "managed_password": False,
            "port": 6432,
            "security_groups": (Reference("security_group", "db"), Reference("security_group", "other")),
            "public": True,
            "parameter_group": Reference("db_parameter_group", "second"),
            "multi_az": True,
            "ca_certificate": "rds-ca-ecc384-g1",
            "backup_retention": 14,
            "backup_window": "01:00-02:00",
            "maintenance_window": "Mon:05:00-Mon:06:00",
            "auto_minor_version_upgrade": False,
            "option_group": Reference("db_option_group", "second"),
            "performance_insights": False,
            "performance_insights_retention": 465,
            "insights_mode": "advanced",
            "monitoring_interval": 60,
            "monitoring_role": Reference("iam_role", "second", "arn"),
            "log_exports": ("upgrade",),
            "copy_tags_to_snapshot": True,
            "deletion_protection": False,
        },
        before_delete={"deletion_protection": False},
    ),
}
