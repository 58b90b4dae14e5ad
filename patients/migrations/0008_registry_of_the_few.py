from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("patients", "0007_safe_contact")]

    operations = [
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                fields=["organization", "sort_name", "id"],
                name="patient_org_ended",
                condition=models.Q(status="ended"),
            ),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                fields=["organization", "sort_name", "id"],
                name="patient_org_deceased",
                condition=models.Q(is_deceased=True),
            ),
        ),
    ]
