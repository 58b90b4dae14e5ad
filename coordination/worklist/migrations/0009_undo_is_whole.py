"""An act remembers what a task needed before it, and which act it came of: undone, all of it goes back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worklist", "0008_one_index_for_one_question")]

    operations = [
        migrations.AddField(
            model_name="change",
            name="needs_before",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="change",
            name="came_of",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="worklist.change",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("came_of__isnull", False)), fields=["came_of"], name="change_came_of"
            ),
        ),
    ]
