"""What the list of patients is ordered by that is no column. The database keeps indexes of exactly these expressions.

Written without parameters: PostgreSQL recognizes an expression of an index only when it is told the very same one.
"""

from django.db.models import CharField, F, Func, SmallIntegerField
from django.db.models.expressions import Expression, OrderBy

# worst first
RISK_RANK = Func(
    F("risk"),
    template="(case %(expressions)s when 'high' then 1 when 'rising' then 2 when 'low' then 3 else 4 end)",
    output_field=SmallIntegerField(),
)
SPOKEN = Func(F("language"), template="nullif(%(expressions)s, '')", output_field=CharField())


def downward(expression: Expression | str) -> OrderBy:
    """The same from its other end. What follows it is still read upward: an index of its own."""
    return OrderBy(F(expression) if isinstance(expression, str) else expression, descending=True)
