# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archives that node_app makes of directories."""

import json
import os
import runpy
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "roles/node_app/files/pack.py"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app with sources, a program and what must not travel."""
    directory = tmp_path / "app"
    (directory / "src").mkdir(parents=True)
    (directory / "src/server.js").write_text("listen()\n")
    (directory / "run").write_text("#!/bin/sh\n")
    (directory / "run").chmod(0o700)
    (directory / "node_modules/express").mkdir(parents=True)
    (directory / "node_modules/express/index.js").write_text("\n")
    (directory / ".env").write_text("SECRET=1\n")
    (directory / "latest").symlink_to("src")
    return directory


def pack(capsys: pytest.CaptureFixture[str], source: Path | str, cache: Path, *excluded: str) -> dict[str, Any]:
    """What the script answers."""
    runpy.run_path(str(SCRIPT))["main"](str(source), str(cache), *excluded)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_only_sources_travel(app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with tarfile.open(pack(capsys, app, tmp_path / "cache", "node_modules", ".env*")["archive"]) as archive:
        members = {member.name: (oct(member.mode), member.uid, member.mtime) for member in archive}
        assert archive.getmember("latest").linkname == "src"
    assert set(members) == {"latest", "run", "src", "src/server.js"}
    assert members["run"] == ("0o755", 0, 0)
    assert members["src/server.js"] == ("0o644", 0, 0)


def test_equal_contents_are_one_release(app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = pack(capsys, app, tmp_path / "cache")
    os.utime(app / "src/server.js", (1, 1))
    (app / "src/server.js").chmod(0o600)
    assert pack(capsys, app, tmp_path / "elsewhere")["digest"] == first["digest"]
    (app / "src/server.js").write_text("listen(1)\n")
    assert pack(capsys, app, tmp_path / "cache")["digest"] != first["digest"]


def test_an_archive_is_taken_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "app.tgz"
    archive.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert pack(capsys, archive, tmp_path / "cache") == {"archive": str(archive), "digest": empty}


def test_a_commit_is_named_by_itself(app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (app / ".gitattributes").write_text("run export-ignore\n")
    git = ["git", "-C", str(app), "-c", "user.name=T", "-c", "user.email=t@example.com"]
    for command in (["init", "--quiet"], ["add", "src", "run", ".gitattributes"], ["commit", "--quiet", "--message=One"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    cache = tmp_path / "cache"
    answer = pack(capsys, f"file://{app}", cache, "--commit", commit)
    assert answer == {"archive": str(cache / f"{commit}.tar"), "digest": commit}
    with tarfile.open(answer["archive"]) as archive:
        assert {"src/server.js"} == {member.name for member in archive if member.isfile()} - {".gitattributes"}
    # From the cache: the repository is not needed any more.
    assert pack(capsys, "file:///gone", cache, "--commit", commit) == answer
    with pytest.raises(subprocess.CalledProcessError):
        pack(capsys, f"file://{app}", cache, "--commit", "0" * 40)
    assert [file.name for file in cache.iterdir()] == [f"{commit}.tar"]
