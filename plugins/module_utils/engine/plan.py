# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The difference between what is declared and what exists, as steps. Nothing here calls AWS."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Any, TypeVar

from ansible_collections.terrace.aws.plugins.module_utils.engine import graph
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, FAILED, GONE, PENDING, Found, Kind
from ansible_collections.terrace.aws.plugins.module_utils.engine.resolve import Resolved
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import UNKNOWN, Change, compare, contains_unknown

T = TypeVar("T")
MAKE, REMOVE = "make", "remove"
StepId = tuple[str, str, str]


@dataclasses.dataclass(frozen=True)
class Step:
    """One resource's way from actual to desired. `waits` are the steps that have to be done before.

    `action` is ``create``, ``update``, ``replace``, ``delete`` or ``none``. A replacement is two steps: one that
    makes the new resource and one, with the same key, that removes the old.
    """

    phase: str
    key: Key
    tier: str
    kind: Kind
    action: str
    declaration: Declaration | None = None
    desired: Any = None
    found: Found | None = None
    changes: tuple[Change, ...] = ()
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)
    waits: frozenset[StepId] = frozenset()

    @property
    def id(self) -> StepId:
        return step_id(self.phase, self.key, self.found if self.phase == REMOVE else None)

    @property
    def unsettled(self) -> bool:
        """Whether the resource is still on its way, from an earlier run, and has to be awaited before anything else."""
        if self.phase != MAKE or self.found is None or self.found.state != PENDING or self.kind.lookup:
            return False
        return not (self.kind.mended_by_update and self.action == "update")


@dataclasses.dataclass(frozen=True)
class Plan:
    """Steps in an order that a reader can follow. `refusals` say why it must not be carried out."""

    steps: tuple[Step, ...]
    refusals: tuple[str, ...] = ()

    @property
    def work(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action != "none")

    @property
    def settled(self) -> bool:
        """Whether there is nothing to do and nothing to wait for."""
        return not self.work and not any(step.unsettled for step in self.steps)


def step_id(phase: str, key: Key, found: Found | None = None) -> StepId:
    return (phase, str(key), found.id if found else "")


def plan_present(
    declarations: Iterable[Declaration],
    found: Mapping[str, Iterable[Found]],
    kinds: Mapping[str, Kind],
    resolved: Resolved,
    stack: Stack,
    allow_replacement: Iterable[str] = (),
    externals: Mapping[Key, Found] = MappingProxyType({}),
    moved: Mapping[Key, str] = MappingProxyType({}),
    pruned: Mapping[str, list[Found]] = MappingProxyType({}),
) -> Plan:
    """Compare every declaration with what was found. Binds matches into `resolved`. Raises Refused if there is no plan.

    `externals` are declared things that are not ours: they are compared and never changed. `moved` has the earlier
    name of a key, `pruned` what is to be deleted because it is not declared any more.
    """
    declarations = list(declarations)
    _refuse_shared_names(declarations, kinds, stack)
    for key, resource in externals.items():
        resolved.bind(key, resource)
    needs = graph.dependencies(declarations)
    steps: list[Step] = []
    removed_first: set[Key] = set()
    for declaration in graph.in_order(declarations):
        if declaration.key in externals:
            _refuse_other_than_declared(declaration, externals[declaration.key], resolved)
            continue
        kind = kinds[declaration.kind]
        waits = frozenset(step_id(MAKE, key) for key in needs[declaration.key])
        # What has to make room for its parent cannot wait for its own successor.
        create_first = kind.create_before_delete and not needs[declaration.key] & removed_first
        candidates = list(found.get(kind.name, ()))
        new = _steps_for(declaration, kind, candidates, moved.get(declaration.key), resolved, stack, waits, create_first)
        steps += new
        if len(new) > 1 and not create_first:
            removed_first.add(declaration.key)
    steps += _surplus_children(steps, found, kinds)
    steps += _removals(_with_children(pruned, found, kinds), kinds, frozenset(step.id for step in steps if step.phase == MAKE))
    refusals = (
        *_impossible(steps),
        *_not_allowed(steps, set(allow_replacement)),
        *_guarded(steps),
        *_in_use(steps, found, kinds),
    )
    return Plan(tuple(_sorted_by_waits(_removals_after_referrers(steps, needs, removed_first))), refusals)


def plan_adoption(
    adopted: Mapping[Key, Found], declarations: Iterable[Declaration], kinds: Mapping[str, Kind], stack: Stack
) -> Plan:
    """Give what is adopted our tags and nothing else; the next plan then shows what differs. Raises Refused."""
    declared = {declaration.key: declaration for declaration in declarations}
    steps = []
    for key, found in adopted.items():
        if key not in declared:
            raise Refused(f"{key} is to be adopted but not declared, so nothing would manage it")
        declaration, kind = declared[key], kinds[key.kind]
        tags = missing_tags(declaration, kind, found, stack)
        steps.append(Step(MAKE, key, declaration.tier, kind, "update", declaration, declaration.values, found, tags=tags))
    return Plan(tuple(steps))


def plan_absent(
    ours: Mapping[str, list[Found]],
    kinds: Mapping[str, Kind],
    found: Mapping[str, Iterable[Found]] = MappingProxyType({}),
) -> Plan:
    """Delete all that is ours, users before what they use. `found` has what stays, too."""
    steps = _removals(ours, kinds)
    return Plan(tuple(_sorted_by_waits(steps)), (*_guarded(steps), *_in_use(steps, found, kinds)))


def _removals(ours: Mapping[str, list[Found]], kinds: Mapping[str, Kind], after: frozenset[StepId] = frozenset()) -> list[Step]:
    """Return deletions in the order that what exists demands, all of them after the steps `after`."""
    ours = {
        kind: [found for found in resources if found.state != DELETING or "delete" in kinds[kind].waits_for]
        for kind, resources in ours.items()
    }
    addresses = addresses_of(ours, kinds)
    edges = graph.referrers(ours, kinds)
    ids = {
        (kind, found.id): step_id(REMOVE, addresses[kind, found.id][0], found)
        for kind, resources in ours.items()
        for found in resources
    }
    return [
        Step(
            REMOVE,
            *addresses[kind, found.id],
            kinds[kind],
            "delete",
            found=found,
            waits=after | {ids[user] for user in edges[(kind, found.id)]},
        )
        for kind, resources in ours.items()
        for found in resources
    ]


def _with_children(
    owners: Mapping[str, list[Found]], found: Mapping[str, Iterable[Found]], kinds: Mapping[str, Kind]
) -> dict[str, list[Found]]:
    """Return the resources with what belongs to them without tags of its own."""
    ids = {(kind, resource.id) for kind, resources in owners.items() for resource in resources}
    children = {
        name: [r for r in resources if any((owner, getattr(r.values, kinds[name].parent)) in ids for owner in kinds[name].after)]
        for name, resources in found.items()
        if ids and kinds[name].parent
    }
    return {**children, **owners}


def _refuse_other_than_declared(declaration: Declaration, external: Found, resolved: Resolved) -> None:
    """An external thing that is also described has to be as described: it cannot be made so."""
    wrong = [f"{c.field} is {c.before!r}, not {c.after!r}" for c in compare(external.values, resolved.values(declaration.values))]
    if wrong:
        raise Refused(
            f"{declaration.path}: the external {declaration.key} ({external.id}) is not as described: {'; '.join(wrong)}"
        )


def addresses_of(ours: Mapping[str, list[Found]], kinds: Mapping[str, Kind]) -> dict[tuple[str, str], tuple[Key, str]]:
    """Return key and tier by kind and id. What has no tags of its own gets them from its parent."""
    tagged = {(kind, found.id): found for kind, resources in ours.items() for found in resources if found.logical_name}
    addresses = {}
    for kind, resources in ours.items():
        for found in resources:
            owner = _owner(found, kinds[kind], tagged)
            name = _display_name(found, owner.logical_name if owner else None)
            addresses[kind, found.id] = (Key(kind, name), found.tier or (owner.tier if owner else ""))
    return addresses


def match(declaration: Declaration, kind: Kind, desired: Any, candidates: Iterable[Found], stack: Stack) -> list[Found]:
    """Return the candidates that are the declared resource: by identity of content, by name for lookups, else by tag.

    Content tells nothing about where it is: the same in another region is something else.
    """
    alive = [found for found in candidates if found.state not in (DELETING, GONE, FAILED)]
    here = _in_region(alive, declaration, kind, stack)
    if kind.lookup:
        return [found for found in here if found.name == declaration.name]
    if kind.identity:
        identity = kind.identity(desired)
        return [] if contains_unknown(identity) else [f for f in here if kind.identity(f.values) == identity]
    return named(declaration.name, kind, alive, stack)


def named(name: str, kind: Kind, candidates: Iterable[Found], stack: Stack) -> list[Found]:
    """Return what of the candidates is the stack's resource of that name."""
    return [
        found
        for found in candidates
        if found.belongs_to(stack, kind.name) and found.logical_name == name and found.state not in (DELETING, GONE, FAILED)
    ]


def missing_tags(declaration: Declaration, kind: Kind, found: Found, stack: Stack) -> dict[str, str]:
    """Return the tags that are absent or differ. Tags of others are left alone."""
    if kind.tag is None:
        return {}
    wanted = declaration.identity_tags(stack) if kind.marked else declaration.all_tags(stack)
    return {k: v for k, v in wanted.items() if found.tags.get(k) != v}


def _steps_for(
    declaration: Declaration,
    kind: Kind,
    candidates: list[Found],
    earlier_name: str | None,
    resolved: Resolved,
    stack: Stack,
    waits: frozenset[StepId],
    create_first: bool,
) -> list[Step]:
    desired = resolved.values(declaration.values)
    matches = match(declaration, kind, desired, candidates, stack)
    matches += [] if earlier_name is None else named(earlier_name, kind, candidates, stack)
    successor = _successor(matches, desired) if kind.create_before_delete else None
    if len(matches) > 1 and not successor:
        ids = ", ".join(sorted(found.id for found in matches))
        raise Refused(
            f"{declaration.key}: {len(matches)} resources carry its identity ({ids}); delete one, or remove its terrace:id tag"
        )
    common = {"key": declaration.key, "tier": declaration.tier, "kind": kind, "declaration": declaration, "desired": desired}
    if not matches:
        _refuse_missing_lookup(declaration, kind)
        _refuse_foreign(declaration, desired, kind, candidates, stack)
        return [Step(MAKE, action="create", waits=waits, **common)]
    found = successor or matches[0]
    left = [Step(REMOVE, action="delete", found=other, **common) for other in matches if other is not found]
    changes = () if kind.lookup else (*_moves(found, declaration, kind, stack), *_changes(found, desired))
    tags = missing_tags(declaration, kind, found, stack)
    if any(change.create_only for change in changes):
        return _replacement(found, changes, waits, create_first, common)
    resolved.bind(declaration.key, _as_updated(found, kind) if changes else found)
    action = "update" if changes or tags else "none"
    make = Step(MAKE, action=action, found=found, changes=changes, tags=tags, waits=waits, **common)
    return [make, *(dataclasses.replace(step, waits=frozenset({make.id})) for step in left)]


def _as_updated(found: Found, kind: Kind) -> Found:
    """Return what others may know of a resource that is to be updated: what the update changes is known after it."""
    return dataclasses.replace(found, attributes={**found.attributes, **dict.fromkeys(kind.changing, UNKNOWN)})


def _successor(matches: list[Found], desired: Any) -> Found | None:
    """Return what an interrupted replacement has made already, if only that is as declared, with the old beside it."""
    fitting = [found for found in matches if not any(change.create_only for change in compare(found.values, desired))]
    return fitting[0] if len(fitting) == 1 else None


def _moves(found: Found, declaration: Declaration, kind: Kind, stack: Stack) -> tuple[Change, ...]:
    """Return the change of region, if there is one: nothing in AWS moves."""
    wanted = _region_of(declaration, stack)
    if kind.global_service or found.region in (None, wanted):
        return ()
    return (Change("region", found.region, wanted, create_only=True),)


def _in_region(candidates: Iterable[Found], declaration: Declaration, kind: Kind, stack: Stack) -> list[Found]:
    return [f for f in candidates if kind.global_service or f.region in (None, _region_of(declaration, stack))]


def _region_of(declaration: Declaration, stack: Stack) -> str:
    return declaration.region or stack.region


def _changes(found: Found, desired: Any) -> tuple[Change, ...]:
    """Return what differs. What AWS does not tell yet of a resource on its way is compared once it has settled."""
    changes = compare(found.values, desired)
    return tuple(change for change in changes if change.before is not None) if found.state == PENDING else changes


def _replacement(
    found: Found, changes: tuple[Change, ...], waits: frozenset[StepId], create_first: bool, common: dict[str, Any]
) -> list[Step]:
    make = Step(MAKE, action="replace", changes=changes, waits=waits, **common)
    remove = Step(REMOVE, action="replace", found=found, **common)
    if create_first:
        return [make, dataclasses.replace(remove, waits=frozenset({make.id}))]
    return [remove, dataclasses.replace(make, waits=waits | {remove.id})]


def _refuse_missing_lookup(declaration: Declaration, kind: Kind) -> None:
    if kind.lookup:
        raise Refused(f"{declaration.path}: nothing in the account matches {declaration.key}")


def _refuse_shared_names(declarations: Iterable[Declaration], kinds: Mapping[str, Kind], stack: Stack) -> None:
    """Names that differ in the description may come to the same in AWS, which has no slashes in most of them."""
    taken: dict[tuple[str, str], Key] = {}
    for declaration in declarations:
        kind = kinds[declaration.kind]
        if kind.unique_name and not kind.lookup:
            name = (kind.name, kind.aws_name(stack, declaration.name))
            if name in taken:
                raise Refused(f"{declaration.path}: {declaration.key} and {taken[name]} would both be called {name[1]} in AWS")
            taken[name] = declaration.key


def _refuse_foreign(declaration: Declaration, desired: Any, kind: Kind, candidates: Iterable[Found], stack: Stack) -> None:
    if not kind.unique_name:
        return
    # Some can be given another name than the derived one.
    wanted = getattr(desired, "name", None) or kind.aws_name(stack, declaration.name)
    for found in _in_region(candidates, declaration, kind, stack):
        if found.name == wanted and not found.belongs_to(stack, kind.name) and found.state not in (GONE, FAILED):
            leaving = found.state == DELETING
            way_out = "wait until it is gone, or restore it and list it" if leaving else "list it"
            raise Refused(
                f"{declaration.key}: {kind.service} already has {wanted} ({found.id}), which {'is being deleted and ' * leaving}"
                f"does not carry this stack's tags; {way_out} under terrace_adopt, or choose another name"
            )


def _impossible(steps: Iterable[Step]) -> Iterator[str]:
    """Say where AWS has no way from what is there to what is declared."""
    for step in steps:
        if step.phase == MAKE and step.declaration:
            obstacles = (f"{change.field} {change.obstacle}" for change in step.changes if change.obstacle)
            yield from (f"{step.declaration.path}: {step.key}: {obstacle}" for obstacle in obstacles)


def _not_allowed(steps: Iterable[Step], allowed: set[str]) -> Iterator[str]:
    """Say which replacements are not allowed. What is impossible is not to be done by a replacement either."""
    reasons = [
        f"{step.key} ({', '.join(change.field for change in step.changes if change.create_only)})"
        for step in steps
        if step.action == "replace" and step.phase == MAKE and str(step.key) not in allowed
        if not any(change.obstacle for change in step.changes)
    ]
    reasons += [
        f"{step.key} (an earlier one was interrupted and has left {step.found.id})"
        for step in steps
        if step.action == "delete" and step.declaration and str(step.key) not in allowed
    ]
    if reasons:
        yield f"these changes need a replacement: {'; '.join(reasons)}. Name them in allow_replacement to go on"


def _guarded(steps: Iterable[Step]) -> Iterator[str]:
    """Say what is to be deleted or replaced and must not be."""
    for step in sorted((s for s in steps if s.phase == REMOVE and s.kind.guard), key=lambda s: s.key):
        if reason := step.kind.guard(step.found):
            yield f"{step.key}: {reason}"


def _in_use(steps: Iterable[Step], found: Mapping[str, Iterable[Found]], kinds: Mapping[str, Kind]) -> Iterator[str]:
    """Say what is to be deleted though something that stays refers to it, where AWS itself would not object."""
    steps = list(steps)
    held = [step for step in steps if step.phase == REMOVE and step.kind.held_by_users]
    if not held:
        return
    staying = _as_planned(steps, found)
    names = {(kind, resource.id): _display_name(resource) for kind, resources in staying.items() for resource in resources}
    involved = {name: list(resources) for name, resources in staying.items()}
    for step in held:
        involved.setdefault(step.kind.name, []).append(step.found)
    edges = graph.referrers(involved, kinds)
    for step in sorted(held, key=lambda s: s.key):
        users = sorted(f"{user[0]}/{names[user]}" for user in edges[step.kind.name, step.found.id] if user in names)
        if users:
            yield f"{step.key}: is in use by {', '.join(users)}; delete those first, or let them do without it"


def _as_planned(steps: Iterable[Step], found: Mapping[str, Iterable[Found]]) -> dict[str, list[Found]]:
    """Return what is not to be removed, with the values that it will have."""
    removed = {(step.kind.name, step.found.id) for step in steps if step.phase == REMOVE}
    desired = {(step.kind.name, step.found.id): step.desired for step in steps if step.phase == MAKE and step.found}

    def planned(kind: str, resource: Found) -> Found:
        wanted = desired.get((kind, resource.id))
        fields = dataclasses.fields(wanted) if wanted is not None else ()
        managed = {field.name: value for field in fields if (value := getattr(wanted, field.name)) is not None}
        return dataclasses.replace(resource, values=dataclasses.replace(resource.values, **managed))

    return {
        kind: [
            planned(kind, resource)
            for resource in resources
            if (kind, resource.id) not in removed and resource.state not in (DELETING, GONE, FAILED)
        ]
        for kind, resources in found.items()
    }


def _surplus_children(steps: list[Step], found: Mapping[str, Iterable[Found]], kinds: Mapping[str, Kind]) -> list[Step]:
    """Return deletions of what our parents have beyond the declared, after everything new is there and its users have left."""
    surplus: list[Step] = []
    parents = {(step.kind.name, step.found.id): step for step in steps if step.found and step.phase == MAKE}
    for name, resources in found.items():
        kind = kinds[name]
        kept = {step.found.id for step in steps if step.found and step.kind is kind}
        before = {name, *kind.outlives}
        made = frozenset(step.id for step in steps if step.kind.name in before and step.phase == MAKE)
        for resource in resources:
            owner = _owner(resource, kind, parents)
            if not owner or (kind.spares and kind.spares(owner.desired, resource)):
                continue
            if resource.id not in kept and resource.state != DELETING:
                key = Key(name, _display_name(resource, owner.key.name))
                surplus.append(Step(REMOVE, key, owner.tier, kind, "delete", found=resource, waits=made))
    return surplus


def _owner(found: Found, kind: Kind, candidates: Mapping[tuple[str, str], T]) -> T | None:
    """Return the candidate, by kind and id, that a kind without tags of its own belongs to."""
    if kind.parent is None:
        return None
    owners = ((name, getattr(found.values, kind.parent)) for name in kind.after)
    return next((candidates[owner] for owner in owners if owner in candidates), None)


def _removals_after_referrers(steps: list[Step], needs: Mapping[Key, set[Key]], removed_first: set[Key]) -> list[Step]:
    """Let the removal of a replaced resource wait for those of its users, and until the users left have moved to the new
    one. The replacement may be that of an earlier run."""
    removals = {step.key: step.id for step in steps if step.phase == REMOVE and step.declaration}
    result = []
    for step in steps:
        if step.id == removals.get(step.key):
            users = {key for key, parents in needs.items() if step.key in parents}
            moved = set() if step.key in removed_first else {step_id(MAKE, user) for user in users}
            waits = step.waits | moved | {removals[user] for user in users if user in removals}
            step = dataclasses.replace(step, waits=waits)
        result.append(step)
    return result


def orphans(
    declared: Iterable[Key],
    found: Mapping[str, Iterable[Found]],
    kinds: Mapping[str, Kind],
    stack: Stack,
    tiers: Iterable[str],
) -> dict[str, list[Found]]:
    """Return, by kind, what is ours by tag in the applied tiers and not declared. Children go with their parents."""
    declared, tiers = set(declared), set(tiers)

    def is_orphan(kind: str, resource: Found) -> bool:
        ours = resource.belongs_to(stack, kind) and resource.tier in tiers
        alive = resource.state not in (DELETING, GONE, FAILED)
        return ours and alive and Key(kind, resource.logical_name) not in declared

    selected = {
        kind: [resource for resource in resources if is_orphan(kind, resource)]
        for kind, resources in found.items()
        if not (kinds[kind].lookup or kinds[kind].parent)
    }
    return {kind: resources for kind, resources in selected.items() if resources}


def _display_name(found: Found, owner: str | None = None) -> str:
    return found.logical_name or (f"{owner}/{found.name or found.id}" if owner else found.name or found.id)


def _sorted_by_waits(steps: list[Step]) -> list[Step]:
    """Return the steps in an order that respects their waits. Raises Refused when they wait for each other."""
    by_id = {step.id: step for step in steps}
    try:
        order = list(TopologicalSorter({step.id: step.waits & by_id.keys() for step in steps}).static_order())
    except CycleError as error:
        circle = " -> ".join(str(by_id[node].key) for node in error.args[1])
        raise Refused(f"nothing was changed: these resources wait for each other: {circle}") from None
    return [by_id[node] for node in order]
