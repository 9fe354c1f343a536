# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan: a step starts when its own predecessors are done; waits poll once per kind, not per resource."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine import perform, report, retry, visible
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, explain
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import FAILED, GONE, READY, Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.plan import (
    MAKE,
    REMOVE,
    Plan,
    Step,
    StepId,
    missing_tags,
    step_id,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.progress import Progress
from ansible_collections.terrace.aws.plugins.module_utils.engine.resolve import Resolved
from ansible_collections.terrace.aws.plugins.module_utils.engine.survey import Survey
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import Change, compare

THREADS = 12
POLL_FIRST, POLL_FACTOR, POLL_MAX = 0.5, 1.5, 5.0


@dataclasses.dataclass(frozen=True)
class Waiting:
    """A step whose call is done and whose effect is awaited since `since` (monotonic seconds)."""

    step: Step
    found: Found
    since: float


class Apply:
    """One run of one plan. The main thread schedules and polls; calls that change something run in the pool."""

    def __init__(
        self, plan: Plan, contexts: Mapping[str, Context], survey: Survey, resolved: Resolved, run_id: str, progress: Progress
    ) -> None:
        self._steps = {step.id: step for step in plan.steps}
        self._contexts, self._survey, self._resolved = contexts, survey, resolved
        self._run_id, self._progress = run_id, progress
        self._undone = {step.id: set(step.waits) & self._steps.keys() for step in plan.steps}
        self._started: dict[StepId, float] = {}
        self._running: dict[Future[Found | None], StepId] = {}
        self._waiting: dict[StepId, Waiting] = {}
        self._updated: set[StepId] = set()
        self._polls: dict[tuple[str, str], tuple[float, float]] = {}
        self._ids: dict[StepId, str] = {}
        self._seen: set[StepId] = set()
        self._done: set[StepId] = set()
        self._failed: dict[StepId, str] = {}
        self._tiers: dict[str, tuple[float, float]] = {}

    def run(self) -> list[dict[str, Any]]:
        """Carry out all steps and return `resources`. Raises ApplyFailed once independent branches have finished."""
        with ThreadPoolExecutor(THREADS) as pool:
            self._pool = pool
            while self._start_ready() or self._running or self._waiting:
                if self._stopping():
                    self._waiting.clear()
                    self._polls.clear()
                for future in self._finished_calls():
                    self._collect(self._steps[self._running.pop(future)], future)
                for kind_and_region in self._due():
                    self._poll(*kind_and_region)
            unseen = self._wait_until_visible()
        if unseen or len(self._done) < len(self._steps):
            raise ApplyFailed(self._failure_lines() + unseen, self._results())
        return self._results()

    @property
    def seconds_by_tier(self) -> dict[str, float]:
        """Wall-clock seconds from a tier's first change to its last."""
        return {tier: round(end - start, 1) for tier, (start, end) in self._tiers.items()}

    def _start_ready(self) -> bool:
        """Start what can start. Steps without work are done at once and may let others start."""
        started = False
        while ready := self._startable():
            started = True
            for step in ready:
                self._start(step)
        return started

    def _startable(self) -> list[Step]:
        if self._stopping():
            return []
        return [self._steps[id_] for id_, undone in self._undone.items() if not undone and id_ not in self._started]

    def _start(self, step: Step) -> None:
        self._started[step.id] = time.monotonic()
        if step.action != "none":
            self._report(step, "started")
        if step.unsettled:
            self._await(step, step.found)
        elif step.action == "none":
            self._ids[step.id] = step.found.id
            self._finish(step)
        else:
            if step.action == "update":
                self._updated.add(step.id)
            self._submit(step, self._perform, step)

    def _stopping(self) -> bool:
        """Whether the operator has asked to stop: calls that run are finished, nothing else is begun or awaited."""
        return next(iter(self._contexts.values())).stopping()

    def _submit(self, step: Step, work: Callable[..., Found | None], *arguments: Any) -> None:
        self._running[self._pool.submit(work, *arguments)] = step.id

    def _perform(self, step: Step) -> Found | None:
        context = self._context(step)
        if step.phase == REMOVE:
            return perform.remove(step, context, lambda detail: self._report(step, "waiting", detail))
        if step.action == "update":
            return self._update(step, step.found, step.changes, step.tags)
        return perform.create(step, context, self._resolved, self._run_id, self._has_fresh_parents(step))

    def _update(self, step: Step, found: Found, changes: Iterable[Change], tags: Mapping[str, str]) -> Found:
        return perform.update(
            step,
            self._context(step),
            found,
            self._resolved,
            {change.field for change in changes},
            tags,
            fresh_parents=step.action != "update" or self._has_fresh_parents(step),
        )

    def _wait_until_visible(self) -> list[str]:
        """Let the run end when the next one cannot overlook what this one has made, and return what it might.

        What was awaited has been seen.
        """
        made: dict[visible.Listing, set[str]] = {}
        for id_ in self._ids.keys() - self._seen:
            step = self._steps[id_]
            if step.phase == MAKE and step.action in ("create", "replace"):
                made.setdefault((step.kind.name, self._context(step).region), set()).add(self._ids[id_])
        kinds = {step.kind.name: step.kind for step in self._steps.values()}
        try:
            hidden = visible.wait_until_visible(made, kinds, self._contexts, self._pool, self._stopping)
        except Exception as error:
            return [f"what was made could not be looked at: {explain(error)}"]
        if self._stopping():
            return []
        return [f"{kind} {', '.join(sorted(ids))} does not show in AWS's lists yet" for (kind, _region), ids in hidden.items()]

    def _finished_calls(self) -> set[Future[Found | None]]:
        """Return the calls that are over, after a wait for the first of them or for the next poll."""
        pause = self._pause()
        if not self._running:
            time.sleep(pause or 0.0)
            return set()
        return wait(self._running, timeout=pause, return_when=FIRST_COMPLETED).done

    def _collect(self, step: Step, future: Future[Found | None]) -> None:
        try:
            self._advance(step, future.result())
        except Exception as error:
            self._fail(step, explain(error))

    def _advance(self, step: Step, found: Found | None) -> None:
        """Decide what comes after a call or a poll: wait, set what the create call could not set, or done."""
        self._ids[step.id] = (found or step.found).id
        if step.phase == REMOVE:
            if found is None:
                self._finish(step)
            else:
                self._await(step, found)
        elif found.state == FAILED:
            self._fail(step, f"{found.id} failed: {found.detail}")
        elif found.state != READY:
            self._await(step, found)
        else:
            self._made(step, found)

    def _made(self, step: Step, found: Found) -> None:
        located = dataclasses.replace(found, region=self._context(step).region)
        self._resolved.bind(step.key, located)
        self._survey.learn(step.key.kind, located)
        desired = self._resolved.values(step.declaration.values)
        changes = tuple(change for change in compare(found.values, desired) if not change.create_only)
        tags = missing_tags(step.declaration, step.kind, found, self._context(step).stack)
        if step.id in self._updated or not (changes or tags):
            shortfall = step.kind.shortfall(found, desired) if step.kind.shortfall else None
            if shortfall:
                self._fail(step, shortfall)
            else:
                self._finish(step)
            return
        self._updated.add(step.id)
        if step.action == "none":
            step = self._steps[step.id] = dataclasses.replace(step, action="update", changes=changes, tags=tags)
        self._submit(step, self._update, step, located, changes, tags)

    def _await(self, step: Step, found: Found) -> None:
        self._waiting.setdefault(step.id, Waiting(step, found, time.monotonic()))
        self._polls.setdefault((step.kind.name, self._context(step).region), (time.monotonic() + POLL_FIRST, POLL_FIRST))

    def _pause(self) -> float | None:
        """Return the seconds until the next poll, or None when only running calls matter."""
        return max(0.0, min(at for at, _interval in self._polls.values()) - time.monotonic()) if self._polls else None

    def _due(self) -> list[tuple[str, str]]:
        now = time.monotonic()
        return [key for key, (at, _interval) in self._polls.items() if at <= now]

    def _poll(self, kind: str, region: str) -> None:
        """Ask once for all resources of the kind that are awaited."""
        awaited = [w for w in self._waiting.values() if w.step.kind.name == kind and self._context(w.step).region == region]
        if not awaited:
            del self._polls[(kind, region)]
            return
        interval = min(self._polls[(kind, region)][1] * POLL_FACTOR, POLL_MAX)
        self._polls[(kind, region)] = (time.monotonic() + interval, interval)
        try:
            listed = list(awaited[0].step.kind.list(self._contexts[region]))
        except Exception as error:
            # Something may vanish between a list and a read of its details: the next poll will not meet it.
            if not retry.is_not_found(error):
                for waiting in awaited:
                    self._fail(waiting.step, explain(error))
            return
        seen = {found.id: found for found in listed if found.state != GONE}
        for waiting in awaited:
            try:
                self._look(waiting, seen.get(waiting.found.id))
            except Exception as error:
                self._fail(waiting.step, explain(error))

    def _look(self, waiting: Waiting, seen: Found | None) -> None:
        step, elapsed = waiting.step, time.monotonic() - waiting.since
        if seen is not None:
            self._seen.add(step.id)
        if (seen is None) if step.phase == REMOVE else (seen is not None and seen.state in (READY, FAILED)):
            del self._waiting[step.id]
            self._advance(step, None if step.phase == REMOVE else seen)
        elif elapsed > max(step.kind.timeout, seen.patience if seen else 0.0):
            state = f"{seen.state} {seen.detail}".strip() if seen else "not visible"
            self._fail(step, f"still {state} after {int(elapsed)} s; run again to go on waiting")
        else:
            self._report(step, "waiting", seen.detail if seen else "")

    def _finish(self, step: Step) -> None:
        self._done.add(step.id)
        for undone in self._undone.values():
            undone.discard(step.id)
        if step.action != "none":
            begin, now = self._started[step.id], time.monotonic()
            first, last = self._tiers.get(step.tier, (begin, now))
            self._tiers[step.tier] = (min(first, begin), max(last, now))
            self._report(step, "done")

    def _fail(self, step: Step, problem: str) -> None:
        self._waiting.pop(step.id, None)
        self._failed[step.id] = problem
        self._report(step, "failed", problem)

    def _context(self, step: Step) -> Context:
        """Return the context of the region that a step works in: where the resource is, or else is to be."""
        if step.declaration and not (step.phase == REMOVE and step.found):
            region = step.declaration.region
        else:
            region = step.found.region if step.found else None
        return self._contexts[region] if region else next(iter(self._contexts.values()))

    def _has_fresh_parents(self, step: Step) -> bool:
        return any(self._steps[id_].action in ("create", "replace") for id_ in step.waits if id_ in self._steps)

    def _report(self, step: Step, state: str, detail: str = "") -> None:
        self._progress.send(
            "step",
            tier=step.tier,
            kind=step.key.kind,
            name=step.key.name,
            action=step.action,
            state=state,
            detail=detail,
            seconds=round(time.monotonic() - self._started[step.id], 1),
        )

    def _failure_lines(self) -> list[str]:
        lines = [f"{self._steps[id_].key}: {problem}" for id_, problem in self._failed.items()]
        if self._stopping():
            lines.insert(0, "stopped on request: what was done is kept; run again to go on")
        skipped = sorted(str(s.key) for s in self._steps.values() if s.id not in self._started and s.action != "none")
        return lines + ([f"not started because of it: {', '.join(skipped)}"] if skipped else [])

    def _results(self) -> list[dict[str, Any]]:
        """Return what was done, in whole or in part: what a failed step has created is there all the same."""
        done = [self._as_done(step) for step in self._steps.values() if step.id in self._ids]
        return report.results(sorted(done, key=lambda step: (step.tier, step.key, step.phase != MAKE)), self._ids)

    def _as_done(self, step: Step) -> Step:
        """A replacement that got no further than the removal was a deletion."""
        halfway = step.action == "replace" and step.phase == REMOVE and step_id(MAKE, step.key) not in self._ids
        return dataclasses.replace(step, action="delete") if halfway else step
