# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache's subnet and parameter groups: changed, deleted when nothing uses them, and found by their tags.

moto only creates subnet groups, and knows no parameter groups.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Operations.html
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult, EmptyResult, PaginatedResult
from moto.elasticache.exceptions import CacheSubnetGroupNotFound, ElastiCacheException
from moto.elasticache.models import CacheSubnetGroup, ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from local_cloud.emulator.fidelity.patching import around, method, store

# A few of the engines' parameters, with their defaults.
DEFAULTS = {
    "cluster-enabled": "no",
    "maxmemory-policy": "volatile-lru",
    "notify-keyspace-events": "",
    "slowlog-log-slower-than": "10000",
    "timeout": "0",
}
TAGGABLE = "cluster|snapshot|subnetgroup|replicationgroup|user|parametergroup|usergroup"


class CacheError(ElastiCacheException):
    """An error of ElastiCache that moto does not have."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def arn(backend: ElastiCacheBackend, kind: str, name: str) -> str:
    return f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:{kind}:{name}"


def parameter_groups(backend: ElastiCacheBackend) -> dict[str, dict[str, Any]]:
    return store(backend, "parameter_groups")


@around(ElastiCacheBackend, "__init__")
def initialise(original: Any, self: Any, *arguments: Any, **keywords: Any) -> None:
    """Take the ARNs of all that has tags."""
    original(self, *arguments, **keywords)
    self.arn_regex = re.compile(rf"^arn:aws:elasticache:.*:[0-9]*:({TAGGABLE}):.*$")


@around(ElastiCacheBackend, "iter_tagged_resources")
def iter_tagged_resources(original: Any, self: Any) -> Iterator[TaggedResource]:
    """Add what moto does not know."""
    yield from original(self)
    for kind, groups in (("parametergroup", parameter_groups(self)), ("usergroup", store(self, "user_groups"))):
        for group in groups.values():
            tags = self.tagging_service.get_tag_dict_for_resource(group["ARN"])
            yield TaggedResource(arn=group["ARN"], tags=tags, resource_type=f"elasticache:{kind}")


@method(ElastiCacheResponse)
def modify_cache_subnet_group(self: Any) -> ActionResult:
    """Change description and subnets."""
    group = _subnet_group(self)
    backend = self.elasticache_backend
    changed = CacheSubnetGroup(
        account_id=backend.account_id,
        region_name=backend.region_name,
        cache_subnet_group_name=group.cache_subnet_group_name,
        cache_subnet_group_description=self._get_param("CacheSubnetGroupDescription") or group.cache_subnet_group_description,
        subnet_ids=self._get_param("SubnetIds") or group.subnet_ids,
        tags=group.tags,
    )
    backend.cache_subnet_groups[group.cache_subnet_group_name] = changed
    return ActionResult({"CacheSubnetGroup": changed})


@method(ElastiCacheResponse)
def delete_cache_subnet_group(self: Any) -> EmptyResult:
    """Refuse while a replication group is in it."""
    group = _subnet_group(self)
    name, backend = group.cache_subnet_group_name, self.elasticache_backend
    if any(user.cache_subnet_group_name == name for user in backend.replication_groups.values()):
        raise CacheError("CacheSubnetGroupInUse", f"The cache subnet group {name} is in use.")
    del backend.cache_subnet_groups[name]
    return EmptyResult()


@method(ElastiCacheResponse)
def create_cache_parameter_group(self: Any) -> ActionResult:
    """Make a group, whose name is unique."""
    backend, name = self.elasticache_backend, self._get_param("CacheParameterGroupName")
    if name in parameter_groups(backend):
        raise CacheError("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists.")
    group = {
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": self._get_param("CacheParameterGroupFamily"),
        "Description": self._get_param("Description"),
        "IsGlobal": False,
        "ARN": arn(backend, "parametergroup", name),
        "Values": {},
    }
    parameter_groups(backend)[name] = group
    backend.tagging_service.tag_resource(group["ARN"], self._get_param("Tags", []))
    return ActionResult({"CacheParameterGroup": _shown(group)})


@method(ElastiCacheResponse)
def describe_cache_parameter_groups(self: Any) -> PaginatedResult:
    """Return one group, or all."""
    name = self._get_param("CacheParameterGroupName")
    groups = [_parameter_group(self)] if name else parameter_groups(self.elasticache_backend).values()
    return PaginatedResult({"CacheParameterGroups": [_shown(group) for group in groups]})


@method(ElastiCacheResponse)
def describe_cache_parameters(self: Any) -> PaginatedResult:
    """Return the parameters with their source: what somebody has set is the user's."""
    values, source = _parameter_group(self)["Values"], self._get_param("Source")
    items = [
        {
            "ParameterName": name,
            "ParameterValue": values.get(name, default),
            "Source": "user" if values.get(name, default) != default else "system",
            "IsModifiable": True,
        }
        for name, default in DEFAULTS.items()
    ]
    return PaginatedResult({"Parameters": [item for item in items if source in (None, item["Source"])]})


@method(ElastiCacheResponse)
def modify_cache_parameter_group(self: Any) -> ActionResult:
    """Set parameters that exist; whether a cache is a cluster cannot change below it."""
    group, items = _parameter_group(self), self._get_param("ParameterNameValues", [])
    names = [item["ParameterName"] for item in items]
    _check_parameters(self.elasticache_backend, group, names)
    group["Values"] |= {item["ParameterName"]: item["ParameterValue"] for item in items}
    return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})


@method(ElastiCacheResponse)
def reset_cache_parameter_group(self: Any) -> ActionResult:
    """Forget all or the named parameters' values."""
    group = _parameter_group(self)
    everything = self._get_bool_param("ResetAllParameters")
    names = DEFAULTS if everything else [item["ParameterName"] for item in self._get_param("ParameterNameValues", [])]
    _check_parameters(self.elasticache_backend, group, names)
    group["Values"] = {name: value for name, value in group["Values"].items() if name not in names}
    return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})


@method(ElastiCacheResponse)
def delete_cache_parameter_group(self: Any) -> EmptyResult:
    """Refuse while a replication group uses it."""
    name = _parameter_group(self)["CacheParameterGroupName"]
    if _in_use(self.elasticache_backend, name):
        raise CacheError("InvalidCacheParameterGroupState", "One or more cache clusters are still members of this group.")
    del parameter_groups(self.elasticache_backend)[name]
    return EmptyResult()


def _subnet_group(response: Any) -> CacheSubnetGroup:
    name, groups = response._get_param("CacheSubnetGroupName"), response.elasticache_backend.cache_subnet_groups
    if name not in groups:
        raise CacheSubnetGroupNotFound(name)
    return groups[name]


def _parameter_group(response: Any) -> dict[str, Any]:
    name, groups = response._get_param("CacheParameterGroupName"), parameter_groups(response.elasticache_backend)
    if name not in groups:
        raise CacheError("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")
    return groups[name]


def _check_parameters(backend: ElastiCacheBackend, group: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if name not in DEFAULTS:
            raise CacheError("InvalidParameterValue", f"Could not find parameter with name: {name}")
    if "cluster-enabled" in names and _in_use(backend, group["CacheParameterGroupName"]):
        raise CacheError("InvalidCacheParameterGroupState", "cluster-enabled cannot be changed while the group is in use.")


def _in_use(backend: ElastiCacheBackend, name: str) -> bool:
    return any(group.cache_parameter_group_name == name for group in backend.replication_groups.values())


def _shown(group: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name != "Values"}
