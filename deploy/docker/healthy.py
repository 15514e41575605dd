"""Whether the service of this container is well: exit code 0, or 1 with the reason.

healthy.py [PORT]: the file ALIVE_FILE, which the service touches every 10 s while its loop runs and
the broker answers, must be younger than 90 s; and on PORT of this container GET /health must be
answered with 200 (a node answers 503 while its engines load, and while it stops).
"""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

_OLDEST_S = 90.0
_ANSWER_S = 4.0


def main(arguments: list[str]) -> str | None:
    """What is wrong; None if nothing is."""
    alive_file = os.environ.get("ALIVE_FILE") or "/var/lib/docr/alive"
    try:
        age_s = time.time() - Path(alive_file).stat().st_mtime
    except OSError:
        return f"{alive_file} is not there: the service has not started yet"
    if age_s > _OLDEST_S:
        return f"{alive_file} is {age_s:.0f} s old: the service stands, or the broker is away"
    # The gateway's certificate is for its name outside.
    if arguments and not os.environ.get("TLS_CERT_FILE"):
        url = f"http://127.0.0.1:{arguments[0]}/health"
        try:
            urllib.request.urlopen(url, timeout=_ANSWER_S).close()
        except (urllib.error.URLError, OSError) as wrong:
            return f"{url}: {wrong}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
