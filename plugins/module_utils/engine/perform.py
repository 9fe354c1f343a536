# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of one step, as done in a thread of the apply: the calls, and what is repeated around them."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine import retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import AmbiguousAnswer, NotReady, explain
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, GONE, PENDING, Context, Found, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.plan import Step, match
from ansible_collections.terrace.aws.plugins.module_utils.engine.resolve import Resolved
from ansible_collections.terrace.aws.plugins.module_utils.engine.survey import listed
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare

ATTEMPTS = 5
# A list may lag behind a create for seconds, and a second attempt that comes too early makes a duplicate.
LOOK_UP_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)


def create(step: Step, context: Context, resolved: Resolved, run_id: str, fresh_parents: bool) -> Found:
    """Create the resource, or find the one that an unanswered or repeated call has created already."""
    created = _created(step, context, resolved, run_id, fresh_parents)
    if step.kind.after_create:
        retry.repeat(
            lambda: step.kind.after_create(context, created),
            lambda error: retry.patience(step.kind, error, fresh_parents=True),
            context.stopping,
        )
    return created


def _created(step: Step, context: Context, resolved: Resolved, run_id: str, fresh_parents: bool) -> Found:
    kind, values = step.kind, resolved.values(step.declaration.values)
    new = _new(step, context, run_id, values)
    for _attempt in range(ATTEMPTS):
        try:
            return retry.repeat(
                lambda: kind.create(context, new, values),
                lambda error: _creation_patience(step, context, new, error, fresh_parents),
                context.stopping,
            )
        except Exception as error:
            ambiguous = isinstance(error, AmbiguousAnswer)
            if not (ambiguous or retry.is_already_exists(error)):
                raise
            created = _look_up(step, context, values)
            if created is not None:
                return created
            if not ambiguous or context.stopping():
                raise
    raise NotReady(f"{kind.unsafe_create} got no answer {ATTEMPTS} times, and nothing was created")


def _look_up(step: Step, context: Context, values: Any) -> Found | None:
    """Return what has just been created in spite of an error. What a replacement replaces carries the same tags."""
    replaced = {found.id for found in context.found(step.kind.name)} if step.action == "replace" else set()
    created_first = step.kind.create_before_delete
    for pause in LOOK_UP_PAUSES:
        time.sleep(pause)
        matches = match(step.declaration, step.kind, values, listed(step.kind, context), context.stack)
        for found in matches:
            if not (created_first and found.id in replaced):
                return found
    return None


def _creation_patience(step: Step, context: Context, new: New, error: Exception, fresh_parents: bool) -> float:
    """A name is free again when the resource of ours that is being deleted has gone."""
    if retry.is_already_exists(error):
        leaving = any(found.name == new.aws_name and found.state == DELETING for found in context.found(step.kind.name))
        return step.kind.timeout if leaving else 0.0
    return retry.patience(step.kind, error, fresh_parents)


def update(
    step: Step, context: Context, found: Found, resolved: Resolved, fields: set[str], tags: Mapping[str, str], fresh_parents: bool
) -> Found:
    """Set tags and changed fields; the state returned says whether the effect has to be awaited."""

    def patience(error: Exception) -> float:
        return retry.patience(step.kind, error, fresh_parents)

    if tags:
        retry.repeat(lambda: step.kind.tag(context, found, tags), patience, context.stopping)
    if not fields:
        return found
    updated = _set(step, context, found, resolved.values(step.declaration.values), fields, patience) or found
    return dataclasses.replace(updated, state=PENDING) if "update" in step.kind.waits_for else updated


def _set(
    step: Step, context: Context, found: Found, values: Any, fields: set[str], patience: Callable[[Exception], float]
) -> Found | None:
    """Set fields. An error may be the objection to the repetition of a call whose answer was lost: if a look shows that
    something has been done, go on with what is left."""
    attempt = 0
    while fields:
        attempt += 1
        try:
            return retry.repeat(functools.partial(step.kind.update, context, found, values, fields), patience, context.stopping)
        except Exception as error:
            seen = _progress(step, context, found, error)
            if seen is None or attempt == ATTEMPTS:
                raise
            found = seen
            fields = fields & {change.field for change in compare(found.values, values)}
    return found


def _progress(step: Step, context: Context, found: Found, error: Exception) -> Found | None:
    """Return the resource as it is now if it is not any more what it was. A list may lag behind what exists already."""
    for pause in LOOK_UP_PAUSES if retry.is_already_exists(error) else LOOK_UP_PAUSES[:1]:
        time.sleep(pause)
        seen = _seen(step, context, found)
        if seen and _differs(seen, found):
            return seen
    return None


def _differs(seen: Found, found: Found) -> bool:
    return (seen.values, seen.attributes) != (found.values, found.attributes)


def _seen(step: Step, context: Context, found: Found) -> Found | None:
    return next((seen for seen in listed(step.kind, context) if seen.id == found.id), None)


def remove(step: Step, context: Context, waiting: Callable[[str], Any]) -> Found | None:
    """Delete the resource; return it while its deletion has to be awaited. Gone already is fine."""
    if step.found.state != DELETING:
        try:
            _delete(step, context, waiting)
        except Exception as error:
            if retry.is_dependency(error):
                raise NotReady(f"{_holders(step, context)}: {explain(error)}") from None
            raise
    return dataclasses.replace(step.found, state=DELETING) if "delete" in step.kind.waits_for else None


def _delete(step: Step, context: Context, waiting: Callable[[str], Any]) -> None:
    """Delete. What is not found may be only a part of the resource, gone by a call whose answer was lost."""
    found = step.found
    for attempt in itertools.count(1):
        call = functools.partial(_call_delete, step, context, found, waiting)
        try:
            retry.repeat(call, lambda error: _removal_patience(step, error), context.stopping)
            return
        except Exception as error:
            if retry.is_dependency(error):
                raise
            seen = _seen(step, context, found)
            if seen is None or seen.state in (DELETING, GONE) or (retry.is_not_found(error) and attempt == ATTEMPTS):
                return
            if not (retry.is_not_found(error) or _differs(seen, found)):
                raise
            found = seen
            time.sleep(LOOK_UP_PAUSES[0])


def _call_delete(step: Step, context: Context, found: Found, waiting: Callable[[str], Any]) -> None:
    try:
        step.kind.delete(context, found)
    except Exception as error:
        if retry.is_dependency(error):
            waiting(_holders(step, context))
        raise


def _holders(step: Step, context: Context) -> str:
    """Say what keeps the resource from being deleted. Not being allowed to look is no reason to stop waiting."""
    holders: Sequence[str] = ()
    if step.kind.holders:
        with contextlib.suppress(Exception):
            holders = step.kind.holders(context, step.found)
    return f"held by {', '.join(holders)}" if holders else "held by something"


def _removal_patience(step: Step, error: Exception) -> float:
    return retry.DEPENDENCY_SECONDS if retry.is_dependency(error) else retry.patience(step.kind, error, False)


def _new(step: Step, context: Context, run_id: str, values: Any) -> New:
    """Return the create call's identity. The token is stable within a run, so that any repetition is the same call.

    AWS answers a token that it knows with what that call made, so other values have to be another call.
    """
    stack, key = context.stack, step.key
    token = hashlib.sha256("/".join((stack.name, key.kind, key.name, run_id, repr(values))).encode()).hexdigest()[:32]
    suffix = f"-{token[:4]}" if step.kind.create_before_delete and step.kind.unique_name else ""
    return New(key.name, step.kind.aws_name(stack, key.name, suffix), step.declaration.all_tags(stack), token)
