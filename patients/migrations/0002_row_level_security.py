from django.db import migrations

from coordination.lib.rls import protect

TABLES = [
    "patients_patient",
    "patients_identifier",
    "patients_contactpoint",
    "patients_address",
    "patients_similarname",
    "patients_relatedperson",
    "patients_careteammember",
    "patients_consent",
    "patients_accessgrant",
    "patients_accessdenial",
    "patients_coverage",
    "patients_sourcedocument",
    "patients_condition",
    "patients_allergy",
    "patients_medication",
    "patients_procedure",
    "patients_immunization",
    "patients_familyhistory",
    "patients_encounter",
    "patients_observation",
    "patients_importjob",
    "patients_importissue",
]


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]

    operations = protect(*TABLES)
