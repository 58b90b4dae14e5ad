"""What a password may be, besides long and uncommon: no rules of composition, no rotation."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 128


class NotEndless:
    """A limit nobody meets by hand, so that hashing stays cheap."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return _("At most %(n)d characters.") % {"n": LONGEST}


class NotOurName:
    """The first guess of anyone who knows where a person works: the product's or the organization's name and digits."""

    def validate(self, password: str, user: Any = None) -> None:
        names = ["throughline", str(getattr(getattr(user, "organization", None), "name", ""))]
        letters = "".join(character for character in password.lower() if character.isalpha())
        for name in names:
            word = "".join(character for character in name.lower() if character.isalpha())
            if word and letters.replace(word, "") == "":
                raise ValidationError(self.get_help_text(), code="password_our_name")

    def get_help_text(self) -> str:
        return _("Not just the name of this product or of your organization.")
