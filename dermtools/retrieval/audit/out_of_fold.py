"""Probabilities of labels from a classifier that never saw the case, nor one of its group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dermtools.errors import require_extra

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5
"""A label needs as many groups, so that every fold can learn it."""
INVERSE_PENALTY = 0.01
"""scikit-learn's C: the penalty that the linear probe takes where it cannot choose one, 100, the other way round."""


def out_of_fold(
    vectors: NDArray[np.float32], truth: NDArray[np.bool_], groups: NDArray[np.int64], *, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probabilities by logistic regression, cross-validated by group, and which cases they can be held against.

    Each of `FOLDS` folds is predicted from the others; folds are stratified by label. A case with several labels
    counts for each in equal parts, as it does for the classifiers of `dermtools train`.

    Args:
        vectors: finite, float32, shape (n, d).
        truth: which labels each case has, at least one, shape (n, labels); each label with `FOLDS` groups or more.
        groups: number of each case's group, shape (n,).
        seed: of the folds.

    Returns:
        Probabilities, shape (n, labels), each row summing to 1; and whether some label of the case was to be learned
        from the other folds, shape (n,).

    Raises:
        MissingExtraError: scikit-learn, of the extra `report`, is not installed.
    """
    require_extra("sklearn", "report")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.preprocessing import StandardScaler

    cases, labels = np.nonzero(truth)  # one row a label of a case
    weights = 1 / truth.sum(axis=1)[cases]
    probabilities = np.zeros(truth.shape)
    learned = np.zeros(len(truth), dtype=bool)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for known, asked in folds.split(cases, labels, groups[cases]):
        scaler = StandardScaler().fit(vectors[np.unique(cases[known])])
        model = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000)
        model.fit(scaler.transform(vectors[cases[known]]), labels[known], weights[known])
        rows = np.unique(cases[asked])
        probabilities[np.ix_(rows, model.classes_)] = model.predict_proba(scaler.transform(vectors[rows]))
        learned[rows] = truth[np.ix_(rows, model.classes_)].any(axis=1)
    return probabilities, learned
