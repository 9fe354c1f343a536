# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name an artifact by its content: `pack.py SOURCE CACHE [EXCLUDED NAME...]` prints {"archive": path, "digest": sha256}.

`pack.py URL CACHE --commit COMMIT` does so with a commit of a git repository, whose own id is its name.

A directory becomes a tar archive in CACHE, and the same files become the same archive on every machine: sorted, without
owners and times, with the modes 0644 and 0755. The digest is that of the tar before its compression, which differs between
versions of zlib. An archive is taken as it is. Of a commit it is what `git archive` writes: attributes like export-ignore
count, submodules are left out.
"""

import fnmatch
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def contents(directory: Path, excluded: list[str]) -> list[Path]:
    """What is below a directory, sorted, without names that match a pattern and what is below those."""
    found = []
    for root, directories, files in os.walk(directory):
        kept = [name for name in [*directories, *files] if not any(fnmatch.fnmatch(name, pattern) for pattern in excluded)]
        directories[:] = [name for name in directories if name in kept]
        found += [Path(root, name) for name in kept]
    return sorted(found)


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member without what differs between two copies of the same files."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def pack(directory: Path, cache: Path, excluded: list[str]) -> tuple[Path, str]:
    """The archive of a directory in the cache, and its digest."""
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        plain, packed = Path(scratch, "tar"), Path(scratch, "tar.gz")
        with tarfile.open(plain, "w", format=tarfile.PAX_FORMAT) as archive:
            for path in contents(directory, excluded):
                archive.add(path, str(path.relative_to(directory)), recursive=False, filter=anonymous)
        name = digest(plain)
        target = cache / f"{name}.tar.gz"
        if not target.exists():
            packed.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
            packed.replace(target)
    return target, name


def export(url: str, commit: str, cache: Path) -> Path:
    """The archive of a commit in the cache. What is there is not asked for again."""
    target = cache / f"{commit}.tar"
    if target.exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        git(scratch, "init", "--quiet", "--bare")
        try:
            git(scratch, "fetch", "--quiet", "--depth=1", url, commit)
        except subprocess.CalledProcessError:
            # A server that gives branches and tags only.
            git(scratch, "fetch", "--quiet", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        git(scratch, "archive", "--format=tar", "--output=archive.tar", commit)
        Path(scratch, "archive.tar").replace(target)
    return target


def git(directory: str, *arguments: str) -> None:
    """Run git, which does not wait for somebody to type a password."""
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
    subprocess.run(["git", f"--git-dir={directory}", *arguments], cwd=directory, check=True, env=environment)


def main(source: str, cache: str, *rest: str) -> None:
    """Print the archive and its digest."""
    path = Path(source)
    if rest[:1] == ("--commit",):
        archive, name = export(source, rest[1], Path(cache)), rest[1]
    elif path.is_dir():
        archive, name = pack(path, Path(cache), list(rest))
    else:
        archive, name = path, digest(path)
    print(json.dumps({"archive": str(archive), "digest": name}))


if __name__ == "__main__":
    main(*sys.argv[1:])
