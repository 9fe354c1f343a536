# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m local_cloud``."""

import sys

from local_cloud.cli import main

sys.exit(main())
