# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is asked to do: a JSON file that roles/loadtest/templates/settings.json.j2 writes."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Processes of one run find the file by it.
VARIABLE = "TERRACE_LOADTEST"

# What may be left out of a request, and of the site's description.
REQUEST = {"method": "GET", "body": None, "headers": {}, "weight": 1, "expect": [], "name": ""}
WORDPRESS = {"posts": [], "words": ["hello"], "member_share": 0, "user": "", "password": ""}
WEIGHTS = {"home": 4, "post": 8, "search": 1, "feed": 1}


@dataclass(frozen=True)
class Settings:
    """All of a run. Times are in seconds; those of thresholds in milliseconds, as locust's.

    `addresses` are used instead of what names resolve to. `thresholds` and `requests` have the shapes of the role's options.
    """

    url: str
    scenario: str
    output: Path
    locustfile: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    addresses: dict[str, str] = field(default_factory=dict)
    users: int = 100
    spawn_rate: float = 100
    duration: int = 60
    think_time: tuple[float, float] = (1, 2)
    processes: int = 1
    timeout: float = 30
    ca_file: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    wordpress: dict[str, Any] = field(default_factory=dict)
    thresholds: list[dict[str, Any]] = field(default_factory=list)
    abort_error_rate: float = 0.5
    abort_seconds: int = 10


def load(file: Path) -> Settings:
    """Return the settings of a file."""
    values = json.loads(file.read_text(encoding="utf-8"))
    values["output"] = Path(values["output"])
    values["locustfile"] = Path(values["locustfile"]) if values.get("locustfile") else None
    values["allowed_hosts"] = tuple(values.get("allowed_hosts", ()))
    values["think_time"] = tuple(values.get("think_time", (1, 2)))
    values["requests"] = [REQUEST | request for request in values.get("requests", ())]
    site = WORDPRESS | values.get("wordpress", {})
    values["wordpress"] = site | {"weights": WEIGHTS | (site.get("weights") or {})}
    return Settings(**values)


@functools.cache
def current() -> Settings:
    """Return the settings of the run that this process belongs to."""
    return load(Path(os.environ[VARIABLE]))
