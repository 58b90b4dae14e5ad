"""How often a commitment comes again, in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.lib import display
from coordination.worklist.models import Task


def repeat_words(task: Task) -> str:
    """ "Repeats every 2 weeks until 01-Mar-2027; the next one opens when this one is closed", or nothing."""
    if not task.repeat_every:
        return ""
    words = {"often": often_words(task.repeat_every, task.repeat_unit)}
    if task.repeat_until is None:
        return _("Repeats %(often)s; the next one opens when this one is closed") % words
    words["day"] = display.day(task.repeat_until)
    return _("Repeats %(often)s until %(day)s; the next one opens when this one is closed") % words


def often_words(n: int, unit: str) -> str:
    words = {
        Task.Unit.DAY: ngettext("every day", "every %(n)s days", n),
        Task.Unit.BUSINESS_DAY: ngettext("every business day", "every %(n)s business days", n),
        Task.Unit.WEEK: ngettext("every week", "every %(n)s weeks", n),
        Task.Unit.MONTH: ngettext("every month", "every %(n)s months", n),
    }
    return words[Task.Unit(unit)] % {"n": n}
