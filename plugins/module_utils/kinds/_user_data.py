# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""User data: plain text, or a script with facts in it that AWS tells only when other resources are there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# A line of the script, in a here-document for example, that the facts take the place of.
OUTPUTS = "@OUTPUTS@"


def rendered(value: Any) -> str:
    """Return the text of user data.

    It is text already, or ``{"script": text, "outputs": facts}``: the facts, nested as one likes, are written as JSON in the
    place of ``@OUTPUTS@``. What is not known yet is shown as such.
    """
    if not isinstance(value, Mapping):
        return value or ""
    return value["script"].replace(OUTPUTS, json.dumps(value["outputs"], indent=2, sort_keys=True, default=repr))
