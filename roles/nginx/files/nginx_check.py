# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask nginx what it thinks of a change: nginx_check.py FILE [NEW CONTENT]; without the new content, of its removal.

nginx sees a copy of /etc/nginx with the change, under the real paths: in a mount namespace of its own. Nothing else does.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path("/etc/nginx")
TEST = 'mount --bind "$1" /etc/nginx && exec nginx -t -q -c /etc/nginx/terrace.conf'


def changed_copy(directory: Path, file: Path, content: Path | None) -> None:
    """Copy the configuration, and change FILE in it."""
    shutil.copytree(ROOT, directory, symlinks=True, dirs_exist_ok=True)
    target = directory / file.relative_to(ROOT)
    if content is None:
        target.unlink()
    else:
        shutil.copyfile(content, target)


def main(file: str, content: str | None = None) -> int:
    """Print nginx's complaints, and fail if there are any that matter."""
    with TemporaryDirectory(prefix="nginx-check-") as directory:
        changed_copy(Path(directory), Path(file), Path(content) if content else None)
        if not (Path(directory) / "terrace.conf").exists():
            return 0
        command = ["unshare", "--mount", "/bin/sh", "-ec", TEST, "sh", directory]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
