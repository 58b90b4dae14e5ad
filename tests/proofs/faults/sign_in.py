"""Open a session for each of the demo's people named, as signing in does, and say whom and what they may write about.

Run inside the surroundings of a house: `python -m tests.proofs.faults.sign_in dana lena`.
"""

import json
import sys
from typing import Any

import django

django.setup()

from django.contrib.auth.models import AnonymousUser  # noqa: E402, F401  (apps are ready from here on)
from django.test import Client  # noqa: E402

from coordination.accounts.models import User  # noqa: E402
from coordination.lib.rls import organization  # noqa: E402
from coordination.town.signins import DOMAIN  # noqa: E402
from patients.models import Patient  # noqa: E402


def open_session(user: User) -> str:
    client = Client()
    client.force_login(user, backend="coordination.accounts.backends.ByEmail")
    session = client.session
    session["second_step"] = True
    session.save()
    assert session.session_key
    return str(session.session_key)


def writer(name: str) -> dict[str, Any]:
    user = User.objects.get(email=f"{name}@{DOMAIN}")
    with organization(user.organization_id):
        seen = Patient.objects.visible_to(user).active().filter(is_deceased=False).order_by("pk")
        patients = [str(pk) for pk in seen.values_list("pk", flat=True)[:40]]
    return {"id": str(user.pk), "session": open_session(user), "patients": patients}


if __name__ == "__main__":
    print(json.dumps({name: writer(name) for name in sys.argv[1:]}))
