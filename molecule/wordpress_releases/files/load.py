# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask this host for pages that PHP makes, each over a new connection, until a file is there: load.py NAME STOP.

Prints the statuses.
"""

import collections
import http.client
import json
import sys
import threading
from pathlib import Path

name, stop = sys.argv[1], Path(sys.argv[2])
stop.unlink(missing_ok=True)
answers: collections.Counter[str] = collections.Counter()


def visit() -> None:
    """Ask again and again."""
    while not stop.exists():
        connection = http.client.HTTPConnection("127.0.0.1", timeout=60)
        try:
            connection.request("GET", "/?fresh", headers={"Host": name, "X-Forwarded-Proto": "https"})
            answer = connection.getresponse()
            whole = b"</html>" in answer.read()
            answers[str(answer.status) if whole else "not whole"] += 1
        except OSError as error:
            answers[repr(error)] += 1
        finally:
            connection.close()


threads = [threading.Thread(target=visit) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"answers": answers}))
