"""Is the web of this container ready? For the container's health check: 0 is yes."""

import os
import sys
import urllib.error
import urllib.request

# As the proxy would ask: the name the site answers to, and that the visitor came by TLS.
headers = {"Host": os.environ["ALLOWED_HOSTS"].split(",")[0], "X-Forwarded-Proto": "https"}
question = urllib.request.Request("http://127.0.0.1:8000/readyz", headers=headers)
try:
    with urllib.request.urlopen(question, timeout=5) as answer:  # noqa: S310 our own address
        sys.exit(answer.status != 200)
except urllib.error.URLError as error:
    sys.exit(f"Not ready: {error}")
