# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/benchmarks.md, from the summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.benchmarks.contenders import CONTENDERS, STEPS

Summary = Mapping[str, Any]
LABELS = {contender.name: contender.label for contender in CONTENDERS}
STEP_LABELS = {
    "check": "check on an empty account",
    "apply": "first apply",
    "no_change": "no change",
    "small_change": "small change",
    "destroy": "destroy",
}
# Loads that the benchmark itself makes, for each core.
BUSY = 1.5
BEFORE = """\
# Benchmarks

`make bench` builds one stack through Terrace, through the modules of `amazon.aws` and `community.aws`, and through Terraform,
from an empty account back to it, against the same emulated account. It writes this page, [the figures](benchmarks.json) and the
picture. What each of the three is given to do it with is in `tests/benchmarks/reference`.

![Wall time, processor time and calls of the three, and how Terrace's grow with a stack](benchmarks.svg)
"""
STACK = """\
## The stack

A VPC in three zones with NAT, four security groups, a load balancer, an Auto Scaling group behind it that follows its CPU
utilisation, a role, a bucket, a repository, a key, a secret, PostgreSQL with a standby and a replica, a Redis replication group,
and two log groups. What Terrace has no module for yet (CloudFront, topics, alarms) is left out for all three. The small change is
one more rule in a security group, and one more instance at most in the Auto Scaling group.
"""
CAVEATS = """\
## What these figures are not

- There is no AWS in them. The emulator answers at once; on AWS a database takes minutes, whoever makes it. So the first apply and
  the destruction show what the tools add, and the fixed waits of Terraform (30 and 60 seconds before it looks at a new load
  balancer or database) would largely hide behind AWS's own times.
- The three, the emulator and the proxies share the machine's cores. Wall times depend on what else it does; processor times much
  less, and calls not at all. *Load* is the machine's load average before a step, of the quietest and the busiest repetition.
- A proxy delays what it forwards by half the latency each way. Connections cost nothing, and there is no TLS.
- The same properties, not the same resources: Terrace gives each private zone a route table and databases and caches parameter
  groups of their own, and so makes more than the others.
- `amazon.aws` has no module for replication groups, and a short script stands in. It still writes in a run that changes nothing.
- Terraform keeps its state in a local file. Its provider comes from a local mirror where there is no registry.
"""


def text(summary: Summary) -> str:
    """Return the whole page."""
    parts = [BEFORE, *_reference(summary), STACK, *_lines(summary), *_growth(summary), CAVEATS, *_circumstances(summary)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _reference(summary: Summary) -> Iterator[str]:
    latencies = sorted({int(latency) for by_latency in summary["reference"].values() for latency in by_latency})
    for latency in reversed(latencies):
        yield f"## Results at {latency} ms\n"
        rows = [
            [STEP_LABELS[step], LABELS[name], *_cells(by_latency[str(latency)][step])]
            for step in STEPS
            for name, by_latency in summary["reference"].items()
            if step in by_latency.get(str(latency), {})
        ]
        yield table(["step", "tool", "wall s", "CPU s", "calls", "of which change", "load", "runs"], rows)
    least = summary["least_changes"]
    yield (
        "Medians of as many runs as the last column says.\n"
        f"A first apply of what Terrace makes takes at least {least['stack']} changing calls, one for each resource and "
        "for each setting that the call which makes it does not take.\n"
        f"{least['lock']} more are for the lock, two of them once in an account."
    )


def _cells(step: Mapping[str, Any]) -> list[str]:
    failed = "" if step["succeeded"] else " (fails)"
    low, high = step["load"]
    return [
        f"{step['wall']:.1f}{failed}",
        f"{step['cpu']:.1f}",
        f"{step['calls']:.0f}",
        f"{step['mutating']:.0f}",
        f"{low:.0f} to {high:.0f}" if step["repetitions"] > 1 else f"{high:.0f}",
        str(step["repetitions"]),
    ]


def _lines(summary: Summary) -> Iterator[str]:
    yield "## What a user writes\n"
    rows = [[LABELS[name], str(lines["stack"]), str(lines["teardown"])] for name, lines in summary["lines"].items()]
    yield table(["tool", "lines for the stack", "lines for its end"], rows)
    yield "Without blank lines and comments."


def _growth(summary: Summary) -> Iterator[str]:
    if not summary["growth"]:
        return
    yield "## A stack that grows\n"
    latency, measured = summary["growth"][0]["latency"], ("wall", "cpu", "calls")
    yield f"Terrace alone, at {latency} ms: more and more security groups with rules, roles, parameters and log groups.\n"
    rows = [
        [str(size["resources"]), *(f"{size[run][value]:g}" for run in ("apply", "no_change") for value in measured)]
        for size in summary["growth"]
    ]
    head = ["resources", "apply: wall s", "CPU s", "calls", "no change: wall s", "CPU s", "calls"]
    yield table(head, rows)
    first, last = summary["growth"][0], summary["growth"][-1]
    growth = last["no_change"]["wall"] / first["no_change"]["wall"]
    times = last["resources"] / first["resources"]
    yield f"{times:.0f} times the resources take {growth:.1f} times as long to look through."


def _circumstances(summary: Summary) -> Iterator[str]:
    machine, versions, measured = summary["machine"], summary["versions"], summary["measured"]
    yield "## Where and when\n"
    yield (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}. "
        f"Measured from {measured['from']} to {measured['to']}. "
        f"{_busy(summary)}"
        f"Versions: {', '.join(f'{name} {version}' for name, version in versions.items())}."
    )


def _busy(summary: Summary) -> str:
    """Return what has to be said of a machine that had other work to do."""
    steps = [step for by_latency in summary["reference"].values() for steps in by_latency.values() for step in steps.values()]
    highest = max(step["load"][1] for step in steps)
    if highest <= summary["machine"]["cores"] * BUSY:
        return ""
    return (
        f"The machine was busy with other work, at loads of up to {highest:.0f}. Unless the measurements had a higher priority, "
        "wall times are several times those of a quiet machine, and processor times a third above. "
    )


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
