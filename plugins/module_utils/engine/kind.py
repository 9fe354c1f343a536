# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface between the engine and the code for one AWS resource type.

A kind file holds a values dataclass, a few plain functions that make one API call each, and one `Kind` record.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_ID, TAG_STACK, Declaration, Stack

READY, PENDING, DELETING, GONE, FAILED = "ready", "pending", "deleting", "gone", "failed"
# In order, with changes that AWS will make at a time of its own. Those of this run are awaited, those of others are not.
QUEUED = "queued"
# What carries an owner tag of these services is a child of our resource: never a match, never an orphan.
OWNER_TAG_PREFIXES = ("aws:autoscaling:", "aws:cloudformation:", "elasticbeanstalk:", "aws:backup:")


@dataclasses.dataclass(frozen=True)
class Found:
    """One existing resource as the survey saw it.

    `values` is an instance of the kind's values dataclass with raw ids where declarations have references;
    `name` is the AWS name where the kind has one; `attributes` are further facts that references and outputs
    can use (arn, endpoint, ...); `detail` says more about a state that is not ready. `patience` is how long this one may
    take, in seconds, where that is longer than its kind's timeout.
    """

    id: str
    values: Any
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)
    state: str = READY
    name: str | None = None
    attributes: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    detail: str = ""
    region: str | None = None
    patience: float = 0.0

    def attribute(self, name: str) -> Any:
        return self.id if name == "id" else self.attributes.get(name)

    def belongs_to(self, stack: Stack, kind: str) -> bool:
        """Whether the identity tags are ours and the resource is not a copy-tagged child."""
        if self.tags.get(TAG_STACK) != stack.name or any(t.startswith(OWNER_TAG_PREFIXES) for t in self.tags):
            return False
        parts = self.tags.get(TAG_ID, "").split("/", 2)
        return len(parts) == 3 and parts[1] == kind

    @property
    def logical_name(self) -> str:
        return self.tags.get(TAG_ID, "").split("/", 2)[-1]

    @property
    def tier(self) -> str:
        return self.tags.get(TAG_ID, "").split("/", 1)[0]


@dataclasses.dataclass(frozen=True)
class New:
    """What a create call needs besides the values: names, all tags, and the client token (32 hex)."""

    name: str
    aws_name: str
    tags: Mapping[str, str]
    token: str

    @property
    def tag_list(self) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in sorted(self.tags.items())]

    def tag_specifications(self, *resource_types: str) -> list[dict[str, Any]]:
        """Return EC2's TagSpecifications for the resource types."""
        return [{"ResourceType": kind, "Tags": self.tag_list} for kind in resource_types]


@dataclasses.dataclass(frozen=True)
class Retry:
    """An error that propagation explains: repeat `operation` on `code` (and `message`, a regular expression)
    for at most `seconds`. Anything not listed fails at once."""

    operation: str
    code: str
    message: str = ""
    seconds: float = 60.0


def kind_in(tags: Mapping[str, str]) -> str:
    """Return the kind that the identity in tags names, or nothing."""
    return "".join(tags.get(TAG_ID, "").split("/", 2)[1:2])


def never() -> bool:
    return False


@dataclasses.dataclass(frozen=True)
class Context:
    """What a kind's functions may use: clients, the stack, and what the survey already knows.

    `stopping` tells that the operator has asked to stop: nothing is waited for any longer. `filters` make a list look
    for something else than the stack's own resources. `client_in` returns the client of a service in another region.
    """

    stack: Stack
    region: str
    client: Callable[[str], Any]
    declared: Callable[[str], tuple[Declaration, ...]]
    found: Callable[[str], tuple[Found, ...]]
    each: Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
    tags_by_arn: Callable[[], Mapping[str, Mapping[str, str]]]
    note: Callable[[str], None]
    stopping: Callable[[], bool] = never
    filters: Sequence[Mapping[str, Any]] | None = None
    client_in: Callable[[str, str], Any] | None = None

    def pages(self, service: str, operation: str, key: str, **request: Any) -> list[dict[str, Any]]:
        """Return the items under `key` of all pages of a list operation (boto3 paginator name)."""
        paginator = self.client(service).get_paginator(operation)
        return [item for page in paginator.paginate(**request) for item in page.get(key, [])]

    def stack_filter(self) -> list[Mapping[str, Any]]:
        """Return EC2's Filters: for everything that carries the stack's tag, or for what is looked up instead."""
        return list(self.filters or [{"Name": f"tag:{TAG_STACK}", "Values": [self.stack.name]}])


@dataclasses.dataclass(frozen=True)
class Kind:
    """The code for one AWS resource type, as data and plain functions.

    `list` finds the stack's resources (and, where names are unique in the account, those that stand in the way);
    `after` names kinds that have to be surveyed first; `calls` says how each survey call grows:
    ``page``, ``parent`` or ``resource``.
    `actions` are the IAM actions needed to create, change and delete, with those that AWS checks on the way, such as
    ``iam:PassRole``; what the survey needs follows from `calls`.
    `create` makes the resource with the one call that carries its tags; what that call cannot set, the engine
    sets by `update` right after. `after_create` takes away what AWS adds of its own; it is called for a new resource
    however it was made: by a repeated call whose first answer was lost, too.
    `update` gets the names of the changed fields; it returns the resource as it is then where others need one of the
    attributes that it has changed, which are those in `changing`. `delete` starts a deletion.
    `shortfall` says what an update that has come to its end has left undone, of what AWS may give up or take back.
    `identity` replaces identity by tags for kinds without tags of their own: a function of the values.
    `parent` is the field that refers to the owner of such kinds; what an owner of ours has beyond the declared is
    deleted, unless `spares`, given the owner's desired values, says that it is somebody else's. `guard` returns why
    a resource must not be deleted, `holders` what keeps it from being deleted.
    What is `held_by_users` must not be deleted while something that stays refers to it, though AWS would not object, and
    stays itself for the data that others leave behind: `leaves` returns by id what the deletion of these resources, and
    earlier ones, leave in need of it, and what that data is.
    `outlives` names kinds that have to be gone before a resource of this kind can be deleted though none of their
    fields refers to it. `waits_for` says which of ``update`` and ``delete`` take effect only some time after the
    call has returned (a create says so by the state it returns). `timeout` is in seconds.
    `lookup` kinds are only looked up, never changed. `id_filter` is the name of EC2's filter by id, for kinds whose list
    filters by tags; `look_up` finds what is not the stack's where the list does not. What is `mended_by_update` need not
    have settled before it is updated: it may never do so otherwise.
    A `global_service` is surveyed once, whatever regions the stack has. What is `marked` bears no tags but a mark of ours,
    which has room for the identity alone.
    Of kinds that are `indexed`, AWS's index of tags has the resources, some time after they were tagged. What nobody
    declares or refers to is then listed only if the index has any of the stack's.
    """

    name: str
    service: str
    values: type
    list: Callable[[Context], Iterable[Found]]
    calls: Mapping[str, str]
    actions: tuple[str, ...] = ()
    create: Callable[[Context, New, Any], Found] | None = None
    after_create: Callable[[Context, Found], None] | None = None
    update: Callable[[Context, Found, Any, set[str]], Found | None] | None = None
    changing: tuple[str, ...] = ()
    shortfall: Callable[[Found, Any], str | None] | None = None
    delete: Callable[[Context, Found], None] | None = None
    tag: Callable[[Context, Found, Mapping[str, str]], None] | None = None
    after: tuple[str, ...] = ()
    identity: Callable[[Any], tuple[Any, ...]] | None = None
    parent: str | None = None
    spares: Callable[[Any, Found], bool] | None = None
    guard: Callable[[Found], str | None] | None = None
    holders: Callable[[Context, Found], Sequence[str]] | None = None
    outlives: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    held_by_users: bool = False
    leaves: Callable[[Context, Sequence[Found]], Mapping[str, str]] | None = None
    lookup: bool = False
    id_filter: str | None = None
    look_up: Callable[[Context, Mapping[str, Any]], Iterable[Found]] | None = None
    mended_by_update: bool = False
    global_service: bool = False
    marked: bool = False
    indexed: bool = False
    create_before_delete: bool = False
    name_format: str = "{stack}-{name}"
    name_limit: int = 255
    unique_name: bool = False
    retries: tuple[Retry, ...] = ()
    unsafe_create: str | None = None
    timeout: float = 600.0

    def aws_name(self, stack: Stack, name: str, suffix: str = "") -> str:
        """Return the derived AWS name of a resource, fitted to the service's limit."""
        wanted = self.name_format.format(stack=stack.name, name=name, account=stack.account)
        if not self.name_format.count("/"):
            wanted = wanted.replace("/", "-")
        return fit(wanted, self.name_limit - len(suffix)) + suffix


def fit(name: str, limit: int) -> str:
    """Shorten `name` to `limit` characters, keeping it unique by a hash of the whole."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: limit - 7].rstrip('-')}-{digest}"
