"""The name of a language from its BCP-47 tag, for the languages patients here speak."""

from functools import cache
from operator import itemgetter

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

# the most spoken at home in the United States, sign languages, and what an import is likely to bring
LANGUAGES: dict[str, Promise] = {
    "en": _("English"),
    "es": _("Spanish"),
    "zh": _("Chinese"),
    "yue": _("Cantonese"),
    "cmn": _("Mandarin"),
    "tl": _("Tagalog"),
    "fil": _("Filipino"),
    "vi": _("Vietnamese"),
    "ar": _("Arabic"),
    "fr": _("French"),
    "ko": _("Korean"),
    "ru": _("Russian"),
    "pt": _("Portuguese"),
    "ht": _("Haitian Creole"),
    "de": _("German"),
    "hi": _("Hindi"),
    "pl": _("Polish"),
    "it": _("Italian"),
    "ur": _("Urdu"),
    "fa": _("Persian"),
    "prs": _("Dari"),
    "ps": _("Pashto"),
    "gu": _("Gujarati"),
    "bn": _("Bengali"),
    "te": _("Telugu"),
    "ta": _("Tamil"),
    "pa": _("Punjabi"),
    "ml": _("Malayalam"),
    "mr": _("Marathi"),
    "ne": _("Nepali"),
    "ja": _("Japanese"),
    "el": _("Greek"),
    "he": _("Hebrew"),
    "yi": _("Yiddish"),
    "uk": _("Ukrainian"),
    "ro": _("Romanian"),
    "sr": _("Serbian"),
    "hr": _("Croatian"),
    "bs": _("Bosnian"),
    "sq": _("Albanian"),
    "hu": _("Hungarian"),
    "cs": _("Czech"),
    "nl": _("Dutch"),
    "sv": _("Swedish"),
    "tr": _("Turkish"),
    "hy": _("Armenian"),
    "ku": _("Kurdish"),
    "hmn": _("Hmong"),
    "km": _("Khmer"),
    "lo": _("Lao"),
    "th": _("Thai"),
    "my": _("Burmese"),
    "kar": _("Karen"),
    "id": _("Indonesian"),
    "am": _("Amharic"),
    "ti": _("Tigrinya"),
    "om": _("Oromo"),
    "so": _("Somali"),
    "sw": _("Swahili"),
    "rw": _("Kinyarwanda"),
    "ln": _("Lingala"),
    "yo": _("Yoruba"),
    "ig": _("Igbo"),
    "tw": _("Twi"),
    "wo": _("Wolof"),
    "nv": _("Navajo"),
    "ase": _("American Sign Language"),
}


def languages_by_name() -> list[tuple[str, str]]:
    """Each tag with its name in the reader's language, in the order of the names: for a form."""
    return _by_name(get_language() or "")


@cache
def _by_name(_reader: str) -> list[tuple[str, str]]:
    return sorted(((tag, str(name)) for tag, name in LANGUAGES.items()), key=itemgetter(1))


def language_name(tag: str) -> str:
    """Return the name, or the tag itself for a language not listed; an empty text for none."""
    if not tag:
        return ""
    name = LANGUAGES.get(tag.lower()) or LANGUAGES.get(tag.lower().split("-")[0])
    return str(name) if name else tag
