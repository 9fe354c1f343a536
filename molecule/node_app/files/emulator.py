# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the emulated account until a signal: emulator.py PORT PID_FILE."""

import os
import signal
import sys
from pathlib import Path

from local_cloud.emulator import Emulator

port, pid_file = sys.argv[1:]
with Emulator(port=int(port)):
    Path(pid_file).write_text(f"{os.getpid()}\n")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
