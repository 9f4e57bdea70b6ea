"""Writing many rows at once, each with values of its own.

Django's ``bulk_update`` makes one large CASE expression; putting that together takes many times as
long as the writing itself once there are thousands of rows.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

BATCH = 1_000


def write_rows(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write ``fields`` of rows of one model that are there already: one statement, prepared once.

    To be called in a transaction. Nothing else of the rows is written, and no signal is sent.
    """
    if not rows:
        return
    meta = rows[0]._meta
    columns: list[Any] = [meta.get_field(name) for name in fields]
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(column.column)} = %s" for column in columns)
    # Names of our own tables and columns, quoted; the values are parameters.
    key = quote(str(meta.pk.column))
    sql = f"UPDATE {quote(meta.db_table)} SET {sets} WHERE {key} = %s"  # noqa: S608

    def values(row: models.Model) -> list[Any]:
        return [
            column.get_db_prep_save(getattr(row, column.attname), connection) for column in columns
        ] + [row.pk]

    with connection.cursor() as cursor:
        for at in range(0, len(rows), BATCH):
            cursor.executemany(sql, [values(row) for row in rows[at : at + BATCH]])
