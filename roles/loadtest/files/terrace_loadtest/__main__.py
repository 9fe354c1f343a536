# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Becomes the locust that a settings file asks for. Its exit status is 0 if all thresholds held, and 1 if not."""

from __future__ import annotations

import os
import resource
import socket
import sys
from pathlib import Path

from terrace_loadtest import report, settings

HERE = Path(__file__).resolve().parent


def command(wanted: settings.Settings) -> list[str]:
    """Return locust's command line."""
    scenario = wanted.locustfile or HERE / f"{wanted.scenario}.py"
    words = [
        sys.executable,
        *("-m", "locust", "--headless", "--only-summary", "--loglevel", "WARNING"),
        *("--locustfile", f"{HERE / 'plugin.py'},{scenario}"),
        *("--host", wanted.url.rstrip("/"), "--users", str(wanted.users), "--spawn-rate", str(wanted.spawn_rate)),
        *("--stop-timeout", str(wanted.timeout), "--html", str(wanted.output / report.HTML)),
    ]
    if wanted.processes > 1:
        words += ["--processes", str(wanted.processes), "--master-bind-host", "127.0.0.1"]
        port = str(_free_port())
        words += ["--master-bind-port", port, "--master-port", port]
    return words


def _free_port() -> int:
    """Return a port for the processes to meet at, so that several runs do not meet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    """Become locust."""
    file = Path(sys.argv[1]).resolve()
    wanted = settings.load(file)
    wanted.output.mkdir(parents=True, exist_ok=True)
    # A connection is an open file, and locust is content with 10,000.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # Through a proxy, the proxy would be measured.
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    paths = [str(HERE.parent), *filter(None, [kept.get("PYTHONPATH")])]
    words = command(wanted)
    os.execve(words[0], words, kept | {settings.VARIABLE: str(file), "PYTHONPATH": os.pathsep.join(paths)})  # noqa: S606 as asked


if __name__ == "__main__":
    main()
