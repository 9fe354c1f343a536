# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that hosts of the local cloud get from this machine instead of from the internet."""
