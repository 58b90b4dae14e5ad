"""When a session was last used stands in its row, where a request can write it along with what it does anyway."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0005_by_name")]

    operations = [
        migrations.AddField(model_name="session", name="active_at", field=models.DateTimeField(null=True)),
    ]
