from django.db import migrations

from coordination.lib.rls import protect


class Migration(migrations.Migration):
    dependencies = [("office", "0001_initial")]

    operations = protect("office_exportjob")
