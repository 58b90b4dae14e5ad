"""What stood in two indexes stands in one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# by name, not by AlterField: that takes every index of the column along, also one that stands for a rule
SECOND = [
    ("worklist_batch", "by_id", "cf75907f"),
    ("worklist_change", "by_id", "4bd714cd"),
    ("worklist_change", "task_id", "4d61df2e"),
    ("worklist_contact", "patient_id", "957781d6"),
    ("worklist_contact", "staff_id", "2a03c7ae"),
    ("worklist_dependency", "task_id", "7f3c7dfe"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0012_one_index_for_one_question"),
        ("worklist", "0007_changed_since"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="batch",
                    name="by",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="change",
                    name="by",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="change",
                    name="task",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="worklist.task",
                    ),
                ),
                migrations.AlterField(
                    model_name="contact",
                    name="patient",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="patients.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="contact",
                    name="staff",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="dependency",
                    name="task",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="needs",
                        to="worklist.task",
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
    ]
