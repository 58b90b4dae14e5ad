from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sessions_and_limits")]

    operations = [
        migrations.AddField(
            model_name="user", name="keys", field=models.JSONField(blank=True, default=dict)
        )
    ]
