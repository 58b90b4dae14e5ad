"""What stood in two indexes stands in one; the language comes behind the name, so that who speaks one is found along the names."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# by name, not by AlterField: that takes every index of the column along, also one that stands for a rule
SECOND = [
    ("patients_address", "patient_id", "d7880493"),
    ("patients_allergy", "patient_id", "d0b8e852"),
    ("patients_careteammember", "patient_id", "4aaed45e"),
    ("patients_condition", "patient_id", "d2f89a41"),
    ("patients_consent", "patient_id", "e5f0badc"),
    ("patients_contactpoint", "patient_id", "d0e12028"),
    ("patients_coverage", "patient_id", "2c8ad71f"),
    ("patients_encounter", "patient_id", "c3bd73fe"),
    ("patients_familyhistory", "patient_id", "48d1f603"),
    ("patients_identifier", "patient_id", "b76a6ab9"),
    ("patients_immunization", "patient_id", "0e40e840"),
    ("patients_medication", "patient_id", "6f828fef"),
    ("patients_observation", "patient_id", "cdb0252e"),
    ("patients_procedure", "patient_id", "940c1a98"),
    ("patients_relatedperson", "patient_id", "409f2044"),
    ("patients_sourcedocument", "patient_id", "8c9927e2"),
    ("patients_similarname", "patient_id", "ffd85f06"),
    ("patients_patient", "coordinator_id", "b1f41fb7"),
    ("patients_patient", "team_id", "8680fd87"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_session_active_at"),
        ("patients", "0011_registry_by_what_many_share"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="address",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="allergy",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="careteammember",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="condition",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="consent",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="contactpoint",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="coverage",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="encounter",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="familyhistory",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="identifier",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="immunization",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="medication",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="observation",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="patient",
                    name="coordinator",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="caseload",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="patient",
                    name="team",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="patients",
                        to="accounts.team",
                    ),
                ),
                migrations.AlterField(
                    model_name="procedure",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="relatedperson",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="similarname",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="similar_names",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="sourcedocument",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_set",
                        to="patients.patient",
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    sql=f"drop index {table}_{column}_{digest}",
                    reverse_sql=f"create index {table}_{column}_{digest} on {table} ({column})",
                )
                for table, column, digest in SECOND
            ],
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                models.F("organization"),
                models.F("sort_name"),
                models.F("id"),
                models.Func(
                    models.F("language"),
                    output_field=models.CharField(),
                    template="nullif(%(expressions)s, '')",
                ),
                models.F("interpreter_needed"),
                name="patient_org_name_spoken",
            ),
        ),
        migrations.RemoveIndex(
            model_name="patient",
            name="patient_org_name",
        ),
    ]
