from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("patients", "0008_registry_of_the_few")]

    operations = [
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                fields=["organization", "next_due_at", "sort_name", "id"], name="patient_org_due"
            ),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                fields=["organization", "last_contact_at", "sort_name", "id"], name="patient_org_contact"
            ),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                fields=["organization", "sort_name", "id"],
                name="patient_org_unplanned",
                condition=models.Q(open_tasks=0),
            ),
        ),
    ]
