from django.db import migrations, models
from django.db.models import F, Func, OrderBy

RISK_RANK = Func(
    F("risk"),
    output_field=models.SmallIntegerField(),
    template="(case %(expressions)s when 'high' then 1 when 'rising' then 2 when 'low' then 3 else 4 end)",
)
SPOKEN = Func(F("language"), output_field=models.CharField(), template="nullif(%(expressions)s, '')")


IN_CARE = models.Q(status="active", is_deceased=False)


def by(name, *first, **more):
    index = models.Index(
        *(["organization", *first, "sort_name", "id"] if first else []), name=f"patient_org_{name}", **more
    )
    return migrations.AddIndex(model_name="patient", index=index)


class Migration(migrations.Migration):
    dependencies = [("patients", "0010_changed_since")]

    operations = [
        by("risk", RISK_RANK),
        by("risk_down", OrderBy(RISK_RANK, descending=True)),
        by("spoken", SPOKEN),
        by("spoken_down", OrderBy(SPOKEN, descending=True)),
        by("tasks", fields=["organization", "open_tasks", "sort_name", "id"], condition=IN_CARE),
        by("tasks_down", OrderBy(F("open_tasks"), descending=True)),
        by("due_down", OrderBy(F("next_due_at"), descending=True)),
        # who has no task stands first in the order by tasks
        migrations.RemoveIndex(model_name="patient", name="patient_org_unplanned"),
    ]
