from django.db import migrations

from coordination.lib.rls import protect


class Migration(migrations.Migration):
    dependencies = [("worklist", "0010_snippets")]

    operations = protect("worklist_snippet")
