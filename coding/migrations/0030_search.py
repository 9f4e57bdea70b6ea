"""The search index: one row of folded words per turn, and the database's own index over them."""

import django.db.models.deletion
from django.db import migrations, models

from coding.core.search_text import indexed_words

# Nothing is left to the databases' own ideas of words: these hold a-z, digits and spaces only.
SQLITE = [
    """CREATE VIRTUAL TABLE coding_turnwords_fts USING fts5(
        words, content='coding_turnwords', content_rowid='turn_id', tokenize='ascii', detail=none
    )""",
    """CREATE TRIGGER coding_turnwords_ai AFTER INSERT ON coding_turnwords BEGIN
        INSERT INTO coding_turnwords_fts(rowid, words) VALUES (new.turn_id, new.words);
    END""",
    """CREATE TRIGGER coding_turnwords_ad AFTER DELETE ON coding_turnwords BEGIN
        INSERT INTO coding_turnwords_fts(coding_turnwords_fts, rowid, words)
        VALUES ('delete', old.turn_id, old.words);
    END""",
    """CREATE TRIGGER coding_turnwords_au AFTER UPDATE ON coding_turnwords BEGIN
        INSERT INTO coding_turnwords_fts(coding_turnwords_fts, rowid, words)
        VALUES ('delete', old.turn_id, old.words);
        INSERT INTO coding_turnwords_fts(rowid, words) VALUES (new.turn_id, new.words);
    END""",
]
SQLITE_BACK = [
    "DROP TRIGGER coding_turnwords_au",
    "DROP TRIGGER coding_turnwords_ad",
    "DROP TRIGGER coding_turnwords_ai",
    "DROP TABLE coding_turnwords_fts",
]
POSTGRESQL = [
    """CREATE INDEX coding_turnwords_gin ON coding_turnwords
    USING gin (array_to_tsvector(string_to_array(words, ' ')))"""
]
POSTGRESQL_BACK = ["DROP INDEX coding_turnwords_gin"]
BATCH = 1_000


def make(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in SQLITE if vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement, params=None)


def drop(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in SQLITE_BACK if vendor == "sqlite" else POSTGRESQL_BACK:
        schema_editor.execute(statement, params=None)


def fill(apps, schema_editor):
    """Index what is there already."""
    TurnWords = apps.get_model("coding", "TurnWords")
    Turn = apps.get_model("coding", "Turn")
    contents = apps.get_model("coding", "SourceText").objects.order_by("pk")
    for source, text in contents.values_list("pk", "text").iterator(chunk_size=20):
        turns = Turn.objects.filter(source=source).values_list("pk", "body_start", "end")
        TurnWords.objects.bulk_create(
            [TurnWords(turn_id=pk, words=indexed_words(text[a:b])) for pk, a, b in turns],
            batch_size=BATCH,
        )


class Migration(migrations.Migration):
    dependencies = [("coding", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="TurnWords",
            fields=[
                (
                    "turn",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_words",
                        serialize=False,
                        to="coding.turn",
                    ),
                ),
                ("words", models.TextField()),
            ],
        ),
        migrations.RunPython(make, drop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
