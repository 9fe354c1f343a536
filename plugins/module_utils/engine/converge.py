# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: survey, plan, and unless it is a check run, apply."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from types import MappingProxyType
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine import foreign, report
from ansible_collections.terrace.aws.plugins.module_utils.engine.apply import Apply
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import (
    TAG_STACK,
    Adoption,
    Declaration,
    External,
    Key,
    Reference,
    Stack,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, InvalidOption, Refused
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, never
from ansible_collections.terrace.aws.plugins.module_utils.engine.plan import (
    Plan,
    orphans,
    plan_absent,
    plan_adoption,
    plan_present,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.progress import Progress
from ansible_collections.terrace.aws.plugins.module_utils.engine.resolve import Resolved, bind_undeclared
from ansible_collections.terrace.aws.plugins.module_utils.engine.retained import users_of, without_retained
from ansible_collections.terrace.aws.plugins.module_utils.engine.survey import Survey, take

INNER_THREADS = 8
# As many as GetResources takes.
TAGGED_PER_PAGE = 100
# clients(service, region) -> boto3 client; has to be thread-safe.
Clients = Callable[[str, str], Any]


@dataclasses.dataclass(frozen=True)
class Request:
    """What a module asks for. `declarations` is the whole description, `tiers` the part to be applied.

    `references` has (address, path) of the names in the description, so that a message can say where a name is.
    """

    stack: Stack
    declarations: tuple[Declaration, ...]
    kinds: Mapping[str, Kind]
    tiers: frozenset[str]
    tier_kinds: Mapping[str, tuple[str, ...]]
    state: str = "present"
    allow_replacement: tuple[str, ...] = ()
    externals: tuple[External, ...] = ()
    adoptions: tuple[Adoption, ...] = ()
    moved: Mapping[Key, str] = dataclasses.field(default_factory=dict)
    prune: bool = False
    check: bool = False
    diff: bool = False
    references: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class Planned:
    """A survey and the plan that came of it. `notes` grow while the plan is applied."""

    survey: Survey
    contexts: Mapping[str, Context]
    resolved: Resolved
    plan: Plan
    orphans: Mapping[str, list[Found]]
    notes: list[str]


@contextmanager
def unlocked() -> Iterator[str]:
    """Yield a run id without taking a lock: for callers who know that they are alone."""
    yield uuid.uuid4().hex


def converge(
    request: Request,
    clients: Clients,
    progress: Progress | None = None,
    lock: Callable[[], AbstractContextManager[str]] = unlocked,
    stopping: Callable[[], bool] = never,
) -> dict[str, Any]:
    """Return the module's result. Raises TerraceError, and ApplyFailed when something was left undone.

    `lock` is taken only when there is something to apply, and yields the run id; the survey is repeated under it,
    because another operator may have worked until then.
    """
    progress = progress or Progress.from_environment()
    foreign_keys = {external.key for external in request.externals}
    applied = tuple(d for d in request.declarations if d.tier in request.tiers and d.part_of not in foreign_keys)
    kinds = _kinds_to_survey(request, applied)

    def survey_and_plan() -> Planned:
        return _survey_and_plan(request, applied, kinds, clients, stopping)

    progress.send("survey", kinds=len(kinds))
    planned = survey_and_plan()
    progress.send("plan", **report.summary(planned.plan.steps))
    _refuse(planned, _result(request, applied, kinds, planned) if request.check else {})
    for text in report.disruptions(planned.plan.steps):
        progress.send("note", text=text)
    if request.check or planned.plan.settled:
        return _result(request, applied, kinds, planned)
    with lock() as run_id:
        planned = survey_and_plan()
        _refuse(planned)
        result = _result(request, applied, kinds, planned)
        run = Apply(planned.plan, planned.contexts, planned.survey, planned.resolved, run_id, progress)
        try:
            result |= _done(run.run()) | {"seconds": run.seconds_by_tier}
        except ApplyFailed as failure:
            failure.result = result | _done(failure.resources) | {"outputs": _outputs(request, applied, kinds, planned.resolved)}
            raise
    return result | {"outputs": _outputs(request, applied, kinds, planned.resolved)}


def _refuse(planned: Planned, shown: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Raise Refused if the plan must not be carried out. `shown` is what a check run would have returned."""
    if planned.plan.refusals:
        raise Refused("nothing was changed: " + "; ".join(planned.plan.refusals), {**shown, "changed": False})


def _survey_and_plan(
    request: Request,
    applied: tuple[Declaration, ...],
    kinds: Mapping[str, Kind],
    clients: Clients,
    stopping: Callable[[], bool],
) -> Planned:
    survey, resolved = Survey(), Resolved(applied)
    notes: list[str] = []
    contexts = contexts_of(request, survey, clients, notes, stopping)
    home = request.stack.region
    externals = foreign.externals_of(request.externals, request.kinds, contexts, home)
    adopted = foreign.pending(foreign.adoptions_of(request.adoptions, request.kinds, contexts, home), request.stack)
    for key, found in {**externals, **adopted}.items():
        survey.add(key.kind, found.region or home, [found])
    take(kinds.values(), contexts, survey, _optional(request, applied, kinds))
    left = _orphans(request, applied, survey, kinds)
    if request.state == "absent":
        going = without_retained(_ours(request, survey, kinds), kinds, contexts, notes)
        plan = plan_absent(going, kinds, survey.by_kind())
    elif adopted:
        plan = plan_adoption(adopted, applied, kinds, request.stack)
        notes.append("only tags are written for what is adopted: run again to see what differs from the description")
    else:
        pruned = without_retained(left, kinds, contexts, notes) if request.prune else {}
        plan = _plan_present(request, applied, survey, kinds, resolved, externals, pruned)
    return Planned(survey, contexts, resolved, plan, left, notes)


def _result(request: Request, applied: tuple[Declaration, ...], kinds: Mapping[str, Kind], planned: Planned) -> dict[str, Any]:
    """Return what the module returns when nothing is applied."""
    return {
        "changed": bool(planned.plan.work),
        "resources": report.results(planned.plan.steps),
        "orphans": [
            {"kind": kind, "name": found.logical_name, "id": found.id}
            for kind, left in sorted(planned.orphans.items())
            for found in left
        ],
        "notes": planned.notes,
        "disruptions": report.disruptions(planned.plan.steps),
        "outputs": _outputs(request, applied, kinds, planned.resolved),
        **({"differences": report.differences(planned.plan.steps)} if request.check else {}),
        **({"diff": report.diffs(planned.plan.steps)} if request.diff else {}),
    }


def _ours(request: Request, survey: Survey, kinds: Mapping[str, Kind]) -> dict[str, list[Found]]:
    """Return what exists of the tiers. A kind may be declared by several, and children go with their parents."""
    in_tiers = {name for tier in request.tiers for name in request.tier_kinds[tier]}
    return {
        kind: [f for f in found if not f.tier or f.tier in request.tiers]
        for kind, found in survey.ours(request.stack, kinds).items()
        if kind in in_tiers
    }


def _plan_present(
    request: Request,
    applied: tuple[Declaration, ...],
    survey: Survey,
    kinds: Mapping[str, Kind],
    resolved: Resolved,
    externals: Mapping[Key, Found],
    pruned: Mapping[str, list[Found]],
) -> Plan:
    bind_undeclared(resolved, survey.by_kind(), request.stack)
    for key, found in externals.items():
        resolved.bind(key, found)
    _refuse_missing_references(request, applied, resolved)
    return plan_present(
        applied,
        survey.by_kind(),
        kinds,
        resolved,
        request.stack,
        request.allow_replacement,
        externals,
        request.moved,
        pruned,
    )


def _refuse_missing_references(request: Request, applied: Iterable[Declaration], resolved: Resolved) -> None:
    """In check mode, what a tier that is not applied may provide can be missing still. Several tiers may have a kind."""
    elsewhere = {name for tier, kinds in request.tier_kinds.items() if tier not in request.tiers for name in kinds}
    for declaration in applied:
        for reference in resolved.missing(declaration):
            if reference.kind not in elsewhere or not request.check:
                raise InvalidOption(_path_of(reference, declaration, request), _problem(reference, resolved.count(reference)))


def _problem(reference: Reference, count: int) -> str:
    if not count:
        return f"refers to {reference.key}, which is neither declared nor found in the stack"
    return f"refers to {reference.key}, of which there is {count}, but AWS wants at least {reference.at_least}"


def _path_of(reference: Reference, declaration: Declaration, request: Request) -> str:
    """Return the option that names what is referred to, or else the one that declares who refers to it."""
    paths = (path for address, path in request.references if address == str(reference.key))
    return next((path for path in paths if path.startswith(declaration.path)), declaration.path)


def _done(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resources": resources, "changed": any(resource["action"] != "none" for resource in resources)}


def _outputs(request: Request, applied: Iterable[Declaration], kinds: Mapping[str, Kind], resolved: Resolved) -> dict[str, Any]:
    return report.outputs(applied, kinds, resolved) if request.state == "present" else {}


def _kinds_to_survey(request: Request, applied: Iterable[Declaration]) -> dict[str, Kind]:
    """Return the applied tiers' kinds, the kinds referred to, and whatever those have to be surveyed after."""
    wanted = {name for tier in request.tiers for name in request.tier_kinds[tier]}
    wanted |= _referred(applied)
    wanted |= {external.kind for external in request.externals} | {adoption.kind for adoption in request.adoptions}
    if request.state == "absent" or request.prune:
        held = [name for name in wanted if request.kinds[name].held_by_users]
        wanted |= {kind.name for kind in users_of(held, request.kinds.values())}
    while missing := {name for kind in wanted for name in request.kinds[kind].after} - wanted:
        wanted |= missing
    return {name: kind for name, kind in request.kinds.items() if name in wanted}


def _optional(request: Request, applied: Iterable[Declaration], kinds: Mapping[str, Kind]) -> set[str]:
    """Return the kinds that can only show what is not declared any more. What is to be deleted is looked for itself."""
    if request.state == "absent" or request.prune:
        return set()
    needed = {declaration.kind for declaration in request.declarations} | _referred(applied)
    needed |= {external.kind for external in request.externals} | {adoption.kind for adoption in request.adoptions}
    needed |= {key.kind for key in request.moved}
    return {name for name, kind in kinds.items() if kind.indexed and name not in needed}


def _referred(applied: Iterable[Declaration]) -> set[str]:
    return {reference.kind for declaration in applied for reference in declaration.references()}


def contexts_of(
    request: Request, survey: Survey, clients: Clients, notes: list[str], stopping: Callable[[], bool] = never
) -> dict[str, Context]:
    """Return one context for each of the stack's regions. `survey` is what they know already, filled later."""
    return {region: _context(request, region, survey, clients, notes, stopping) for region in request.stack.all_regions}


def _context(
    request: Request, region: str, survey: Survey, clients: Clients, notes: list[str], stopping: Callable[[], bool]
) -> Context:
    def client(service: str) -> Any:
        return clients(service, region)

    def each(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        with ThreadPoolExecutor(INNER_THREADS) as pool:
            return list(pool.map(function, items))

    def declared(kind: str) -> tuple[Declaration, ...]:
        return tuple(d for d in request.declarations if d.kind == kind)

    def found(kind: str) -> tuple[Found, ...]:
        return tuple(resource for resource in survey.of(kind) if resource.region == region)

    return Context(
        request.stack,
        region,
        client,
        declared,
        found,
        each,
        _tag_index(client, request.stack),
        notes.append,
        stopping,
        client_in=clients,
    )


def _tag_index(client: Callable[[str], Any], stack: Stack) -> Callable[[], Mapping[str, Mapping[str, str]]]:
    """Return a function that asks the tagging API once for the tags of everything that is ours in the region."""
    lock, index = threading.Lock(), {}

    def tags_by_arn() -> Mapping[str, Mapping[str, str]]:
        with lock:
            if "tags" not in index:
                pages = (
                    client("resourcegroupstaggingapi")
                    .get_paginator("get_resources")
                    .paginate(TagFilters=[{"Key": TAG_STACK, "Values": [stack.name]}], ResourcesPerPage=TAGGED_PER_PAGE)
                )
                index["tags"] = {
                    item["ResourceARN"]: {t["Key"]: t["Value"] for t in item["Tags"]}
                    for page in pages
                    for item in page["ResourceTagMappingList"]
                }
        return index["tags"]

    return tags_by_arn


def _orphans(
    request: Request, applied: Iterable[Declaration], survey: Survey, kinds: Mapping[str, Kind]
) -> dict[str, list[Found]]:
    if request.state == "absent":
        return {}
    earlier = [Key(key.kind, name) for key, name in request.moved.items()]
    return orphans([*(d.key for d in applied), *earlier], survey.by_kind(), kinds, request.stack, request.tiers)
