"""The data of a network, for a person to look at."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.behaviour import Picture


@dataclass(frozen=True, slots=True)
class Sample:
    """One example as a picture."""

    label: str  # what its class is called; "" where nobody labelled it
    picture: Picture


@dataclass(frozen=True, slots=True)
class DataFacts:
    """Labelled data, or inputs of a person's own without labels."""

    name: str  # "" where it has none, such as inputs without labels
    size: str  # of one example, in words
    train: int  # examples; of inputs without labels those by which ratios are chosen
    test: int  # examples; of inputs without labels those by which copies are judged
    classes: int  # that the labels name; 0: there are none
    all_classes: int  # that the network tells apart
    names: tuple[str, ...]  # of the first of those that the labels name; (): they have none
    form: str  # how its examples were brought into form, in a phrase; "" where nobody knows
    samples: tuple[Sample, ...]  # of the test split; () where examples are no pictures
