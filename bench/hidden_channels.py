"""Which channels of a hidden layer are missed least, and how the others stand in for them.

Behind the channels h comes a product W h. Without some of them the least squares are those of other
weights for the rest, which the covariance C of h gives. What is lost when channel c goes, if all
weights are found anew, is |W_c|^2 / (C^-1)_cc ("optimal brain surgeon", Hassibi and Stork 1993).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class Removal:
    """`order`: the channels by how little they are missed, all but one. `lost`: the sum of squared
    errors, a mean over samples, once the first so many of them have gone; `lost[0]` is 0."""

    order: list[int]
    lost: NDArray[np.float64]


def removal(covariance: Matrix, weights: Matrix) -> Removal:
    """`covariance` (h, h), positive definite; `weights` (o, h): one channel after the other goes,
    and the weights of the others are found anew each time."""
    inverse: Matrix = np.linalg.inv(covariance)
    weights = weights.copy()
    stays = np.ones(len(covariance), bool)
    order, lost = [], [0.0]
    for _ in range(len(covariance) - 1):
        losses = np.where(
            stays, (weights**2).sum(0) / np.where(stays, np.diag(inverse), 1.0), np.inf
        )
        gone = int(np.argmin(losses))
        weights -= np.outer(weights[:, gone] / inverse[gone, gone], inverse[gone])
        inverse -= np.outer(inverse[:, gone], inverse[gone]) / inverse[gone, gone]
        weights[:, gone] = inverse[gone, :] = inverse[:, gone] = 0.0
        stays[gone] = False
        order.append(gone)
        lost.append(lost[-1] + max(float(losses[gone]), 0.0))
    return Removal(order=order, lost=np.array(lost))


def weights_of_kept(covariance: Matrix, weights: Matrix, kept: Sequence[int]) -> Matrix:
    """The weights (o, kept) with which `kept` come nearest to all of `weights` (o, h)."""
    of_kept = covariance[np.ix_(kept, kept)]
    solved: Matrix = np.linalg.solve(of_kept, covariance[kept] @ weights.T).T
    return solved


def shared_out(lost: Sequence[NDArray[np.float64]], count: int, *, step: int) -> list[int]:
    """How many channels of each layer go, `count` in all, `step` at a time where the least is lost.
    `lost`: of each layer, as in Removal, as a share of what stands behind the layer."""
    gone = [0] * len(lost)

    def next_loss(layer: int) -> float:
        return float(lost[layer][gone[layer] + step] - lost[layer][gone[layer]])

    while sum(gone) + step <= count:
        # The last ones stay.
        open_to = [each for each in range(len(lost)) if gone[each] + 2 * step <= len(lost[each])]
        if not open_to:
            break
        gone[min(open_to, key=next_loss)] += step
    return gone
