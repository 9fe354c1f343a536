# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live progress: datagrams to a local socket that the callback plugin listens on. No socket, no cost."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import Any

ENVIRONMENT_VARIABLE = "TERRACE_PROGRESS"


class Progress:
    """Sends one JSON object per event: {"event", "tier", "kind", "name", "action", "state", "seconds"}."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if path else None

    @classmethod
    def from_environment(cls) -> Progress:
        return cls(os.environ.get(ENVIRONMENT_VARIABLE))

    def send(self, event: str, **facts: Any) -> None:
        """Send an event; a listener that is gone or slow never disturbs the work."""
        if self._socket is None:
            return
        with contextlib.suppress(OSError):
            self._socket.sendto(json.dumps({"event": event, **facts}).encode(), socket.MSG_DONTWAIT, self._path)
