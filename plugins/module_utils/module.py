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
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, validated
from ansible_collections.terrace.aws.plugins.module_utils.operator import current_owner, is_dead, stop_on_signals
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIER_KINDS, TIERS

STACK_SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "account": {"type": "str", "required": True},
    "region": {"type": "str", "required": True},
    "tags": {"type": "dict", "default": {}},
}
STACK_CONSTRAINTS = {
    "name": Constraint(pattern=r"[a-z][a-z0-9-]{1,39}", says="2 to 40 lower-case letters, digits and hyphens"),
    "account": Constraint(pattern=r"\d{12}", says="an account id has 12 digits (quote it in YAML)"),
    "region": Constraint(pattern=r"[a-z]{2}(-[a-z]+)+-\d", says="a region looks like eu-west-1"),
}
COMMON_SPEC = {
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
        module.fail_json(msg=str(error), changed=False, resources=[])
    except Exception as error:
        module.fail_json(msg=explain(error), exception=traceback.format_exc(), changed=False, resources=[])
    else:
        module.exit_json(**result)


def stack_of(parameters: Mapping[str, Any]) -> Stack:
    """Return the validated stack. Raises InvalidOption."""
    return Stack(**validated(parameters, STACK_SPEC, STACK_CONSTRAINTS, "stack"))


def declarations_of(described: Mapping[str, Mapping[str, Any]], stack: Stack) -> tuple[Declaration, ...]:
    """Return what all described tiers declare. Raises InvalidOption."""
    declarations: list[Declaration] = []
    for tier, options in described.items():
        module = TIERS[tier]
        declarations += module.build(validated(options, module.SPEC, module.CONSTRAINTS, tier), stack)
    seen: dict[Any, str] = {}
    for declaration in declarations:
        if declaration.key in seen:
            raise InvalidOption(declaration.path, f"{declaration.key} is declared already at {seen[declaration.key]}")
        seen[declaration.key] = declaration.path
    return tuple(declarations)


def externals_of(items: Iterable[Mapping[str, Any]]) -> tuple[External, ...]:
    """Return what the option external lists. Raises InvalidOption."""
    externals = tuple(External(i["kind"], i["name"], i["match"], f"external[{n}]") for n, i in enumerate(items))
    for external in externals:
        _refuse_unknown_kind(external.kind, external.path)
        if not external.match:
            raise InvalidOption(f"{external.path}.match", "has to say what to look for: id, name, tags or an attribute")
    return externals


def adoptions_of(items: Iterable[Mapping[str, Any]]) -> tuple[Adoption, ...]:
    """Return what the option adopt lists. Raises InvalidOption."""
    adoptions = tuple(Adoption(i["kind"], i["name"], i["id"], f"adopt[{n}]") for n, i in enumerate(items))
    for adoption in adoptions:
        _refuse_unknown_kind(adoption.kind, adoption.path)
        if KINDS[adoption.kind].tag is None:
            raise InvalidOption(f"{adoption.path}.kind", f"a {adoption.kind} takes no tags, so it cannot be adopted by itself")
    return adoptions


def moves_of(items: Iterable[Mapping[str, Any]]) -> dict[Key, str]:
    """Return the earlier names that the option moved lists, by the present key. Raises InvalidOption."""
    moves: dict[Key, str] = {}
    for index, item in enumerate(items):
        _refuse_unknown_kind(item["kind"], f"moved[{index}]")
        key = Key(item["kind"], item["to"])
        if key in moves:
            raise InvalidOption(f"moved[{index}].to", f"{key} has an earlier name already ({moves[key]})")
        moves[key] = item["from"]
    return moves


def _refuse_unknown_kind(kind: str, path: str) -> None:
    if kind not in KINDS:
        raise InvalidOption(f"{path}.kind", f"there is no kind {kind!r} (there are: {', '.join(sorted(KINDS))})")


def _converge(module: AnsibleAWSModule, described: Mapping[str, Mapping[str, Any]], tiers: Iterable[str]) -> dict[str, Any]:
    parameters = module.params
    stack = stack_of(parameters["stack"])
    request = Request(
        stack=stack,
        declarations=declarations_of(described, stack),
        kinds=KINDS,
        tiers=frozenset(tiers),
        tier_kinds=TIER_KINDS,
        state=parameters["state"],
        allow_replacement=tuple(parameters["allow_replacement"]),
        externals=externals_of(parameters.get("external", ())),
        adoptions=adoptions_of(parameters.get("adopt", ())),
        moved=moves_of(parameters.get("moved", ())),
        prune=parameters.get("prune", False),
        check=module.check_mode,
        diff=module._diff,
    )
    clients = Clients(module, [kind.unsafe_create for kind in KINDS.values() if kind.unsafe_create])
    refuse_other_account(clients, stack.account, stack.region)
    progress = Progress.from_environment()
    with stop_on_signals() as stopping:
        return converge(
            request, clients, progress, lambda: _locked(clients, stack, parameters.get("lock", {}), progress), stopping
        )


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
