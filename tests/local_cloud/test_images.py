# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image's name follows its sources."""

from pathlib import Path

import pytest

from local_cloud.images import IMAGES, build, image_name


def test_names_are_told_apart() -> None:
    assert len({image_name(name).partition(":")[2] for name in IMAGES}) == len(IMAGES)


def test_other_sources_are_another_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "DIRECTORY", tmp_path)
    (tmp_path / "host").mkdir()
    source = tmp_path / "host" / "Dockerfile"
    source.write_text("FROM scratch\n")
    first = image_name("host")
    assert image_name("host") == first
    source.write_text("FROM other\n")
    changed = image_name("host")
    source.chmod(0o755)
    assert len({first, changed, image_name("host")}) == 3
