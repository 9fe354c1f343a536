# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the local cloud keeps its run-time state, and what it remembers of the running one."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

# Another name is another local cloud beside the usual one: tests do not touch what the user built.
CLOUD = os.environ.get("TERRACE_LOCAL_CLOUD", "demo")
CHECKOUT = Path(__file__).resolve().parent.parent
LOCAL = CHECKOUT / ".local"
DIRECTORY = LOCAL / ("cloud" if CLOUD == "demo" else f"cloud-{CLOUD}")
STATE = DIRECTORY / "state.json"
CALLS = DIRECTORY / "calls.jsonl"
LOG = DIRECTORY / "daemon.log"
DEMO = LOCAL / f"{CLOUD}.json"
REPORT = LOCAL / "run" / "report.json"


def scope(cloud: str = CLOUD) -> str:
    """Return what tells this checkout's local cloud from those of other checkouts on the same Docker engine."""
    return f"{cloud}-{hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]}"


def read_state() -> dict[str, Any]:
    """Return what the daemon wrote: endpoint, pid, ca_file, balancers; empty when there is none."""
    try:
        return json.loads(STATE.read_text())
    except (FileNotFoundError, ValueError):
        return {}


def write_state(state: dict[str, Any]) -> None:
    """Replace the state in one step: readers never see half of it."""
    fresh = STATE.with_suffix(".new")
    fresh.write_text(json.dumps(state, indent=2) + "\n")
    fresh.replace(STATE)


def alive(state: dict[str, Any]) -> bool:
    """Whether the daemon of a state still runs."""
    try:
        os.kill(int(state["pid"]), 0)
    except (KeyError, ProcessLookupError, PermissionError):
        return False
    return b"local_cloud.daemon" in Path(f"/proc/{state['pid']}/cmdline").read_bytes()
