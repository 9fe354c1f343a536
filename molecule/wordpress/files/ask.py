# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the blog's PHP run a script, as nginx never would: ask.py SCRIPT."""

import sys

sys.path.insert(0, "/usr/local/lib/terrace/wordpress")
import probe

wanted = {"SCRIPT_FILENAME": sys.argv[1], "REQUEST_METHOD": "GET"}
print(probe.ask("/run/wordpress-blog.sock", wanted).body)
