# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share: options, and the way from a module's parameters to its result."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.terrace.aws.plugins.module_utils import control_bucket
from ansible_collections.terrace.aws.plugins.module_utils.aws import Clients, refuse_other_account
from ansible_collections.terrace.aws.plugins.module_utils.engine.converge import Request, converge
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Adoption, Declaration, External, Key, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, InvalidOption, TerraceError, explain
from ansible_collections.terrace.aws.plugins.module_utils.engine.lock import LEASE_SECONDS, SETTLE_SECONDS, Lock
from ansible_collections.terrace.aws.plugins.module_utils.engine.progress import Progress
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, references, validated
from ansible_collections.terrace.aws.plugins.module_utils.operator import current_owner, is_dead, stop_on_signals
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIER_KINDS, TIERS
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import (
    MANY,
    REGION,
    TAG_KEY,
    TAG_VALUE,
    refuse_other_region,
)

STACK_SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "account": {"type": "str", "required": True},
    "region": {"type": "str", "required": True},
    "regions": {"type": "list", "elements": "str", "default": []},
    "tags": {"type": "dict", "default": {}},
}
STACK_CONSTRAINTS = {
    "name": Constraint(pattern=r"[a-z][a-z0-9-]{1,39}", says="2 to 40 lower-case letters, digits and hyphens"),
    "account": Constraint(pattern=r"\d{12}", says="an account id has 12 digits (quote it in YAML)"),
    "region": REGION,
    "regions": Constraint(distinct=True, max_length=MANY),
    "regions[]": REGION,
    # Of the fifty that AWS takes, four are ours: Name and the identity.
    "tags": Constraint(max_length=46, keys=TAG_KEY, values=TAG_VALUE),
}
COMMON_SPEC: dict[str, dict[str, Any]] = {
    "stack": {"type": "dict", "required": True, "options": STACK_SPEC},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "allow_replacement": {"type": "list", "elements": "str", "default": []},
}
# Only the module of the whole stack has these, so that the page of a tier stays readable.
STACK_ONLY_SPEC: dict[str, dict[str, Any]] = {
    "tiers": {"type": "list", "elements": "str", "choices": list(TIERS)},
    "external": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "match": {"type": "dict", "required": True},
            "region": {"type": "str"},
        },
    },
    "adopt": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "id": {"type": "str", "required": True},
            "region": {"type": "str"},
        },
    },
    "moved": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True},
            "from": {"type": "str", "required": True},
            "to": {"type": "str", "required": True},
        },
    },
    "prune": {"type": "bool", "default": False},
    "lock": {
        "type": "dict",
        "apply_defaults": True,
        "options": {"lease": {"type": "int", "default": 120}, "settle": {"type": "int", "default": 30}},
    },
}
KIND_NAME = Constraint(pattern="|".join(KINDS), says=f"the kinds are {', '.join(sorted(KINDS))}")
LOGICAL_NAME = Constraint(pattern=r"[!-~]([ -~]{0,253}[!-~])?", says="a name has 1 to 255 ASCII characters")
COMMON_CONSTRAINTS = {
    **{f"stack.{name}": constraint for name, constraint in STACK_CONSTRAINTS.items()},
    "allow_replacement": Constraint(max_length=MANY),
    "allow_replacement[]": Constraint(pattern=rf"({'|'.join(KINDS)})/[ -~]{{1,255}}", says="a resource is written kind/name"),
    "tiers": Constraint(min_length=1, distinct=True),
    "external": Constraint(max_length=MANY),
    "external[].kind": KIND_NAME,
    "external[].name": LOGICAL_NAME,
    "external[].match": Constraint(min_length=1),
    "external[].region": REGION,
    "adopt": Constraint(max_length=MANY),
    "adopt[].kind": KIND_NAME,
    "adopt[].name": LOGICAL_NAME,
    "adopt[].id": LOGICAL_NAME,
    "adopt[].region": REGION,
    "moved": Constraint(max_length=MANY),
    "moved[].kind": KIND_NAME,
    "moved[].from": LOGICAL_NAME,
    "moved[].to": LOGICAL_NAME,
    # A holder renews after a third of its lease, which has to leave time for throttled calls.
    "lock.lease": Constraint(minimum=10, maximum=3600),
    "lock.settle": Constraint(minimum=0, maximum=3600),
}


def tier_module(tier: str) -> AnsibleAWSModule:
    """Return the module of one tier, with the tier's own options at the top level."""
    spec = {**COMMON_SPEC, **TIERS[tier].SPEC}
    return AnsibleAWSModule(argument_spec=spec, supports_check_mode=True)


def stack_module() -> AnsibleAWSModule:
    """Return the module of all tiers, with each tier's options as a dictionary."""
    # A description of secrets says how values are made; it holds none.
    described = {tier: {"type": "dict", "no_log": False} for tier in TIERS}
    return AnsibleAWSModule(argument_spec={**COMMON_SPEC, **STACK_ONLY_SPEC, **described}, supports_check_mode=True)


def run_tier(module: AnsibleAWSModule, tier: str) -> None:
    """Converge one tier and exit."""
    options = {name: module.params[name] for name in TIERS[tier].SPEC}
    run(module, {tier: options}, [tier])


def run_stack(module: AnsibleAWSModule) -> None:
    """Converge the tiers asked for, all by default, and exit. The whole description is validated in any case."""
    described = {tier: module.params[tier] or {} for tier in TIERS}
    run(module, described, module.params["tiers"] or list(TIERS))


def run(module: AnsibleAWSModule, described: Mapping[str, Mapping[str, Any]], tiers: Iterable[str]) -> None:
    """Validate, check the account, converge, and leave through exit_json or fail_json: never with a traceback."""
    guarded(module, lambda: _converge(module, described, tiers))


def guarded(module: AnsibleAWSModule, work: Callable[[], dict[str, Any]]) -> None:
    """Exit with what `work` returns, or fail with one readable message and what was done until then."""
    try:
        result = work()
    except ApplyFailed as error:
        module.fail_json(msg=str(error), failures=error.failures, **error.result)
    except TerraceError as error:
        module.fail_json(msg=str(error), **{"changed": False, "resources": [], **error.result})
    except Exception as error:
        module.fail_json(msg=explain(error), exception=traceback.format_exc(), changed=False, resources=[])
    else:
        module.exit_json(**result)


def stack_of(parameters: Mapping[str, Any]) -> Stack:
    """Return the validated stack. Raises InvalidOption."""
    options = validated(parameters, STACK_SPEC, STACK_CONSTRAINTS, "stack")
    tags = {str(key): str(value) for key, value in options["tags"].items()}
    return Stack(**{**options, "tags": tags, "regions": tuple(options["regions"])})


def declarations_of(described: Mapping[str, Mapping[str, Any]], stack: Stack) -> tuple[Declaration, ...]:
    """Return what all described tiers declare, after each has looked at the others'. Raises InvalidOption."""
    declarations: list[Declaration] = []
    for tier, options in described.items():
        module = TIERS[tier]
        declarations += module.build(validated(options, module.SPEC, module.CONSTRAINTS, tier), stack)
    seen: dict[Any, str] = {}
    for declaration in declarations:
        if declaration.key in seen:
            raise InvalidOption(declaration.path, f"{declaration.key} is declared already at {seen[declaration.key]}")
        seen[declaration.key] = declaration.path
        refuse_other_region(declaration.region, f"{declaration.path}.region", stack)
    for tier in described:
        if join := getattr(TIERS[tier], "join", None):
            declarations = join(declarations)
    for tier in described:
        if check := getattr(TIERS[tier], "check_together", None):
            check(declarations, stack)
    return tuple(declarations)


def references_of(described: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return (address, path) of every name in all tiers that stands for another thing."""
    found: list[tuple[str, str]] = []
    for tier, options in described.items():
        constraints = TIERS[tier].CONSTRAINTS
        found += references(validated(options, TIERS[tier].SPEC, constraints, tier), constraints, tier)
    return tuple(found)


def externals_of(items: Iterable[Mapping[str, Any]], stack: Stack) -> tuple[External, ...]:
    """Return what the option external lists. Raises InvalidOption."""
    externals: dict[Key, External] = {}
    for index, item in enumerate(items):
        external = External(item["kind"], item["name"], item["match"], f"external[{index}]", item["region"])
        refuse_other_region(external.region, f"{external.path}.region", stack)
        if external.key in externals:
            raise InvalidOption(f"{external.path}.name", f"{external.key} is given twice")
        for name, value in external.match.items():
            if not isinstance(value, dict if name == "tags" else (str, int, float)):
                raise InvalidOption(f"{external.path}.match.{name}", f"cannot be compared with a {type(value).__name__}")
        externals[external.key] = external
    return tuple(externals.values())


def adoptions_of(items: Iterable[Mapping[str, Any]], stack: Stack) -> tuple[Adoption, ...]:
    """Return what the option adopt lists. Raises InvalidOption."""
    adoptions: dict[Key, Adoption] = {}
    for index, item in enumerate(items):
        adoption = Adoption(item["kind"], item["name"], item["id"], f"adopt[{index}]", item["region"])
        refuse_other_region(adoption.region, f"{adoption.path}.region", stack)
        if KINDS[adoption.kind].tag is None:
            raise InvalidOption(f"{adoption.path}.kind", f"a {adoption.kind} takes no tags, so it cannot be adopted by itself")
        if adoption.key in adoptions:
            raise InvalidOption(f"{adoption.path}.name", f"{adoption.key} is given twice")
        adoptions[adoption.key] = adoption
    return tuple(adoptions.values())


def moves_of(items: Iterable[Mapping[str, Any]]) -> dict[Key, str]:
    """Return the earlier names that the option moved lists, by the present key. Raises InvalidOption."""
    moves: dict[Key, Key] = {}
    for index, item in enumerate(items):
        key, earlier = Key(item["kind"], item["to"]), Key(item["kind"], item["from"])
        if key in moves:
            raise InvalidOption(f"moved[{index}].to", f"{key} has an earlier name already ({moves[key].name})")
        if earlier in moves.values():
            raise InvalidOption(f"moved[{index}].from", f"{earlier} has another name already")
        moves[key] = earlier
        while earlier in moves and earlier != key:
            earlier = moves[earlier]
        if earlier == key:
            raise InvalidOption(f"moved[{index}]", f"{key} would end where it began")
    return {key: earlier.name for key, earlier in moves.items()}


def request_of(
    parameters: Mapping[str, Any],
    described: Mapping[str, Mapping[str, Any]],
    tiers: Iterable[str],
    check: bool = False,
    diff: bool = False,
) -> Request:
    """Return what a module's parameters ask for. Raises InvalidOption for whatever can be known to be wrong."""
    spec = {**COMMON_SPEC, **STACK_ONLY_SPEC}
    options = validated({name: parameters.get(name) for name in spec}, spec, COMMON_CONSTRAINTS, "")
    stack = stack_of(options["stack"])
    return Request(
        stack=stack,
        declarations=declarations_of(described, stack),
        references=references_of(described),
        kinds=KINDS,
        tiers=frozenset(tiers),
        tier_kinds=TIER_KINDS,
        state=options["state"],
        allow_replacement=tuple(options["allow_replacement"]),
        externals=externals_of(options["external"], stack),
        adoptions=adoptions_of(options["adopt"], stack),
        moved=moves_of(options["moved"]),
        prune=options["prune"],
        check=check,
        diff=diff,
    )


def _converge(module: AnsibleAWSModule, described: Mapping[str, Mapping[str, Any]], tiers: Iterable[str]) -> dict[str, Any]:
    parameters = module.params
    request = request_of(parameters, described, tiers, module.check_mode, module._diff)
    stack = request.stack
    clients = Clients(module, [kind.unsafe_create for kind in KINDS.values() if kind.unsafe_create])
    refuse_other_account(clients, stack.account, stack.region)
    progress = Progress.from_environment()
    with stop_on_signals() as stopping:
        result = converge(
            request, clients, progress, lambda: _locked(clients, stack, parameters.get("lock", {}), progress), stopping
        )
    for text in result["disruptions"]:
        module.warn(text)
    return result


@contextmanager
def _locked(clients: Clients, stack: Stack, options: Mapping[str, Any], progress: Progress) -> Iterator[str]:
    """Hold the stack's lock, guard every change by it, and yield the run id."""
    s3 = clients.unguarded("s3", stack.region)
    lock = Lock(
        s3,
        control_bucket.ensure(s3, stack.account, stack.region),
        stack.name,
        stack.account,
        current_owner(),
        is_dead,
        notify=lambda text: progress.send("note", text=text),
        lease=options.get("lease", LEASE_SECONDS),
        settle=options.get("settle", SETTLE_SECONDS),
    )
    with lock, clients.guarded(lock.check):
        yield lock.run_id
