from django.db import migrations

from coordination.lib.rls import protect


class Migration(migrations.Migration):
    dependencies = [("worklist", "0001_initial")]

    operations = protect("worklist_task", "worklist_contact")
