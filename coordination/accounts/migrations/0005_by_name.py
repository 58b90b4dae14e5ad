from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0004_user_keys")]

    operations = [
        migrations.AddIndex(model_name="team", index=models.Index(fields=["name", "id"], name="team_by_name")),
        migrations.AddIndex(model_name="user", index=models.Index(fields=["name", "id"], name="user_by_name")),
    ]
