# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache's users, which moto cannot change and never lets go, and user groups, which it does not have.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
"""

from typing import Any

from moto.core.responses import ActionResult, PaginatedResult
from moto.elasticache.exceptions import PasswordTooShort, UserNotFound
from moto.elasticache.models import ElastiCacheBackend, User
from moto.elasticache.responses import ElastiCacheResponse

from local_cloud.emulator.fidelity.cache_groups import CacheError, arn
from local_cloud.emulator.fidelity.patching import around, method, store
from local_cloud.emulator.lifecycle import lifecycle

MODIFYING, DELETING = "elasticache.modifying", "elasticache.deleting_access"
SHORTEST_PASSWORD = 16


def user_groups(backend: ElastiCacheBackend) -> dict[str, dict[str, Any]]:
    return store(backend, "user_groups")


def complete(access_string: str) -> str:
    """Write out that a user begins without any command, as ElastiCache does."""
    words = access_string.split()
    first = next((place for place, word in enumerate(words) if word[0] in "+-"), len(words))
    return " ".join([*words[:first], "-@all", *(word for word in words[first:] if word != "-@all")])


@around(ElastiCacheBackend, "create_user")
def create_user(original: Any, self: Any, **keywords: Any) -> User:
    """Refuse an IAM user of another name than its id, and complete the access string."""
    _settle(self)
    if keywords["authentication_type"] == "iam" and keywords["user_name"] != keywords["user_id"]:
        raise CacheError("InvalidParameterCombination", "User Id and User name must be same for authentication type: iam")
    return original(self, **keywords | {"access_string": complete(keywords["access_string"])})


@around(ElastiCacheBackend, "describe_users")
def describe_users(original: Any, self: Any, user_id: str | None) -> list[User]:
    """Leave out what is gone by now."""
    _settle(self)
    return [self.users[user_id]] if user_id in self.users else original(self, user_id)


@method(ElastiCacheResponse)
def modify_user(self: Any) -> ActionResult:
    """Change what is given; the user is modifying for a while."""
    backend = self.elasticache_backend
    user = _user(backend, self._get_param("UserId"))
    if user.status != "active":
        raise CacheError("InvalidUserState", f"User {user.id} is {user.status}.")
    if self._get_param("AccessString"):
        user.access_string = complete(self._get_param("AccessString"))
    if self._get_param("Engine"):
        user.engine = self._get_param("Engine").lower()
    mode = self._get_param("AuthenticationMode")
    if mode:
        _authenticate(user, mode)
    user.status = "modifying"
    lifecycle.start(MODIFYING, user.arn)
    return ActionResult(user)


@around(ElastiCacheBackend, "delete_user")
def delete_user(original: Any, self: Any, user_id: str) -> User:
    """Take the user out of its groups, unless it is their default one; it is deleting for a while."""
    user = _user(self, user_id)
    if user.status != "active":
        raise CacheError("InvalidUserState", f"User {user_id} is {user.status}.")
    if user.name == "default" and user.user_group_ids:
        raise CacheError("DefaultUserAssociatedToUserGroup", f"User {user_id} is the default user of a user group.")
    for group in user_groups(self).values():
        group["UserIds"] = [member for member in group["UserIds"] if member != user_id]
    lifecycle.start(DELETING, user.arn)
    return original(self, user_id=user_id)


@method(ElastiCacheResponse)
def create_user_group(self: Any) -> ActionResult:
    """Make a group of users; one of Redis needs a default user, one of Valkey takes none without authentication."""
    backend, name = self.elasticache_backend, self._get_param("UserGroupId")
    _settle(backend)
    if name in user_groups(backend):
        raise CacheError("UserGroupAlreadyExists", f"User group {name} already exists.")
    group = {
        "UserGroupId": name,
        "Status": "creating",
        "Engine": self._get_param("Engine").lower(),
        "UserIds": list(self._get_param("UserIds", [])),
        "MinimumEngineVersion": "6.0",
        "ARN": arn(backend, "usergroup", name),
    }
    _check_members(backend, group)
    user_groups(backend)[name] = group
    _join(backend, group)
    backend.tagging_service.tag_resource(group["ARN"], self._get_param("Tags", []))
    lifecycle.start(MODIFYING, group["ARN"])
    return ActionResult(_shown(backend, group))


@method(ElastiCacheResponse)
def describe_user_groups(self: Any) -> PaginatedResult:
    """Return one group, or all, with the caches that use it."""
    backend, name = self.elasticache_backend, self._get_param("UserGroupId")
    _settle(backend)
    groups = [_user_group(backend, name)] if name else user_groups(backend).values()
    return PaginatedResult({"UserGroups": [_shown(backend, group) for group in groups]})


@method(ElastiCacheResponse)
def modify_user_group(self: Any) -> ActionResult:
    """Add and remove users at once."""
    backend = self.elasticache_backend
    group = _changeable(backend, self._get_param("UserGroupId"))
    leaving = set(self._get_param("UserIdsToRemove", []))
    members = [user for user in group["UserIds"] if user not in leaving] + list(self._get_param("UserIdsToAdd", []))
    _check_members(backend, group | {"UserIds": members})
    for user in leaving & backend.users.keys():
        backend.users[user].user_group_ids.remove(group["UserGroupId"])
    group |= {"UserIds": members, "Status": "modifying"}
    _join(backend, group)
    lifecycle.start(MODIFYING, group["ARN"])
    return ActionResult(_shown(backend, group))


@method(ElastiCacheResponse)
def delete_user_group(self: Any) -> ActionResult:
    """Refuse while a cache uses the group; it is deleting for a while."""
    backend = self.elasticache_backend
    group = _changeable(backend, self._get_param("UserGroupId"))
    if _caches(backend, group):
        raise CacheError("InvalidUserGroupState", f"User group {group['UserGroupId']} is associated with a replication group.")
    group["Status"] = "deleting"
    for user in backend.users.values():
        user.user_group_ids = [name for name in user.user_group_ids if name != group["UserGroupId"]]
    lifecycle.start(DELETING, group["ARN"])
    return ActionResult(_shown(backend, group))


def _authenticate(user: User, mode: dict[str, Any]) -> None:
    passwords = mode.get("Passwords", [])
    if any(len(password) < SHORTEST_PASSWORD for password in passwords):
        raise PasswordTooShort
    user.authentication_type, user.passwords = mode["Type"], passwords
    user.no_password_required = mode["Type"] == "no-password-required"


def _settle(backend: ElastiCacheBackend) -> None:
    """Bring to an end what is due."""
    for name, user in list(backend.users.items()):
        if user.status == "modifying" and not lifecycle.pending(MODIFYING, user.arn):
            user.status = "active"
        if user.status == "deleting" and not lifecycle.pending(DELETING, user.arn):
            del backend.users[name]
    for name, group in list(user_groups(backend).items()):
        if group["Status"] in ("creating", "modifying") and not lifecycle.pending(MODIFYING, group["ARN"]):
            group["Status"] = "active"
        if group["Status"] == "deleting" and not lifecycle.pending(DELETING, group["ARN"]):
            del user_groups(backend)[name]


def _user(backend: ElastiCacheBackend, name: str) -> User:
    _settle(backend)
    if name not in backend.users:
        raise UserNotFound(name)
    return backend.users[name]


def _user_group(backend: ElastiCacheBackend, name: str) -> dict[str, Any]:
    if name not in user_groups(backend):
        raise CacheError("UserGroupNotFound", f"User group {name} not found.")
    return user_groups(backend)[name]


def _changeable(backend: ElastiCacheBackend, name: str) -> dict[str, Any]:
    _settle(backend)
    group = _user_group(backend, name)
    if group["Status"] != "active":
        raise CacheError("InvalidUserGroupState", f"User group {name} is {group['Status']}.")
    return group


def _check_members(backend: ElastiCacheBackend, group: dict[str, Any]) -> None:
    members = [_user(backend, user) for user in group["UserIds"]]
    names = [user.name for user in members]
    if len(set(names)) < len(names):
        raise CacheError("DuplicateUserName", "User group cannot contain users with the same user name.")
    if group["Engine"] == "redis" and "default" not in names:
        raise CacheError("DefaultUserRequired", "User group needs to contain a user with the user name default.")
    if group["Engine"] == "redis" and any(user.engine != "redis" for user in members):
        raise CacheError("InvalidParameterValue", "User groups of the engine redis take users of that engine only.")
    if group["Engine"] == "valkey" and any(user.no_password_required for user in members):
        raise CacheError("InvalidParameterValue", "User groups of the engine valkey take no users without authentication.")


def _join(backend: ElastiCacheBackend, group: dict[str, Any]) -> None:
    for name in group["UserIds"]:
        user = backend.users[name]
        user.user_group_ids = sorted({*user.user_group_ids, group["UserGroupId"]})


def _caches(backend: ElastiCacheBackend, group: dict[str, Any]) -> list[str]:
    name = group["UserGroupId"]
    return [cache.replication_group_id for cache in backend.replication_groups.values() if name in cache.user_group_ids]


def _shown(backend: ElastiCacheBackend, group: dict[str, Any]) -> dict[str, Any]:
    return group | {"ReplicationGroups": _caches(backend, group)}
