from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("patients", "0009_registry_of_a_large_house")]

    operations = [
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(fields=["organization", "updated_at", "id"], name="patient_org_updated"),
        ),
    ]
