from django.db import migrations

from coordination.lib.rls import protect


class Migration(migrations.Migration):
    dependencies = [("worklist", "0004_depth")]

    operations = protect("worklist_batch", "worklist_change", "worklist_dependency", "worklist_savedview")
