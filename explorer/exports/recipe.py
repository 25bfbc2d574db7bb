"""A SparseML recipe as the file that SparseML reads."""

from __future__ import annotations

from explorer.values import RecipePlan


def yaml(plan: RecipePlan | str) -> str:
    """The recipe of a plan, or its text as it is."""
    return plan if isinstance(plan, str) else plan.recipe()
