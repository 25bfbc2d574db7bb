"""Where evaluation data comes from: scikit-learn's bundled handwritten digits."""

from __future__ import annotations

from functools import cache

import torch

from explorer.anatomy.data import STANDARD, DataSet

SPLIT_SEED = 0
TEST_FRACTION = 0.25


@cache
def digits() -> DataSet:
    """Load 1,797 real 8×8 digits, split 75/25 with every class in the same share on both sides.

    Pixels are brought to mean 0 and standard deviation 1 with the figures of the train split alone.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, doi:10.24432/C50P49.
    """
    # scikit-learn takes a second to import: only who needs images pays for it.
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    source = load_digits()
    train, test = train_test_split(
        range(len(source.target)), test_size=TEST_FRACTION, random_state=SPLIT_SEED, stratify=source.target
    )
    images = torch.from_numpy(source.images).float().unsqueeze(1)
    labels = torch.from_numpy(source.target).long()
    mean, std = images[train].mean(), images[train].std()
    images = (images - mean) / std
    return DataSet("digits", images[train], labels[train], images[test], labels[test], form=STANDARD)
