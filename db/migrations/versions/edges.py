"""edges: which practitioner holds an API key; names that are found without accents"""

import sqlalchemy as sa
from alembic import op

revision = "edges"
down_revision = "scribe"
branch_labels = None
depends_on = None

# Lower case, without combining marks (so composed or decomposed is the same), apostrophes of any kind, or double blanks.
# Letters that no mark makes are written as they are usually typed.
SEARCHABLE = r"""
CREATE FUNCTION searchable(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT btrim(regexp_replace(regexp_replace(
    replace(replace(replace(translate(lower(normalize(replace(given, '´', ''), NFKD)), 'øØłŁđĐıðÐ', 'oollddidd'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
    '[\u0300-\u036f''`\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\uff07\u200c\u200d]', '', 'g'), '\s+', ' ', 'g'))
$$;
CREATE FUNCTION searchable(given text, family text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT searchable(given || ' ' || family)
$$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SEARCHABLE)
    op.add_column("api_key", sa.Column("practitioner_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_api_key_practitioner_id"), "api_key", "practitioner", ["practitioner_id"], ["id"]
    )
    for table, made_of in (("patient", "searchable(given, family)"), ("practitioner", "searchable(name)")):
        op.add_column(table, sa.Column("searched", sa.Text(), sa.Computed(made_of, persisted=True), nullable=False))
