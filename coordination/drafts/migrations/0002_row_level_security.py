from django.db import migrations

from coordination.lib.rls import protect


class Migration(migrations.Migration):
    dependencies = [("drafts", "0001_initial")]

    operations = protect("drafts_draft")
