# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of one step, as done in a thread of the apply: the calls, and what is repeated around them."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine import retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import AmbiguousAnswer, NotReady
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, PENDING, Context, Found, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.plan import Step, match
from ansible_collections.terrace.aws.plugins.module_utils.engine.resolve import Resolved

LOOK_UPS = 5


def create(step: Step, context: Context, resolved: Resolved, run_id: str, fresh_parents: bool) -> Found:
    """Create the resource, or find the one that an unanswered or repeated call has created already."""
    declaration, kind = step.declaration, step.kind
    values = resolved.values(declaration.values)
    new = _new(step, context, run_id)
    for attempt in range(LOOK_UPS):
        try:
            return retry.repeat(
                lambda: kind.create(context, new, values), lambda error: retry.patience(kind, error, fresh_parents)
            )
        except Exception as error:
            ambiguous = isinstance(error, AmbiguousAnswer)
            if not (ambiguous or retry.is_already_exists(error)):
                raise
            time.sleep(0.5 * 2**attempt)
            existing = match(declaration, kind, values, kind.list(context), context.stack)
            if existing:
                return existing[0]
            if not ambiguous:
                raise
    raise NotReady(f"{kind.unsafe_create} got no answer {LOOK_UPS} times, and nothing was created")


def update(
    step: Step, context: Context, found: Found, resolved: Resolved, fields: set[str], tags: Mapping[str, str], fresh_parents: bool
) -> Found:
    """Set tags and changed fields; the state returned says whether the effect has to be awaited."""
    if tags:
        step.kind.tag(context, found, tags)
    if not fields:
        return found
    values = resolved.values(step.declaration.values)
    retry.repeat(
        lambda: step.kind.update(context, found, values, fields), lambda error: retry.patience(step.kind, error, fresh_parents)
    )
    return dataclasses.replace(found, state=PENDING) if "update" in step.kind.waits_for else found


def remove(step: Step, context: Context, waiting: Callable[[str], Any]) -> Found | None:
    """Delete the resource; return it while its deletion has to be awaited. Gone already is fine."""
    if step.found.state != DELETING:
        try:
            retry.repeat(lambda: _delete(step, context, waiting), lambda error: _removal_patience(step, error))
        except Exception as error:
            if not retry.is_not_found(error):
                raise
    return dataclasses.replace(step.found, state=DELETING) if "delete" in step.kind.waits_for else None


def _delete(step: Step, context: Context, waiting: Callable[[str], Any]) -> None:
    try:
        step.kind.delete(context, step.found)
    except Exception as error:
        if retry.is_dependency(error):
            holders = step.kind.holders(context, step.found) if step.kind.holders else []
            waiting("held by " + (", ".join(holders) or retry.code_of(error)))
        raise


def _removal_patience(step: Step, error: Exception) -> float:
    return retry.DEPENDENCY_SECONDS if retry.is_dependency(error) else retry.patience(step.kind, error, False)


def _new(step: Step, context: Context, run_id: str) -> New:
    """Return the create call's identity. The token is stable within a run, so that any repetition is the same call."""
    stack, key = context.stack, step.key
    token = hashlib.sha256("/".join((stack.name, key.kind, key.name, run_id)).encode()).hexdigest()[:32]
    suffix = f"-{token[:4]}" if step.kind.create_before_delete and step.kind.unique_name else ""
    return New(key.name, step.kind.aws_name(stack, key.name, suffix), step.declaration.all_tags(stack), token)
