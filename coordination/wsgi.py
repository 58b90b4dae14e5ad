"""The door of the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")
application = get_wsgi_application()

from coordination.guards import refuse_unsafe_start  # noqa: E402  (settings must be loaded first)

refuse_unsafe_start()

# What the start made stays for good. Left out of every later collection of garbage, it costs no request a tenth of a second.
reverse("worklist:day")  # to find one address all pages are read, which the first request would do
gc.collect()
gc.freeze()
