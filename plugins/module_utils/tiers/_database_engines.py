# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the engines of RDS, as data.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (DBName, MasterUsername)
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from ansible_collections.terrace.aws.plugins.module_utils.kinds import _rds


@dataclasses.dataclass(frozen=True)
class Engine:
    """`major` and `minor` are versions as the description may give them, `example` is one of each.

    `parameters` force TLS, whatever a version's own default is. What is `reserved` are names that RDS or the engine has
    itself. `options` says whether RDS has option groups with anything in them for the engine.
    """

    name: str
    major: re.Pattern[str]
    example: tuple[str, str]
    port: int
    parameters: Mapping[str, str]
    logs: tuple[str, ...]
    users: re.Pattern[str]
    reserved_users: frozenset[str]
    reserved_databases: frozenset[str]
    options: bool

    def major_of(self, version: str) -> str:
        return _rds.major(self.name, version)

    def knows(self, version: str) -> bool:
        return bool(self.major.fullmatch(self.major_of(version))) and len(version.split(".")) <= self._parts + 1

    def is_minor(self, version: str) -> bool:
        return len(version.split(".")) > self._parts

    @property
    def _parts(self) -> int:
        return len(self.example[0].split("."))

    def family(self, version: str) -> str:
        return f"{self.name}{self.major_of(version)}"

    def default_option_group(self, version: str) -> str | None:
        return f"default:{self.name}-{self.major_of(version).replace('.', '-')}" if self.options else None


OF_RDS = frozenset({"rdsadmin", "rdsrepladmin", "rdstopmgr", "rdsproxyadmin"})
MYSQL_USERS = OF_RDS | {"mysql", "public", "mysql.sys", "mariadb.sys"}
MYSQL_DATABASES = frozenset({"mysql", "information_schema", "performance_schema", "sys", "innodb", "tmp", "rdsadmin"})
MYSQL_LOGS = ("audit", "error", "general", "slowquery", "iam-db-auth-error")
ENGINES = {
    engine.name: engine
    for engine in (
        Engine(
            name="postgres",
            major=re.compile(r"1[2-9]|[2-9]\d"),
            example=("16", "16.4"),
            port=5432,
            parameters={"rds.force_ssl": "1"},
            logs=("postgresql", "upgrade", "iam-db-auth-error"),
            users=re.compile(r"(?!pg_|rds_)[a-z][a-z0-9_]{0,62}"),
            reserved_users=OF_RDS | {"admin", "public", "user"},
            reserved_databases=frozenset({"rdsadmin", "template0", "template1"}),
            options=False,
        ),
        Engine(
            name="mysql",
            major=re.compile(r"5\.7|[89]\.\d"),
            example=("8.4", "8.4.3"),
            port=3306,
            parameters={"require_secure_transport": "1"},
            logs=MYSQL_LOGS,
            users=re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}"),
            reserved_users=MYSQL_USERS,
            reserved_databases=MYSQL_DATABASES,
            options=True,
        ),
        Engine(
            # TLS can be forced from 10.5 on.
            name="mariadb",
            major=re.compile(r"10\.([5-9]|1\d)|1[1-9]\.\d{1,2}"),
            example=("11.4", "11.4.4"),
            port=3306,
            parameters={"require_secure_transport": "1"},
            logs=MYSQL_LOGS,
            users=re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}"),
            reserved_users=MYSQL_USERS,
            reserved_databases=MYSQL_DATABASES,
            options=True,
        ),
    )
}
# All logs of all engines, for the option's choices.
LOGS = sorted({log for engine in ENGINES.values() for log in engine.logs})
