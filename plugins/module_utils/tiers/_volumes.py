# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EBS takes for each type of volume: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint


@dataclasses.dataclass(frozen=True)
class Limits:
    """Bounds of size (GiB), IOPS, IOPS for each GiB, and throughput (MiB/s); nothing where a type has no such setting."""

    size: tuple[int, int]
    iops: tuple[int, int] | None = None
    iops_per_gib: int = 0
    throughput: tuple[int, int] | None = None
    needs_iops: bool = False


TYPES = {
    "gp3": Limits((1, 65536), (3000, 80000), 500, (125, 2000)),
    "gp2": Limits((1, 16384)),
    "io1": Limits((4, 16384), (100, 64000), 50, needs_iops=True),
    "io2": Limits((4, 65536), (100, 256000), 1000, needs_iops=True),
    "st1": Limits((125, 16384)),
    "sc1": Limits((125, 16384)),
}
# What gp3 has unless more is paid for, and how many IOPS each MiB/s takes.
GP3_IOPS, IOPS_PER_MIBPS = 3000, 4
VOLUME_OPTIONS = {
    "type": {"type": "str", "choices": list(TYPES), "default": "gp3"},
    "iops": {"type": "int"},
    "throughput": {"type": "int"},
}
ROOT_OPTIONS = {
    "size": {"type": "int", "default": 20},
    "type": {"type": "str", "choices": ["gp3", "gp2"], "default": "gp3"},
}
VOLUME_CONSTRAINTS = {
    "size": Constraint(minimum=1, maximum=65536),
    "iops": Constraint(minimum=100, maximum=256000),
    "throughput": Constraint(minimum=125, maximum=2000),
}


def check_volume(volume: Mapping[str, Any], path: str) -> None:
    """Refuse what the type does not take. Raises InvalidOption."""
    limits = TYPES[volume["type"]]
    for option, problem in (*_wrong(volume, limits), *_wrong_performance(volume, limits)):
        raise InvalidOption(f"{path}.{option}", problem)


def _wrong(volume: Mapping[str, Any], limits: Limits) -> Iterator[tuple[str, str]]:
    """Yield (option, problem)."""
    for option, bounds in (("size", limits.size), ("iops", limits.iops), ("throughput", limits.throughput)):
        value = volume.get(option)
        if value is not None and bounds is None:
            yield option, f"{volume['type']} has no {option} to choose"
        elif value is not None and bounds is not None and not bounds[0] <= value <= bounds[1]:
            yield option, f"{value} is not from {bounds[0]} to {bounds[1]}, which {volume['type']} takes"


def _wrong_performance(volume: Mapping[str, Any], limits: Limits) -> Iterator[tuple[str, str]]:
    iops = volume.get("iops")
    if limits.needs_iops and iops is None:
        yield "iops", f"is required for {volume['type']}"
    if iops and limits.iops_per_gib and iops > max(limits.iops_per_gib * volume["size"], GP3_IOPS * (volume["type"] == "gp3")):
        yield "iops", f"{iops} is more than {limits.iops_per_gib} for each GiB, which {volume['type']} takes"
    if (throughput := volume.get("throughput")) and throughput * IOPS_PER_MIBPS > (iops or GP3_IOPS):
        yield "throughput", f"{throughput} MiB/s needs at least {throughput * IOPS_PER_MIBPS} iops"
