from django.db import migrations

from coordination.lib.rls import protect


class Migration(migrations.Migration):
    dependencies = [("office", "0003_rosters")]

    operations = protect("office_rosterjob", "office_rosterrow")
