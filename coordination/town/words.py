"""The words the first team writes every day: what a colon in a note offers."""

from coordination.accounts.models import User
from coordination.town.layout import Layout
from coordination.worklist.models import Snippet

WORDS = {
    "voicemail": "Left voicemail with name and callback number only, no details.",
    "teach-back": "Teach-back: asked to say in own words ___. Said it correctly.",
    "no-ride": "Has no ride to the appointment on ___. Offered plan transport; will call back with the pickup time.",
    "refill": "Refill of ___ asked for at the pharmacy; ready on ___.",
}


def settle_words(layout: Layout) -> None:
    supervisor = User.objects.get(organization=layout.organization, roles=["supervisor"])
    team = layout.home[layout.coordinators[0].pk]
    Snippet.objects.bulk_create(
        Snippet(
            organization=layout.organization,
            name=name,
            text=text,
            team=team,
            created_by=supervisor,
            updated_by=supervisor,
        )
        for name, text in WORDS.items()
    )
