# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name an artifact by its content: `pack.py SOURCE CACHE [EXCLUDED NAME...]` prints {"archive": path, "digest": sha256}.

A directory becomes a tar archive in CACHE, and the same files become the same archive on every machine: sorted, without
owners and times, with the modes 0644 and 0755. The digest is that of the tar before its compression, which differs between
versions of zlib. An archive is taken as it is.
"""

import fnmatch
import gzip
import hashlib
import json
import os
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


def main(source: str, cache: str, *excluded: str) -> None:
    """Print the archive and its digest."""
    path = Path(source)
    archive, name = pack(path, Path(cache), list(excluded)) if path.is_dir() else (path, digest(path))
    print(json.dumps({"archive": str(archive), "digest": name}))


if __name__ == "__main__":
    main(*sys.argv[1:])
