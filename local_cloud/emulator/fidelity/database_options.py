# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS option groups: today's versions, empty lists, and groups in use. moto knows versions of 2022.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithOptionGroups.html
"""

from typing import Any

from moto.core.responses import PaginatedResult
from moto.rds.exceptions import RDSClientError
from moto.rds.models import OptionGroup, RDSBackend
from moto.rds.responses import RDSResponse

from local_cloud.emulator.fidelity.patching import around

VERSIONS = {"postgres": ("14", "15", "16", "17"), "mysql": ("8.0", "8.4"), "mariadb": ("10.6", "10.11", "11.4", "11.8")}
DEFAULT = "default:"


@around(RDSBackend, "create_option_group")
def create_option_group(original: Any, self: RDSBackend, settings: dict[str, Any]) -> OptionGroup:
    """Know the versions of today."""
    engine, version = settings.get("engine_name", ""), settings.get("major_engine_version")
    if version not in VERSIONS.get(engine, ()):
        return original(self, settings)
    group = original(self, {**settings, "major_engine_version": {"postgres": "13", "mysql": "8.0"}.get(engine, "10.6")})
    group.major_engine_version = version
    return group


@around(RDSResponse, "describe_option_groups")
def describe_option_groups(original: Any, self: RDSResponse) -> PaginatedResult:
    """List all of them where nothing in particular is asked for; moto insists on a name."""
    if {"OptionGroupName", "EngineName"} & set(self.params):
        return original(self)
    return PaginatedResult({"OptionGroupsList": list(self.backend.option_groups.values())})


@around(RDSBackend, "delete_option_group")
def delete_option_group(original: Any, self: RDSBackend, option_group_name: str) -> OptionGroup:
    """Refuse while a database or a snapshot uses the group."""
    users = [*self.databases.values(), *(snapshot.database for snapshot in self.database_snapshots.values())]
    if any(user.option_group_name == option_group_name for user in users):
        raise RDSClientError("InvalidOptionGroupStateFault", f"The option group '{option_group_name}' is in use.")
    return original(self, option_group_name)


@around(RDSBackend, "create_db_instance")
def create_db_instance(original: Any, self: RDSBackend, settings: dict[str, Any]) -> Any:
    """Every region has the engines' own groups."""
    given = settings.get("option_group_name") or ""
    if not given.startswith(DEFAULT):
        return original(self, settings)
    database = original(self, {name: value for name, value in settings.items() if name != "option_group_name"})
    database.option_group_name = given
    return database
