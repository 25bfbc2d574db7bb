"""Links that people have shared still open the view that they opened when they were made.

Links and numbers were taken from the app as it was; nothing here is imported from it, and nothing rests on where on
a page something stands. Counts are those of the bundled networks, whose weights do not change.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.helpers.drawings import colour_by
from tests.helpers.running import RunningApp

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]  # a sweep beside other tests takes minutes

FIRST = 90_000  # ms; the first page of a server waits for the engine to import torch
PATIENCE = 150_000  # ms; a run, gradients of a criterion, or a plan on another network

Role = Literal["button", "heading", "radio", "tab"]
See = Callable[[Page], None]  # what a person does or sees on a page that is open; fails where it is not so
Open = Callable[[], Page]

# --- what a person sees ------------------------------------------------------------------------------


def says(text: str) -> See:
    """A sentence, or a part of one."""
    return lambda page: expect(shown(page)).to_contain_text(text, use_inner_text=True, timeout=PATIENCE)


def silent(text: str) -> See:
    """A sentence that is not on the page; look for something else first, or the page is not drawn yet."""
    return lambda page: expect(shown(page)).not_to_contain_text(text, use_inner_text=True)


def figure(label: str, value: str) -> See:
    """A number right below its label."""
    below = re.compile(rf"(^|\n){re.escape(label)}\s+{re.escape(value)}\s*(\n|$)")
    return lambda page: expect(shown(page)).to_contain_text(below, use_inner_text=True, timeout=PATIENCE)


def choice(label: str, value: str) -> See:
    """What is picked of several options, whether they stand side by side or in a list that opens."""

    def look(page: Page) -> None:
        group = page.get_by_role("radiogroup", name=label, exact=True, include_hidden=True)
        picked = group.get_by_role("radio", name=value, exact=True, checked=True, include_hidden=True)
        lists = page.get_by_role("combobox", name=label, exact=True, include_hidden=True)
        until(page, lambda: picked.count() > 0 or value in values(lists), f"{label}: {value} is not picked")

    return look


def several(label: str, *names: str) -> See:
    """All that is picked of a list from which several can be picked."""

    def look(page: Page) -> None:
        removers = page.get_by_role("button", name=re.compile("^Remove "), include_hidden=True)
        told = {f"Remove {name}" for name in names}
        until(page, lambda: set(labels(removers)) == told, f"{label}: not exactly {names} are picked")

    return look


def pressed(*names: str) -> See:
    """All buttons that are held down."""

    def look(page: Page) -> None:
        for name in names:
            expect(page.get_by_role("button", name=name, exact=True, pressed=True)).to_be_visible(
                timeout=PATIENCE
            )
        expect(page.get_by_role("button", pressed=True)).to_have_count(len(names))

    return look


def slider(label: str, value: float) -> See:
    """Where a slider stands."""
    return lambda page: number(page, page.get_by_role("slider", name=label), label, value)


def typed(label: str, value: float) -> See:
    """A number in a field, which may be folded away."""

    def look(page: Page) -> None:
        number(
            page, page.get_by_role("spinbutton", name=label, exact=True, include_hidden=True), label, value
        )

    return look


def switch(label: str, *, on: bool = True) -> See:
    """Whether a switch is on."""

    def look(page: Page) -> None:
        found = page.get_by_role("switch", name=label).or_(page.get_by_role("checkbox", name=label))
        expect(found).to_be_checked(checked=on, timeout=PATIENCE)

    return look


def written(label: str, *parts: str) -> See:
    """Text in a field, each part of it."""

    def look(page: Page) -> None:
        field = page.get_by_role("textbox", name=label, exact=True)
        for part in parts:
            expect(field).to_have_value(re.compile(re.escape(part)), timeout=PATIENCE)

    return look


def row(*cells: str | float) -> See:
    """A row of a table with these cells among others; a table that is drawn tells screen readers its cells."""

    def look(page: Page) -> None:
        rows = page.get_by_role("row", include_hidden=True)
        until(page, lambda: any(set(cells) <= set(one) for one in cells_of(rows)), f"no row has {cells}")

    return look


def control(role: Role, name: str | re.Pattern[str]) -> See:
    """A heading, or something to click on."""
    return lambda page: expect(page.get_by_role(role, name=name).first).to_be_visible(timeout=PATIENCE)


def press(role: Role, name: str) -> See:
    """Click on it."""
    return lambda page: page.get_by_role(role, name=name, exact=True).first.click(timeout=PATIENCE)


def shown(page: Page) -> Locator:
    """All of a page but what stands beside it."""
    return page.get_by_role("main")


def values(fields: Locator) -> list[str]:
    """What fields hold."""
    found: list[str] = fields.evaluate_all("all => all.map(one => one.value ?? one.innerText)")
    return found


def labels(buttons: Locator) -> list[str]:
    """What buttons tell a screen reader."""
    found: list[str] = buttons.evaluate_all("all => all.map(one => one.ariaLabel ?? one.innerText)")
    return found


def number(page: Page, field: Locator, label: str, value: float) -> None:
    """Wait until one of the fields of that name holds a number."""

    def holds() -> bool:
        return value in [float(text) for text in values(field) if text]

    until(page, holds, f"{label} is not {value:g}")


def cells_of(rows: Locator) -> list[list[str | float]]:
    """Cells of every row: numbers where they are numbers, however they are written."""
    found: list[list[str]] = rows.evaluate_all(
        "all => all.map(row => [...row.children].map(c => c.textContent))"
    )
    return [[as_number(text) for text in cells] for cells in found]


def as_number(text: str) -> str | float:
    """A cell's number, or its words."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return text.strip()


def until(page: Page, holds: Callable[[], bool], otherwise: str) -> None:
    """Look again and again, for what Playwright's own assertions cannot say."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < deadline, otherwise
        page.wait_for_timeout(50)


def visit(page: Page, address: str, *seen: See) -> None:
    """Open an address, and look at it."""
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for(timeout=FIRST)
    for look in seen:
        look(page)


# --- links that carry settings -----------------------------------------------------------------------

NETWORK = {
    "network?network=digits-vit&weights=random": (
        choice("Network", "digits-vit"),
        choice("Weights", "random"),
        control("heading", "digits-vit"),
        says("Counts, groups and latency are meaningful"),
        figure("Parameters", "40.2 k"),  # 40,186
        figure("MACs", "695 k"),  # 694,944
    ),
    "?network=digits-mobilenet-lasso&weights=trained": (
        choice("Weights", "trained"),
        control("heading", "digits-mobilenet-lasso"),
        figure("Parameters", "29.5 k"),  # 29,538
        figure("Accuracy", "99.8 %"),
        row("stem.conv", "Conv2d", 144.0, 9216.0),  # 16·1·3·3 parameters at 8·8 places
    ),
    "?network=resnet18&weights=random": (
        choice("Network", "resnet18"),
        control("heading", "resnet18"),
        figure("Parameters", "11.7 M"),
        figure("MACs", "1.81 G"),
    ),
}
GRAPH = {
    "dependency_graph?network=digits-resnet&group=2&graph_criterion=Taylor"
    "&override=stage2.block1.bn2:0.25&group_ratio=0.50": (
        choice("Network", "digits-resnet"),
        choice("Coupled group", "group 2 · 32 channels · 9 layers"),
        figure("Channels", "32"),
        figure("Layers", "9"),
        control("button", re.compile("^stage2.block0.conv2,.*group 2 · 32 channels")),  # a box of the drawing
        typed("Ratio on the pruning page", 0.25),
        press("tab", "Importance"),
        choice("Criterion", "Taylor"),
        press("radio", "3 · Removal"),
        slider("Share of channels to remove", 0.5),
        says("16 of 32 channels go"),
    ),
}
MORE = press("button", "More options")
DEPGRAPH = {
    "depgraph_pruning?network=digits-resnet-lasso&ratio=0.60&criterion=BN%20scale&scope=isomorphic&round_to=2"
    "&max_ratio=0.65&keep=stem.conv&keep=head&reduction=max&normalizer=sum": (
        control("button", "Apply with Torch-Pruning"),
        slider("Pruning ratio", 0.6),
        choice("Criterion", "BN scale"),
        choice("Scope", "isomorphic"),
        MORE,
        choice("Round to", "2"),
        typed("Maximum ratio", 0.65),
        typed("Iterative steps", 1),
        several("Layers to keep", "stem.conv", "head"),
        choice("Group reduction", "max"),
        choice("Normaliser", "sum"),
        figure("Parameters", "31.1 k"),  # 31,150; 26,798 in local scope, 25,286 without the maximum
        figure("MACs", "466 k"),
    ),
    "depgraph_pruning?network=digits-cnn&criterion=random&seed=7&steps=3&ratio=0.40": (
        choice("Criterion", "random"),
        choice("Scope", "local"),
        MORE,
        typed("Seed", 7),
        typed("Iterative steps", 3),
        says("before each of the 3 steps"),
        figure("Parameters", "17.7 k"),  # widths 16, 32, 32, 64, 64 come to 9, 19, 19, 38, 38
    ),
    "depgraph_pruning?network=digits-vit&criterion=Taylor&ratio=0.25": (
        choice("Criterion", "Taylor"),
        slider("Pruning ratio", 0.25),
        figure("Parameters", "23.2 k"),
        says("head size 12 → 9"),
    ),
    "depgraph_pruning?network=digits-resnet-lasso&ratio=0.60&scope=isomorphic"
    "&override=stage2.block0.conv1:0.10,stage3.block1.conv1:0.75"
    "&override_open=true&classes_open=true&scopes_open=true&scopes_accuracy=true": (
        row("stage2.block0.conv1", 0.1),
        row("stage3.block1.conv1", 0.75),
        figure("Parameters", "22.5 k"),
        says("The groups form 6 classes"),
        says("4 of 32 channels removed"),  # 32 - int(0.9 · 32)
        says("48 of 64 channels removed"),  # 0.75 · 64
        switch("Measure the accuracy of all three"),
        says("24.4 k parameters"),  # local
        says("26.6 k parameters"),  # global
        silent("accuracy not measured"),
    ),
}
NATIVE = {
    "pytorch_native?network=digits-cnn&native_amount=0.30&native_biases=true"
    "&native_own=block2.conv:0.90,fc:0.00&native_focus=block3.conv": (
        control("button", "Apply with torch.nn.utils.prune"),
        choice("Pattern", "unstructured"),
        choice("Scope", "layer"),
        MORE,
        switch("Biases too"),
        choice("Amount as", "fraction"),
        slider("Amount", 0.3),
        row("block2.conv", 0.9),
        row("fc", 0.0),
        choice("Layer shown", "block3.conv"),
        says("2,765 of 9,216 become zero"),
        figure("Non-zeros", "37.1 k"),  # 49,786 - 43 - 4,147 - 2,765 - 5,530 - 0 - 192 - 3
    ),
    "pytorch_native?network=digits-vit&native_scope=global&native_unit=count&native_count=500"
    "&native_layers=patch&native_layers=head": (
        choice("Network", "digits-vit"),
        choice("Scope", "global"),
        MORE,
        switch("Biases too", on=False),
        several("Layers to mask", "patch", "head"),
        choice("Amount as", "count"),
        typed("Amount, as a count", 500),
        figure("Non-zeros", "39.7 k"),  # 40,186 - 500
    ),
    "pytorch_native?network=digits-cnn&native_pattern=structured&native_criterion=L%E2%88%9E&native_axis=in"
    "&native_unit=count&native_count=5&native_layers=block2.conv&native_layers=block3.conv&native_focus=block2.conv": (
        choice("Pattern", "structured"),
        choice("Criterion", "L∞"),
        choice("Axis", "in"),
        MORE,
        several("Layers to mask", "block2.conv", "block3.conv"),
        typed("Amount, as a count", 5),
        choice("Layer shown", "block2.conv"),
        says("5 of 16 become zero"),
        figure("Non-zeros", "46.9 k"),  # 49,786 - 2 · 5 · 32 · 3 · 3
    ),
    "pytorch_native?network=digits-cnn&native_criterion=random&native_seed=11&native_scope=global"
    "&native_amount=0.25": (
        choice("Criterion", "random"),
        choice("Scope", "global"),
        typed("Seed", 11),
        slider("Amount", 0.25),
        figure("Non-zeros", "37.4 k"),  # 49,786 - 0.25 · 49,424
    ),
}
SPARSEML = {
    "sparseml?network=digits-cnn&sparse_modifier=TopKAST&sparse_mask_type=block4&sparse_final_sparsity=0.60"
    "&sparse_backward_sparsity=0.4&sparse_scope=layer&sparse_start_epoch=1&sparse_end_epoch=3"
    "&sparse_update_frequency=1&sparse_epochs=5&sparse_learning_rate=0.01&sparse_seed=4&sparse_open=true": (
        choice("Modifier", "TopKAST"),
        choice("Mask type", "block4"),
        choice("Scope", "layer"),
        slider("Final sparsity", 0.6),
        typed("Backward sparsity", 0.4),
        typed("Start epoch", 1),
        typed("End epoch", 3),
        typed("Update frequency", 1),
        typed("Epochs of training", 5),
        typed("Learning rate", 0.01),
        typed("Seed", 4),
        written("Recipe", "!TopKASTPruningModifier", "forward_sparsity: 0.6", "backward_sparsity: 0.4"),
        written("Recipe", "start_epoch: 1.0", "global_sparsity: false", "mask_type: block4"),
        figure("Non-zeros", "20.1 k"),
    ),
    "sparseml?network=digits-cnn&sparse_init_sparsity=0.2&sparse_interpolation=linear&sparse_final_sparsity=0.70"
    "&sparse_which=list&sparse_layers=block2.conv&sparse_layers=fc&sparse_mode=one-shot&sparse_open=true": (
        choice("Modifier", "GM"),
        typed("Initial sparsity", 0.2),
        choice("Interpolation", "linear"),
        choice("Layers to mask", "list"),
        several("These layers", "block2.conv", "fc"),
        choice("How", "one-shot"),
        written("Recipe", 'params: ["block2.conv.weight", "fc.weight"]', "inter_func: linear"),
        figure("Non-zeros", "35.1 k"),  # 49,786 - 0.7 · (4,608 + 16,384)
    ),
    "sparseml?network=digits-cnn&sparse_modifier=Structured&sparse_mask_type=channel&sparse_which=pattern"
    "&sparse_pattern=block%5B23%5D%5C.conv.weight&sparse_final_sparsity=0.50&sparse_export_mask=filter"
    "&sparse_open=true": (
        choice("Modifier", "Structured"),
        choice("Mask type", "channel"),
        choice("Layers to mask", "pattern"),
        written("Parameters whose name matches", r"block[23]\.conv.weight"),
        written("Recipe", "!StructuredPruningModifier", "re:block[23]", "final_sparsity: 0.5"),
        choice("Mask type", "filter"),  # of the group that is exported below
        figure("Non-zeros", "42.9 k"),  # 49,786 - 0.5 · (4,608 + 9,216)
    ),
    "sparseml?network=digits-cnn&sparse_modifier=ACDC&sparse_mask_type=2:4&sparse_which=group&sparse_open=true": (
        choice("Modifier", "ACDC"),
        choice("Mask type", "2:4"),
        choice("Scope", "global"),
        choice("Layers to mask", "group"),
        choice("Members of", "group 1 · 64 channels · 2 layers"),
        says("A 2:4 mask fixes sparsity at 50 %"),
        written("Recipe", 'params: ["fc.weight", "head.weight"]'),
        figure("Non-zeros", "41.3 k"),  # 49,786 - (16,384 + 640) / 2
    ),
}
COMPARE = {
    "compare?network=digits-cnn&compare=native.unstructured.l1.global.out.3000~depgraph.taylor.local.4.4500"
    "~sparseml.GlobalMagnitude.unstructured.7000&compare_budget=non-zeros&compare_keep=0.40": (
        says("A · PyTorch native · unstructured · L1 · global"),
        says("B · DepGraph · Taylor · local · round to 4"),
        says("C · SparseML · GlobalMagnitude · unstructured"),
        choice("Budget", "non-zeros"),
        slider("Keep this share of the non-zeros", 0.4),
        row("A · PyTorch native", 49_786.0, 19_914.0),  # 0.4 · 49,786 = 19,914.4
        row("C · SparseML", 49_786.0, 19_914.0),
    ),
    "compare?network=digits-cnn&compare=native.structured.linf.layer.in.1250~depgraph.bn_scale.local.8.3000"
    "~depgraph.random.global.1.3000~sparseml.Structured.channel.2500": (
        says("A · PyTorch native · structured · L∞ · axis in · 0.125"),
        says("B · DepGraph · BN scale · local · round to 8 · 0.3"),
        says("C · DepGraph · random · global · 0.3"),
        says("D · SparseML · Structured · channel · 0.25"),
        choice("Budget", "each its own ratio"),
        row("A · PyTorch native", 0.125, 43_626.0),
        row("B · DepGraph", 0.3, 20_402.0),
        row("D · SparseML", 0.25, 37_466.0),
    ),
    "compare?network=digits-cnn&compare=depgraph.l1.local.1.3000&compare_budget=pruning%20ratio&compare_keep=0.25": (
        choice("Budget", "pruning ratio"),
        slider("Pruning ratio", 0.25),
        row("A · DepGraph", 0.25, 28_222.0, 431_328.0),  # widths 12, 24, 24, 48, 48
    ),
}
OTHERS = {
    "profile?network=digits-cnn&profile_ratio=0.30&profile_criterion=Hessian&profile_scope=isomorphic"
    "&profile_amount=0.65&profile_weights=global": (
        control("button", "Profile"),
        choice("Network", "digits-cnn"),
        slider("DepGraph: pruning ratio", 0.3),
        choice("Criterion", "Hessian"),
        choice("Scope", "isomorphic"),
        slider("PyTorch native: amount", 0.65),
        choice("Scope", "global"),  # of PyTorch native
    ),
    "sensitivity?network=digits-cnn&sweep_criterion=random&sweep_seed=5&sweep_recalibrated=yes": (
        control("button", "Measure"),
        choice("Network", "digits-cnn"),
        choice("Criterion", "random"),
        typed("Seed", 5),
        choice("Re-calibrate BatchNorm first", "yes"),
    ),
    "reproduce?reproduce_what=File%20sizes%20of%20ResNet-50&reproduce_what=Blind%20spots%20of%20MAC%20counters": (
        pressed("File sizes of ResNet-50", "Blind spots of MAC counters"),
        control("button", "Reproduce 11 numbers"),
    ),
}
LINKS = NETWORK | GRAPH | DEPGRAPH | NATIVE | SPARSEML | COMPARE | OTHERS


@pytest.mark.parametrize("link, seen", LINKS.items(), ids=list(LINKS))
def test_links_made_before_still_open_the_same_view(
    running_app: RunningApp, page: Page, link: str, seen: tuple[See, ...]
) -> None:
    visit(page, f"{running_app.url}/{link}", *seen)


# --- links that name what does not exist -------------------------------------------------------------

ABSENT = {
    "depgraph_pruning?network=digits-resnett&criterion=L3&scope=sideways&round_to=3&max_ratio=3&steps=2.5"
    "&keep=nolayer&reduction=lots&override=nolayer:0.30,stem.conv:3&ratio=0.70": (
        says("“digits-resnett”, which does not exist. Did you mean digits-resnet"),
        says("“L3”, which does not exist. Did you mean L2 or L1?"),
        says("“sideways”, which does not exist. Known: local, global, isomorphic."),
        says("“3”, which does not exist. Known: 1, 2, 4, 8, 16."),
        says("max_ratio=3; expected a number from 0.05 to 1."),
        says("steps=2.5; expected a whole number from 1 to 20."),
        says("“nolayer”, which does not exist."),
        says("“lots”, which does not exist. Known: mean, sum, max"),
        says("override=stem.conv:3; expected a layer, a colon and a fraction from 0 to 0.95"),
        choice("Network", "mnist-resnet"),
        slider("Pruning ratio", 0.7),  # the rest of the link is kept
    ),
    "pytorch_native?network=digits-cnn&weights=good&native_pattern=zigzag&native_amount=2&native_own=fc:x"
    "&native_focus=nolayer&native_scope=global": (
        says("“good”, which does not exist. Known: trained, random."),
        says("“zigzag”, which does not exist. Known: unstructured, structured."),
        says("native_amount=2; expected a fraction from 0 to 1."),
        says("native_own=fc:x; expected a layer, a colon and a fraction from 0 to 1"),
        says("“nolayer”, which does not exist. Known: block1.conv"),
        choice("Scope", "global"),
    ),
    "sparseml?network=digits-cnn&sparse_modifier=Nope&sparse_final_sparsity=5&sparse_which=some&sparse_epochs=9": (
        says("“Nope”, which does not exist. Known: GM, Magnitude"),
        says("sparse_final_sparsity=5; expected a fraction from 0 to 0.99."),
        says("“some”, which does not exist. Known: all, list, pattern, group."),
        typed("Epochs of training", 9),
    ),
    "compare?network=digits-cnn&compare=depgraph.l2.local.1.5000~nonsense&compare_budget=money": (
        says("a run “nonsense” that cannot be read"),
        says("“money”, which does not exist. Known: effective MACs"),
        says("A · DepGraph · L2 · local · 0.5"),
    ),
    "dependency_graph?network=digits-cnn&group=99": (
        says("“99”, which does not exist. Known: 0, 1, 2, 3, 4"),
        choice("Network", "digits-cnn"),
    ),
    "sensitivity?network=digits-cnn&sweep_criterion=L3&budget=3": (
        says("“L3”, which does not exist. Did you mean L2 or L1?"),
        says("budget=3; expected a fraction from 0.05 to 0.95."),
        choice("Network", "digits-cnn"),
    ),
    "depgraph_pruning?network=digits-cnn&runs=gone&run=lost": (
        says(
            "“gone” that this server does not know: it is no longer kept, or it broke off when the server ended."
        ),
        says("no run 'lost'"),
        choice("Network", "digits-cnn"),
    ),
}


@pytest.mark.parametrize("link, seen", ABSENT.items(), ids=list(ABSENT))
def test_links_say_what_they_name_that_does_not_exist_and_the_rest_is_kept(
    running_app: RunningApp, page: Page, link: str, seen: tuple[See, ...]
) -> None:
    visit(page, f"{running_app.url}/{link}", *seen)


# --- links that carry a finished run -----------------------------------------------------------------


RUNS = re.compile(r"[?&]runs=([^&.]+)")
SAVED = re.compile(r"Saved file\s+(\d\S* \S+)")


def address_of(page: Page) -> str:
    """The address, once it names a run: the browser takes it a moment after the page is drawn."""
    expect(page).to_have_url(RUNS, timeout=PATIENCE)
    return page.url


def run_in(address: str) -> str:
    """The one run that an address names."""
    (run,) = RUNS.findall(address)
    return str(run)


def saved_file(page: Page) -> str:
    """A report's file size, which is drawn a moment after its verdicts."""
    expect(shown(page)).to_contain_text(SAVED, use_inner_text=True, timeout=PATIENCE)
    (size,) = SAVED.findall(shown(page).inner_text())
    return str(size)


def test_the_address_of_a_finished_apply_shows_its_report_to_somebody_else(
    running_app: RunningApp, open_page: Open
) -> None:
    mine = open_page()
    started = press("button", "Apply with Torch-Pruning")
    visit(
        mine,
        f"{running_app.url}/depgraph_pruning?network=digits-resnet",
        started,
        says("Plan = library."),
        says("Removing = zeroing."),
    )
    size, address = saved_file(mine), address_of(mine)
    report = (
        says("Plan = library."),
        says("Removing = zeroing."),
        says("digits-resnet with trained weights, ratio 0.30, L2, local"),
        figure("Parameters", "80.9 k"),  # 80,893
        figure("Saved file", size),
        figure("Output shape", "1 × 10"),
    )
    listed = row("DepGraph", "digits-resnet, trained", 0.3, "L2, local")
    visit(open_page(), address, *report, listed)
    # As a link names a run that is not the last one
    older = f"run={run_in(address)}&epochs=3&learning_rate=0.01"
    fine_tuning = (typed("Epochs", 3), typed("Learning rate", 0.01))
    visit(
        open_page(),
        f"{running_app.url}/depgraph_pruning?network=digits-resnet&{older}",
        *report,
        *fine_tuning,
    )


def test_the_address_of_a_finished_sweep_shows_its_budget_and_colours_the_graph(
    running_app: RunningApp, open_page: Open
) -> None:
    mine = open_page()
    sensitivity = f"{running_app.url}/sensitivity?network=digits-cnn&sweep_criterion=L1"
    visit(mine, sensitivity, press("button", "Measure"), says("Most sensitive groups first"))
    run = run_in(address_of(mine))
    settings = "budget=0.35&budget_kind=parameters&sweep_metric=loss%20added&sweep_ratio=0.4"
    visit(
        open_page(),
        f"{sensitivity}&runs={run}&{settings}",
        says("digits-cnn with trained weights, L1"),
        choice("Show", "loss added"),
        choice("Colours at ratio", "0.4"),
        control("button", re.compile(r"^block1\.conv,.*loss \d\.\d+ \w+, at ratio 0\.4")),
        choice("Budget of", "parameters"),
        slider("At most this share of the dense network", 0.35),
        says("At most 17.4 k of 49.8 k parameters."),  # 0.35 · 49,786
    )
    visit(
        open_page(),
        f"{running_app.url}/dependency_graph?network=digits-cnn&group=3&sweep_run={run}",
        choice("Coupled group", "group 3 · 32 channels · 3 layers"),
        lambda page: colour_by(page, "sensitivity"),
        control("button", re.compile(r"^block3\.conv,.*\d points of accuracy")),
    )


def test_the_address_of_a_finished_comparison_shows_its_answers_and_charts(
    running_app: RunningApp, open_page: Open
) -> None:
    mine = open_page()
    link = (
        "compare?network=digits-cnn&compare=native.unstructured.l1.global.out.3000~depgraph.l1.local.1.4500"
    )
    started = press("button", "Prune with the libraries and measure")
    visit(mine, f"{running_app.url}/{link}", started, says("Which one for which goal"))
    settings = (
        "compare_goal=A%20smaller%20file&compare_cost=parameters&compare_curve=MACs&compare_layers=sparsity"
    )
    visit(
        open_page(),
        f"{address_of(mine)}&{settings}",
        says("Plan = library for A, B"),
        choice("Evidence for", "A smaller file"),
        choice("Cost", "parameters"),
        choice("Figure", "MACs"),
        choice("Show", "sparsity"),
        row("A · PyTorch native", 49_786.0),
    )
