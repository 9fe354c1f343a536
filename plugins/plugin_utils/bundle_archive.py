# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle as an archive. The same files become the same archive on every machine: sorted, without owners and times."""

from __future__ import annotations

import fnmatch
import hashlib
import importlib
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml
from ansible.errors import AnsibleError

OWN = "terrace.aws"
OWN_ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = "collections/ansible_collections"
# What of another collection runs on hosts.
PARTS = ("MANIFEST.json", "meta", "plugins", "roles")
OWN_NAME = re.compile(rf"\b{re.escape(OWN)}\.(\w+)")
QUALIFIED = re.compile(r"(?<![\w.])([a-z]\w*)\.([a-z]\w*)\.[a-z]\w*")
IMPORTED = re.compile(r"import_playbook:\s*(\S+)")
TEXT = (".yml", ".yaml", ".j2")
IGNORED = ("__pycache__", "*.pyc")


class Contents:
    """What goes into a bundle: paths in it, and the files or the text that they are made of."""

    def __init__(self) -> None:
        self._members: dict[str, Path | bytes] = {}

    def add_text(self, name: str, text: str) -> None:
        self._members[name] = text.encode()

    def add(self, name: str, path: Path, excluded: Iterable[str] = IGNORED) -> None:
        """Add a file, or all that is below a directory but what has an excluded name."""
        patterns = tuple(excluded)
        if not path.is_dir():
            self._members[name] = path
            return
        for item in sorted(path.iterdir()):
            if not any(fnmatch.fnmatch(item.name, pattern) for pattern in patterns):
                self.add(f"{name}/{item.name}", item, patterns)

    def texts(self) -> Iterator[str]:
        """Yield the text of what Ansible reads."""
        for name, source in self._members.items():
            if name.endswith(TEXT):
                yield source.decode() if isinstance(source, bytes) else source.read_text(encoding="utf-8", errors="replace")

    def pack(self, path: Path) -> str:
        """Write the archive and return its SHA-256. It is not compressed: that would differ between versions of zlib."""
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            for name, source in sorted(self._members.items()):
                member = tarfile.TarInfo(name)
                content = source if isinstance(source, bytes) else source.read_bytes()
                member.size = len(content)
                member.mode = 0o755 if isinstance(source, Path) and source.stat().st_mode & 0o100 else 0o644
                archive.addfile(member, io.BytesIO(content))
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def add_playbooks(contents: Contents, playbooks: Iterable[str], project: Path) -> None:
    """Add the playbooks, those that they import, and what of this collection they use. Raises AnsibleError."""
    for playbook in playbooks:
        if OWN_NAME.fullmatch(playbook):
            _add_own_playbook(contents, playbook.rpartition(".")[2])
        else:
            if not (project / playbook).is_file():
                raise AnsibleError(f"fleet_bootstrap_playbooks: there is no {project / playbook}")
            contents.add(f"project/{playbook}", project / playbook)
    _add_own_content(contents)


def _add_own_playbook(contents: Contents, name: str) -> None:
    path = OWN_ROOT / "playbooks" / f"{name}.yml"
    if not path.is_file():
        raise AnsibleError(f"fleet_bootstrap_playbooks: {OWN} has no playbook {name}")
    contents.add(f"{_place(OWN)}/playbooks/{name}.yml", path)
    for imported in IMPORTED.findall(path.read_text(encoding="utf-8")):
        _add_own_playbook(contents, Path(imported).stem)


def _add_own_content(contents: Contents) -> None:
    """Add the roles, modules and filters of this collection that are named in what is there already."""
    done: set[str] = set()
    contents.add(f"{_place(OWN)}/meta/runtime.yml", OWN_ROOT / "meta" / "runtime.yml")
    while pending := {name for text in contents.texts() for name in OWN_NAME.findall(text)} - done:
        for name in sorted(pending):
            for part in (f"roles/{name}", f"plugins/modules/{name}.py", f"plugins/filter/{name}.py"):
                if (OWN_ROOT / part).exists():
                    contents.add(f"{_place(OWN)}/{part}", OWN_ROOT / part, (*IGNORED, "README.md"))
        done |= pending


def roles_in(contents: Contents) -> list[str]:
    """Return the names of this collection's roles that are in the bundle."""
    start = f"{_place(OWN)}/roles/"
    return sorted({name.removeprefix(start).split("/")[0] for name in contents._members if name.startswith(start)})


def add_collections(contents: Contents) -> None:
    """Add the collections of others that are named in what is there, and what those depend on."""
    pending = {".".join(match) for text in contents.texts() for match in QUALIFIED.findall(text)} - {OWN, "ansible.builtin"}
    done: set[str] = set()
    while pending:
        name = pending.pop()
        root = _root(name)
        done.add(name)
        if root is None:
            continue
        for part in PARTS:
            if (root / part).exists():
                contents.add(f"{_place(name)}/{part}", root / part)
        pending |= set(_dependencies(root)) - done


def _root(collection: str) -> Path | None:
    """Return where a collection is installed, nothing if there is none: two words with a dot can be anything."""
    try:
        module = importlib.import_module(f"ansible_collections.{collection}")
    except ImportError:
        return None
    return Path(next(iter(module.__path__)))


def _dependencies(root: Path) -> Mapping[str, str]:
    manifest = root / "MANIFEST.json"
    if manifest.is_file():
        return json.loads(manifest.read_text(encoding="utf-8"))["collection_info"].get("dependencies") or {}
    described = root / "galaxy.yml"
    return (yaml.safe_load(described.read_text(encoding="utf-8")).get("dependencies") or {}) if described.is_file() else {}


def _place(collection: str) -> str:
    return f"{COLLECTIONS}/{collection.replace('.', '/')}"
