# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What moto gets wrong or lacks and the product's kinds need: one small patch per file.

AWS's documentation decides what a patch does. Each has a test that fails once moto no longer needs it.
"""

import functools


@functools.cache
def apply() -> None:
    """Patch moto's backends, once per process."""
