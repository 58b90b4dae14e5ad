from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("worklist", "0006_undone_contact")]

    operations = [
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["organization", "updated_at", "id"], name="task_org_updated"),
        ),
    ]
