"""Where something holds in one place after the other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def runs_of(holds: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Each run of True, shape (runs, 2): its first place, and the one after its last."""
    edges: NDArray[Any] = np.diff(np.concatenate([[False], holds, [False]]).astype(np.int8))
    return np.flatnonzero(edges).reshape(-1, 2)
