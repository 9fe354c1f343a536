# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account in memory, with kinds that use every feature of the engine and faults on demand."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.converge import Request, converge
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, PENDING, READY, Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial, mutable, unordered

STACK = Stack("demo", "123456789012", "eu-west-1", {"team": "platform"})


class AwsError(Exception):
    """Looks like botocore's ClientError to the engine."""

    def __init__(self, code: str, message: str = "no", operation: str = "") -> None:
        super().__init__(f"({code}) {message}")
        self.operation_name = operation
        self.response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"RequestId": "r-1"}}


class Clock:
    """Stands in for the `time` module: pauses take no time and are remembered."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@dataclasses.dataclass
class Fault:
    """`error` for the next `times` calls of `operation`; with `after` the call has taken effect all the same."""

    operation: str
    error: Exception
    times: int = 1
    after: bool = False
    subject: str | None = None


@dataclasses.dataclass(frozen=True)
class Network:
    cidr: str | None = create_only("Cidr")
    dns: bool | None = mutable("Dns")


@dataclasses.dataclass(frozen=True)
class Machine:
    network: Any = create_only(refers=("network",))
    size: str | None = mutable("Size")
    peers: Any = mutable("Peers", normalise=unordered, refers=("machine", "network"))
    password: str | None = mutable(secret=True)
    seed: str | None = initial()


@dataclasses.dataclass(frozen=True)
class Port:
    machine: Any = create_only(refers=("machine",))
    number: int | None = create_only()
    note: str | None = mutable()


class Cloud:
    """The account. `calls` are (operation, subject) in order; a list's subject is empty."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Found]] = {}
        self.calls: list[tuple[str, str]] = []
        self.slow: dict[str, float] = {}
        self.stuck: set[str] = set()
        self.notes: list[str] = []
        self.tokens: list[str] = []
        self._faults: list[Fault] = []
        self._polls_left: dict[str, int] = {}
        self._lock = threading.RLock()
        self._count = 0

    def fail(self, operation: str, error: Exception | str, **fault: Any) -> None:
        error = AwsError(error, operation=operation) if isinstance(error, str) else error
        self._faults.append(Fault(operation, error, **fault))

    def subjects(self, operation: str) -> list[str]:
        return [subject for called, subject in self.calls if called == operation]

    @property
    def mutations(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if not call[0].startswith("List")]

    def put(self, kind: str, id_: str, values: Any, declaration: Declaration | None = None, **facts: Any) -> Found:
        """Place a resource, ours if a declaration is given."""
        tags = declaration.all_tags(STACK) if declaration else {}
        found = Found(id_, values, facts.pop("tags", tags), **facts)
        self.resources.setdefault(kind, {})[id_] = found
        return found

    def change(self, kind: str, id_: str, **facts: Any) -> None:
        self.resources[kind][id_] = dataclasses.replace(self.resources[kind][id_], **facts)

    def call(self, operation: str, subject: str, effect: Callable[[], Any]) -> Any:
        time.sleep(self.slow.get(subject, 0.0))
        with self._lock:
            self.calls.append((operation, subject))
            fault = self._fault(operation, subject)
            if fault and not fault.after:
                raise fault.error
            answer = effect()
            if fault:
                raise fault.error
            return answer

    def _fault(self, operation: str, subject: str) -> Fault | None:
        for fault in self._faults:
            if fault.operation == operation and fault.subject in (None, subject) and fault.times:
                fault.times -= 1
                return fault
        return None

    def new_id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count}"

    def polls(self, id_: str, count: int) -> None:
        """Let the resource settle at the `count`-th list from now."""
        self._polls_left[id_] = count

    def settle(self, kind: str) -> None:
        for found in list(self.resources.get(kind, {}).values()):
            if found.state not in (PENDING, DELETING) or found.id in self.stuck:
                continue
            self._polls_left[found.id] = self._polls_left.get(found.id, 1) - 1
            if self._polls_left[found.id] > 0:
                continue
            if found.state == DELETING:
                del self.resources[kind][found.id]
            else:
                self.change(kind, found.id, state=READY, attributes={**found.attributes, "arn": f"arn:{found.id}"})


class Service:
    """The calls of one kind. `sets` are the fields that its create call can set; `creating`, `updating` and `deleting`
    tell after how many lists such a change is done."""

    def __init__(
        self, cloud: Cloud, name: str, sets: set[str], creating: int, updating: int, deleting: int, unique: bool
    ) -> None:
        self.cloud, self.name, self.title = cloud, name, name.title()
        self.sets, self.unique = sets, unique
        self.creating, self.updating, self.deleting = creating, updating, deleting

    @property
    def held(self) -> dict[str, Found]:
        return self.cloud.resources.setdefault(self.name, {})

    def list(self, _context: Context) -> Iterable[Found]:
        """Lazy, as kinds that map over pages are."""

        def effect() -> list[Found]:
            self.cloud.settle(self.name)
            return [*self.held.values()]

        return iter(self.cloud.call(f"List{self.title}", "", effect))

    def create(self, _context: Context, new: New, wanted: Any) -> Found:
        return self.cloud.call(f"Create{self.title}", new.name, lambda: self._create(new, wanted))

    def _create(self, new: New, wanted: Any) -> Found:
        self.cloud.tokens.append(new.token)
        if self.unique and any(found.name == new.aws_name for found in self.held.values()):
            raise AwsError("EntityAlreadyExists", operation=f"Create{self.title}")
        unset = {field.name: None for field in dataclasses.fields(wanted) if field.name not in self.sets}
        id_, state = self.cloud.new_id(self.name), PENDING if self.creating else READY
        self.cloud.polls(id_, self.creating)
        known = {} if self.creating else {"arn": f"arn:{id_}"}
        stored = dataclasses.replace(wanted, **unset)
        return self.cloud.put(self.name, id_, stored, tags=dict(new.tags), name=new.aws_name, state=state, attributes=known)

    def update(self, _context: Context, found: Found, wanted: Any, fields: set[str]) -> None:
        def effect() -> None:
            before = self.held[found.id]
            after = dataclasses.replace(before.values, **{field: getattr(wanted, field) for field in fields})
            self.cloud.polls(found.id, self.updating)
            self.cloud.change(self.name, found.id, values=after, state=PENDING if self.updating else before.state)

        self.cloud.call(f"Update{self.title}", found.id, effect)

    def delete(self, _context: Context, found: Found) -> None:
        self.cloud.call(f"Delete{self.title}", found.id, lambda: self._delete(found.id))

    def _delete(self, id_: str) -> None:
        if id_ not in self.held:
            raise AwsError(f"Invalid{self.title}.NotFound", operation=f"Delete{self.title}")
        if self.deleting:
            self.cloud.polls(id_, self.deleting)
            self.cloud.change(self.name, id_, state=DELETING)
        else:
            del self.held[id_]

    def tag(self, _context: Context, found: Found, wanted: Mapping[str, str]) -> None:
        def effect() -> None:
            self.cloud.change(self.name, found.id, tags={**self.held[found.id].tags, **wanted})

        self.cloud.call(f"Tag{self.title}", found.id, effect)


def make_kind(
    cloud: Cloud,
    name: str,
    values: type,
    sets: set[str] | None = None,
    creating: int = 0,
    updating: int = 0,
    deleting: int = 0,
    **more: Any,
) -> Kind:
    """Return a kind of the account; `sets` is every field by default, `more` are properties of the kind."""
    every = {field.name for field in dataclasses.fields(values)}
    service = Service(cloud, name, every if sets is None else sets, creating, updating, deleting, more.get("unique_name", False))
    facts = {
        "create": service.create,
        "update": service.update,
        "delete": service.delete,
        "tag": service.tag,
        "waits_for": tuple(what for what, polls in (("update", updating), ("delete", deleting)) if polls),
    }
    return Kind(
        name=name, service="fake", values=values, list=service.list, calls={f"List{service.title}": "page"}, **{**facts, **more}
    )


def no_clients(_service: str, _region: str) -> None:
    """The fake kinds need none."""


class Account:
    """A cloud with its kinds, and runs of the engine on it. Options of `make_kind` can be given by kind."""

    def __init__(self, **options: dict[str, Any]) -> None:
        self.cloud = Cloud()
        self.kinds = {
            "network": self._kind("network", Network, options),
            "machine": self._kind("machine", Machine, options),
            "port": self._kind(
                "port", Port, options, tag=None, after=("machine",), parent="machine", identity=lambda v: (v.machine, v.number)
            ),
        }

    def _kind(self, name: str, values: type, options: dict[str, dict[str, Any]], **defaults: Any) -> Kind:
        return make_kind(self.cloud, name, values, **{**defaults, **options.get(name, {})})

    def alter(self, kind: str, **changes: Any) -> None:
        """Give a kind other functions or properties."""
        self.kinds[kind] = dataclasses.replace(self.kinds[kind], **changes)

    def request(self, *declarations: Declaration, **options: Any) -> Request:
        tier_kinds = options.pop("tier_kinds", {"base": ("network",), "compute": ("machine", "port")})
        return Request(
            stack=options.pop("stack", STACK),
            declarations=declarations,
            kinds=self.kinds,
            tiers=frozenset(options.pop("tiers", tier_kinds)),
            tier_kinds=tier_kinds,
            diff=True,
            **options,
        )

    def run(self, *declarations: Declaration, **options: Any) -> dict[str, Any]:
        return converge(self.request(*declarations, **options), no_clients)

    def ids(self, kind: str) -> list[str]:
        return sorted(self.cloud.resources.get(kind, {}))


def network(name: str = "main", **values: Any) -> Declaration:
    return Declaration("network", name, "base", Network(**{"cidr": "10.0.0.0/16", **values}), f"base.networks.{name}")


def machine(name: str = "app", network_name: str | None = "main", **values: Any) -> Declaration:
    wired = {"network": Reference("network", network_name)} if network_name else {}
    return Declaration("machine", name, "compute", Machine(**{**wired, **values}), f"compute.machines.{name}")


def port(number: int, of: str = "app", **values: Any) -> Declaration:
    wired = Port(machine=Reference("machine", of), number=number, **values)
    return Declaration("port", f"{of}/{number}", "compute", wired, f"compute.machines.{of}.ports")


def actions(result: dict[str, Any]) -> dict[str, str]:
    return {f"{r['kind']}/{r['name']}": r["action"] for r in result["resources"] if r["action"] != "none"}
