"""Finds the stored texts that say much in the same words as another, whosever they are."""

from __future__ import annotations

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Func, IntegerField, QuerySet, Value

from articles.likeness import sketch
from articles.models import ArticleVersion

MOST_ALIKE: Final = 20


def most_alike(html: str, *, among: QuerySet[ArticleVersion]) -> QuerySet[ArticleVersion]:
    """Return up to 20 of `among` whose sketches share most with that of `html`, best first.

    A sketch is a hint: of texts with half of their words in common some are missed, and what is
    found may be less alike. One query, answered by an index.
    """
    drawn = Value(sketch(html), output_field=ArrayField(BigIntegerField()))
    shared = Func(
        F("sketch"),
        drawn,
        template="cardinality(ARRAY(SELECT unnest(%(expressions)s)))",
        arg_joiner=") INTERSECT SELECT unnest(",
        output_field=IntegerField(),
    )
    alike = among.filter(sketch__overlap=drawn).annotate(shared=shared)
    return alike.order_by("-shared", "-pk")[:MOST_ALIKE]
