from django.db import migrations

from coordination.lib.rls import protect


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = protect("notifications_notification")
