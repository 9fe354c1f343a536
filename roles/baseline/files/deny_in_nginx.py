# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps nginx's list of banned addresses: `deny_in_nginx.py add|remove ADDRESS`, or `flush`. What fail2ban runs.

Behind a load balancer packets have the balancer's address; nginx knows the client's.
"""

from __future__ import annotations

import fcntl
import ipaddress
import subprocess
import sys
from pathlib import Path

DENIED = Path("/etc/nginx/terrace/denied.conf")


def change(lines: list[str], command: str, address: str) -> list[str]:
    """Return the list's lines after a command. Lines that are no bans, such as comments, stay."""
    if command == "flush":
        return [line for line in lines if not line.startswith("deny ")]
    # Also keeps anything but an address out of the configuration.
    ban = f"deny {ipaddress.ip_address(address)};"
    others = [line for line in lines if line != ban]
    return [*others, ban] if command == "add" else others


def main(command: str, address: str = "") -> None:
    """Change the list, and let nginx read it if it runs. Without nginx's directory there is nobody to tell."""
    if not DENIED.parent.is_dir():
        return
    with (DENIED.parent / ".denied.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = DENIED.read_text().splitlines() if DENIED.exists() else []
        after = change(before, command, address)
        if after == before:
            return
        beside = DENIED.with_name(".denied.conf")
        beside.write_text("".join(f"{line}\n" for line in after))
        beside.chmod(0o644)
        beside.replace(DENIED)
    subprocess.run(["systemctl", "try-reload-or-restart", "--no-block", "nginx.service"], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
