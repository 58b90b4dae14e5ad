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
    ]
