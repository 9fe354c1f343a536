# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load tests with locust whose thresholds decide: `python -m terrace_loadtest settings.json`."""
