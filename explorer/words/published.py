"""Numbers that a right build must find again, each with its source.

All of them follow from widths alone, never from trained weights: random weights give the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from explorer.values.reproducing import Experiment, Published

README = "Torch-Pruning 1.6.1, README"
README_ROUNDED = "counted with Torch-Pruning 1.6.1's own counter; rounds to the table in its README"
GROUPS = "counted with Torch-Pruning 1.6.1 itself"
COUNTER = "counted with torch's FlopCounterMode (halved) after pruning by Torch-Pruning 1.6.1"
OWN_COUNTER = "counted with Torch-Pruning 1.6.1's count_ops_and_params"
WIDTHS = "Random weights here: counts depend on widths alone."
PUBLISHED_WEIGHTS = "There with pretrained weights, here with random ones: counts depend on widths alone."

# (ratio, GMACs by Torch-Pruning's counter, millions of parameters): round_to 2, no layer kept, pruned to 1.0 in
# 20 steps. The README prints two decimals; these four were counted, so that more than a coarse slip shows.
RESNET50_STEPS = (
    (0.05, 3.6834, 22.9712),
    (0.10, 3.3072, 20.6275),
    (0.15, 2.9662, 18.3602),
    (0.20, 2.6294, 16.2715),
    (0.25, 2.3468, 14.3877),
    (0.30, 2.0187, 12.4648),
    (0.35, 1.7424, 10.7549),
    (0.40, 1.4979, 9.1361),
    (0.45, 1.2610, 7.6813),
    (0.50, 1.0682, 6.4051),
    (0.55, 0.8505, 5.1432),
    (0.60, 0.6740, 4.0690),
    (0.65, 0.5259, 3.0988),
    (0.70, 0.3890, 2.2777),
    (0.75, 0.2859, 1.6092),
    (0.80, 0.1786, 1.0112),
    (0.85, 0.1020, 0.5698),
    (0.90, 0.0504, 0.2477),
    (0.95, 0.0133, 0.0609),
    (1.00, 0.0133, 0.0609),
)

RESNET50_TOLERANCE = 0.5e-4  # half a unit of the last decimal, in GMACs and in millions

# (network, ratio, MACs by FlopCounterMode / 2, MACs by Torch-Pruning's counter, parameters), local scope.
COUNTED = (
    ("resnet18", 0.25, 1_042_639_872, 1_048_718_440, 6_675_352),
    ("resnet18", 0.5, 483_149_824, 487_202_536, 3_055_880),
    ("resnet18", 0.75, 135_603_200, 137_630_056, 831_096),
    ("resnet50", 0.25, 2_322_677_760, 2_347_233_640, 14_771_992),
    ("resnet50", 0.5, 1_052_311_552, 1_068_682_472, 6_917_640),
    ("resnet50", 0.75, 278_085_632, 286_271_592, 1_993_976),
    ("mobilenet_v2", 0.25, 175_341_984, 189_939_496, 2_230_528),
    ("mobilenet_v2", 0.5, 83_402_176, 93_134_184, 1_221_768),
    ("mobilenet_v2", 0.75, 24_954_848, 29_821_352, 478_592),
    ("vgg16_bn", 0.25, 8_719_048_704, 8_764_314_472, 78_603_544),
    ("vgg16_bn", 0.5, 3_890_266_112, 3_920_443_624, 35_621_896),
    ("vgg16_bn", 0.75, 983_916_544, 999_005_800, 9_421_048),
)

# (network, channels that can go in all, kept at 0.2, 0.5, 0.7 by global scope, and by isomorphic scope).
WIDE_RATIOS = (0.2, 0.5, 0.7)
WIDE_SCOPES = (
    ("resnet18", 2880, (2304, 1440, 864), (2303, 1440, 863)),
    ("mobilenet_v2", 9128, (7302, 4564, 2738), (7300, 4564, 2736)),
)

FILES = (  # megabytes of torch.save(state_dict)
    ("dense", 102.5),
    ("masks attached", 204.6),
    ("after prune.remove", 102.5),
    ("DepGraph, ratio 0.5", 27.9),
)

BLIND_SPOTS = (  # GMACs
    ("swin_t", "all products counted", 4.491),
    ("swin_t", "FlopCounterMode / 2", 4.491),
    ("swin_t", "count_ops_and_params", 2.977),
    ("vit_b_16", "all products counted", 17.564),
    ("vit_b_16", "FlopCounterMode / 2", 11.271),
    ("vit_b_16", "FlopCounterMode / 2, fused attention off", 16.849),
    ("vit_b_16", "count_ops_and_params", 17.594),
)


def published(experiments: tuple[Experiment, ...] = tuple(Experiment)) -> tuple[Published, ...]:
    """Every number of these experiments, in their order."""
    every = (*_resnet18(), *_resnet50(), *_counted(), *_wide(), *_files(), *_blind_spots())
    return tuple(number for number in every if number.experiment in experiments)


def _resnet18() -> Iterator[Published]:
    figures = (
        ("dense: MACs", 1_822_177_768, "MACs", README),
        ("dense: parameters", 11_689_512, "parameters", README),
        ("ratio 0.50, round to 8: MACs", 487_202_536, "MACs", README),
        ("ratio 0.50, round to 8: parameters", 3_055_880, "parameters", README),
        ("members of conv1's group", 16, "members", README),
        ("groups that can be pruned", 12, "groups", GROUPS),
    )
    for figure, expected, unit, source in figures:
        differs = PUBLISHED_WEIGHTS if source == README else WIDTHS
        yield Published(Experiment.RESNET18, "resnet18", figure, expected, unit, 0, source, differs)


def _resnet50() -> Iterator[Published]:
    for ratio, macs, params in RESNET50_STEPS:
        for figure, expected, unit in (("MACs", macs, "GMACs"), ("parameters", params, "M")):
            yield Published(
                Experiment.RESNET50_STEPS,
                "resnet50",
                f"ratio {ratio:.2f}: {figure}",
                expected,
                unit,
                RESNET50_TOLERANCE,
                README_ROUNDED,
                PUBLISHED_WEIGHTS,
            )


def _counted() -> Iterator[Published]:
    for name, ratio, macs, their_macs, params in COUNTED:
        for figure, expected, unit, source in (
            ("MACs", macs, "MACs", COUNTER),
            ("MACs by Torch-Pruning", their_macs, "MACs", OWN_COUNTER),
            ("parameters", params, "parameters", COUNTER),
        ):
            figure = f"ratio {ratio:.2f}: {figure}"
            yield Published(Experiment.COUNTED, name, figure, expected, unit, 0, source, WIDTHS)


def _wide() -> Iterator[Published]:
    for name, total, *kept in WIDE_SCOPES:
        scopes = zip(("global", "isomorphic"), kept, strict=True)
        rows = [("channels that can go", total)]
        for scope, left in scopes:
            rows += [
                (f"{scope}, ratio {ratio:.2f}: kept", n) for ratio, n in zip(WIDE_RATIOS, left, strict=True)
            ]
        for figure, expected in rows:
            source = "counted on what Torch-Pruning 1.6.1 removed"
            yield Published(
                Experiment.WIDE_SCOPES,
                name,
                figure,
                expected,
                "channels",
                0,
                source,
                "Random weights here: which channels go depends on them, how many does not.",
            )


def _files() -> Iterator[Published]:
    for figure, expected in FILES:
        source = "counted: torch.save of the state_dict, torch 2.13"
        yield Published(Experiment.FILES, "resnet50", figure, expected, "MB", 0.05, source, WIDTHS)


def _blind_spots() -> Iterator[Published]:
    for name, figure, expected in BLIND_SPOTS:
        source = OWN_COUNTER if figure == "count_ops_and_params" else "counted with torch's FlopCounterMode"
        differs = (
            "With the products of fused attention added, which the counter does not see."
            if figure == "all products counted"
            else WIDTHS
        )
        yield Published(Experiment.BLIND_SPOTS, name, figure, expected, "GMACs", 0.5e-3, source, differs)
