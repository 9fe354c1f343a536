# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is running: the owner that a lock names, whether such an owner is still alive, and when it asks to stop."""

from __future__ import annotations

import getpass
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.terrace.aws.plugins.module_utils.engine.lock import Owner

PROC = Path("/proc")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def current_owner() -> Owner:
    """Describe this process well enough that another one can tell whether it is gone."""
    pid = os.getpid()
    return Owner(socket.gethostname(), _boot(), pid, _started(pid), _user(), os.environ.get("JOB_ID", ""))


def is_dead(owner: Owner) -> bool:
    """Whether the owner's process is known to be gone: it ran here, in this boot and namespace, and does not any more."""
    here = owner.host == socket.gethostname() and owner.boot == _boot() and bool(owner.boot)
    return here and _started(owner.pid) != owner.started


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether SIGINT, SIGTERM or SIGHUP has arrived. They do nothing else meanwhile.

    A signal that is ignored stays ignored: that is what nohup asks for.
    """
    asked = threading.Event()
    heeded = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in heeded}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _boot() -> str:
    """Return the boot id with the process namespace, since pids mean something only inside one."""
    try:
        return f"{(PROC / 'sys/kernel/random/boot_id').read_text().strip()}/{(PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return the start time of a process (field 22 of proc(5)'s stat), empty when there is no such process."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def _user() -> str:
    """Return the login name; a container's user may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
