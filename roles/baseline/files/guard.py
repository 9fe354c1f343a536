# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Undoes a change of the firewall or of SSH, unless somebody who still gets in confirms it.

guard.py arm PATH...   remember what the files at PATHs are, and start the timer
guard.py confirm       what has changed since then stays
guard.py revert        the files are what they were, and in force: what the timer starts, and the next boot

Whoever renames the pending directory first decides; the other finds nothing to do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

STATE = Path(os.environ.get("TERRACE_GUARD_STATE", "/var/lib/terrace"))
FIREWALL = Path("/etc/terrace/firewall.nft")
TIMER = "terrace-revert.timer"


def run(*command: str) -> None:
    """Run a command; what it says goes to the journal, and failing it must not keep the rest from being undone."""
    subprocess.run(command, check=False)


def arm(paths: list[str]) -> None:
    """Keep copies of the files, those that do not exist as such, and start the timer."""
    if (STATE / "pending").exists():
        sys.exit("Another change of the firewall or of SSH waits to be confirmed or undone: try again in a minute.")
    preparing = STATE / "preparing"
    shutil.rmtree(preparing, ignore_errors=True)
    preparing.mkdir(parents=True, mode=0o700)
    kept = {}
    for number, path in enumerate(paths):
        if Path(path).exists():
            shutil.copy2(path, preparing / str(number))
        kept[path] = str(number) if Path(path).exists() else None
    (preparing / "kept.json").write_text(json.dumps(kept))
    # Stopped before, it begins from zero. Without a running clock nothing is pending, hence nothing may be changed.
    subprocess.run(["systemctl", "stop", TIMER], check=True)
    subprocess.run(["systemctl", "start", TIMER], check=True)
    preparing.rename(STATE / "pending")


def take(name: str) -> Path:
    """Take what is pending out of others' reach and return it."""
    taken = STATE / name
    shutil.rmtree(taken, ignore_errors=True)
    try:
        (STATE / "pending").rename(taken)
    except FileNotFoundError:
        sys.exit("Nothing is pending: the change has been confirmed or undone before.")
    return taken


def confirm() -> None:
    """Let the change stay."""
    shutil.rmtree(take("confirmed"))
    run("systemctl", "stop", TIMER)


def put_back(path: Path, kept: Path | None) -> None:
    """Make a file what it was, by a rename, or remove one that was not there."""
    if kept is None:
        path.unlink(missing_ok=True)
        return
    beside = path.with_name(f".{path.name}.terrace")
    shutil.copy2(kept, beside)
    beside.replace(path)


def revert() -> None:
    """Put the files back and in force."""
    taken = take("reverting")
    for path, name in json.loads((taken / "kept.json").read_text()).items():
        put_back(Path(path), taken / name if name else None)
    if FIREWALL.exists():
        run("nft", "--file", str(FIREWALL))
    else:
        run("nft", "delete", "table", "inet", "terrace")
    # At boot it does not run yet, and needs nothing.
    run("systemctl", "try-reload-or-restart", "--no-block", "ssh.service")
    shutil.rmtree(taken)
    print("The firewall and the settings of SSH are those of before: nobody has confirmed the change.")


def main(command: str, *paths: str) -> None:
    """Do what the command line says."""
    if command == "arm":
        arm(list(paths))
    else:
        {"confirm": confirm, "revert": revert}[command]()


if __name__ == "__main__":
    main(*sys.argv[1:])
