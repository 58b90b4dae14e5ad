"""Tells who is measured in the town the environment names, to a run that has another town as its own database."""

import json
import os
from dataclasses import asdict

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")
    django.setup()
    from tests.bench.people import people

    print(json.dumps({role: [asdict(person) for person in some] for role, some in people().items()}))
