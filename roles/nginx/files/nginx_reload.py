# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reload nginx, and fail unless it has taken the configuration.

nginx itself answers a reload before it has looked: what it cannot bring in force it only logs. It has taken a configuration when
it has started workers for it.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PID_FILE = Path("/run/nginx/nginx.pid")
TEST = ["nginx", "-t", "-q", "-c", "/etc/nginx/terrace.conf"]
TIMEOUT = 30  # seconds


def workers(master: int) -> set[str]:
    """Ids of the processes that the master has started."""
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def complaint(since: float) -> str:
    """What nginx has logged instead."""
    command = ["journalctl", "--unit=nginx", f"--since=@{since:.0f}", "--output=cat", "--grep=emerg"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


def main() -> str | int:
    """Reload."""
    tested = subprocess.run(TEST, check=False, capture_output=True, text=True)
    if tested.returncode:
        return tested.stderr.strip()
    try:
        master = int(PID_FILE.read_text())
        before = workers(master)
    except (OSError, ValueError):
        return "nginx does not run"
    start = time.time()
    os.kill(master, signal.SIGHUP)
    while time.time() < start + TIMEOUT:
        if workers(master) - before:
            return 0
        if said := complaint(start):
            return said
        time.sleep(0.1)
    return f"nginx has not started workers within {TIMEOUT} seconds"


if __name__ == "__main__":
    sys.exit(main())
