# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS subnet and parameter groups: kept when modified, unique, not deleted while a database uses them."""

from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import DBParameterGroupNotFoundError, DBSubnetGroupNotFoundError, RDSClientError
from moto.rds.models import DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from local_cloud.emulator.fidelity.patching import around, method

# Some of those that RDS applies at a reboot only.
STATIC = {"shared_buffers", "max_connections", "shared_preload_libraries", "performance_schema", "innodb_buffer_pool_instances"}


@around(RDSBackend, "create_subnet_group")
def create_subnet_group(original: Any, self: Any, subnet_name: str, *arguments: Any) -> Any:
    """Refuse a name that is taken; names are kept in lower case."""
    if subnet_name.lower() in self.subnet_groups:
        raise RDSClientError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{subnet_name}' already exists.")
    return original(self, subnet_name.lower(), *arguments)


@method(RDSBackend)
def modify_db_subnet_group(self: Any, subnet_name: str, description: str | None, subnets: list[Any]) -> Any:
    """Change the group; moto loses it."""
    group = self.subnet_groups.get(subnet_name)
    if group is None:
        raise DBSubnetGroupNotFoundError(subnet_name)
    group.subnets = subnets
    group.description = description or group.description
    return group


@around(RDSBackend, "delete_subnet_group")
def delete_subnet_group(original: Any, self: Any, subnet_name: str) -> Any:
    """Refuse while a database is in the group."""
    if any(database._db_subnet_group_name == subnet_name for database in self.databases.values()):
        raise RDSClientError(
            "InvalidDBSubnetGroupStateFault",
            f"Cannot delete the subnet group '{subnet_name}' because at least one database instance uses it.",
        )
    return original(self, subnet_name)


@around(RDSBackend, "delete_db_parameter_group")
def delete_db_parameter_group(original: Any, self: Any, db_parameter_group_name: str) -> Any:
    """Refuse while a database uses the group."""
    if any(database.db_parameter_group_name == db_parameter_group_name for database in self.databases.values()):
        raise RDSClientError(
            "InvalidDBParameterGroupState", "One or more database instances are still members of this parameter group."
        )
    return original(self, db_parameter_group_name)


@around(DBParameterGroup, "update_parameters")
def update_parameters(original: Any, self: Any, new_parameters: Any) -> None:
    """Mark what was set as the user's, which is what ``Source=user`` asks for."""
    original(self, new_parameters)
    for parameter in self.parameters.values():
        parameter["Source"] = "user"
        parameter.setdefault("IsModifiable", True)


@method(RDSResponse)
def reset_db_parameter_group(self: Any) -> ActionResult:
    """Forget all or the named parameters' values."""
    name = self.params.get("DBParameterGroupName")
    group = self.backend.db_parameter_groups.get(name)
    if group is None:
        raise DBParameterGroupNotFoundError(name)
    if self.params.get("ResetAllParameters"):
        group.parameters.clear()
    for parameter in self.params.get("Parameters", []):
        group.parameters.pop(parameter["ParameterName"], None)
    return ActionResult({"DBParameterGroupName": name})


@around(RDSResponse, "describe_db_parameters")
def describe_db_parameters(original: Any, self: Any) -> ActionResult:
    """Filter by source, and say what needs a reboot; the engine's own defaults are not emulated."""
    result = original(self).result
    source = self.params.get("Source")
    wanted = [item for item in result["Parameters"] if source in (None, item.get("Source"))]
    for item in wanted:
        item["ApplyType"] = "static" if item["ParameterName"] in STATIC else "dynamic"
    return ActionResult({"Parameters": wanted})
