# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Auto Scaling kinds share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of


def unless_gone(delete: Callable[[], Any]) -> None:
    """Call `delete`. The service has no code of its own for things that do not exist: it says ValidationError."""
    try:
        delete()
    except Exception as error:
        if code_of(error) != "ValidationError" or not re.search("not found|does not exist", str(error)):
            raise
