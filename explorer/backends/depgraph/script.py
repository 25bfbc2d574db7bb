"""Scripts in Torch-Pruning's own API that remove what is planned: by its own ranking, or channel by channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from explorer.anatomy.attention import attentions
from explorer.anatomy.changes import attributes
from explorer.anatomy.kept import kept_because, output_layers
from explorer.anatomy.surgery import Cut, by_layer
from explorer.anatomy.transposed import Conv1D
from explorer.backends.depgraph.planner import DepGraphPlanner, couplings_of, traced
from explorer.backends.depgraph.script_parts import (
    BY_NUMBER,
    IMPORTS,
    LAYER_NORM,
    LISTED,
    UNKNOWN,
    importance_text,
)
from explorer.backends.scripts import Script, literal
from explorer.process.steps import finished
from explorer.values import ChannelPlan, ChannelScope

FEW = 300  # channels that a script lists itself; more are read from structure.json beside it
KNOWN = (  # to the library, each with a function that prunes it
    *(nn.modules.conv._ConvNd, nn.Linear, nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm),
    *(nn.modules.instancenorm._InstanceNorm, nn.Embedding, nn.PReLU, nn.MultiheadAttention, nn.Parameter),
)

_BY_LIBRARY = (  # numbers that its functions set
    *("in_channels", "out_channels", "groups", "in_features", "out_features", "num_features", "num_channels"),
    *("normalized_shape", "embedding_dim", "num_parameters", "embed_dim", "kdim", "vdim", "head_dim"),
)


def scripts(planner: DepGraphPlanner, plan: ChannelPlan) -> tuple[Script, ...]:
    """Scripts for a plan, the one that reads best first; the last names every channel, and so cannot choose others."""
    listed = Script(f"{IMPORTS}\n{BY_NUMBER}", _listed(planner, plan), "every channel is named by its number")
    if not _is_plain(planner, plan):
        return (listed,)
    ranks = Script(IMPORTS, _ranked(planner, plan), "the library groups, scores and ranks the channels")
    return ranks, listed


def _is_plain(planner: DepGraphPlanner, plan: ChannelPlan) -> bool:
    """Whether the library without our corrections of its graph can be expected to choose the same channels."""
    net, options = planner.net, planner.options
    return (
        not plan.chosen
        and not any(isinstance(one, (nn.MultiheadAttention, Conv1D)) for one in net.module.modules())
        and not any(True for _ in attentions(net.module))
        and _couplings_hold(planner)
        and not options.criterion.needs_gradients
        and options.max_ratio == 1
        and isinstance(net.example_input, Tensor)
        and net.example_input.is_floating_point()
        and all(parameter.requires_grad for parameter in net.module.parameters())
    )


def _couplings_hold(planner: DepGraphPlanner) -> bool:
    """Whether nothing but its outputs has to stay whole."""
    structure = traced(planner.bench).structure
    names, outputs = {node.key: node.path for node in structure.nodes}, output_layers(structure)
    stays = zip(structure.groups, finished(couplings_of(planner.bench)), strict=True)
    return all(not why or (not group.wall and kept_because(group, names, outputs)) for group, why in stays)


def _ranked(planner: DepGraphPlanner, plan: ChannelPlan) -> str:
    """Have the library rank."""
    options, example = planner.options, planner.net.example_input
    kept = [one.root for one in planner.left_whole]
    own = planner.ranked.order(plan.ratio).own_ratios
    lines = [
        *_layer_norm(planner),
        f"KEPT = {literal(kept)}  # layers whose outputs stay",
        *([f"OWN = {literal(dict(own))}  # ratios of their own"] if own else []),
        "\n\ndef pruned(net):",
        *([f"    torch.manual_seed({options.seed})"] if options.criterion.traits.drawn else []),
        "    pruner = tp.pruner.BasePruner(",
        "        net,",
        f"        torch.zeros({', '.join(map(str, example.shape))}),",
        f"        importance=tp.importance.{importance_text(options)},",
        f"        pruning_ratio={plan.ratio!r},",
        *(
            ["        pruning_ratio_dict={net.get_submodule(path): own for path, own in OWN.items()},"]
            if own
            else []
        ),
        *_scope(options.scope),
        *([f"        iterative_steps={options.steps},"] if options.steps > 1 else []),
        *([f"        round_to={options.round_to},"] if options.round_to else []),
        "        ignored_layers=[net.get_submodule(path) for path in KEPT],",
        "        # Its default dicts are shared between pruners and updated in place: each gets its own.",
        "        in_channel_groups={},",
        "        out_channel_groups={},",
        "        num_heads={},",
        "    )",
        *([f"    for _ in range({options.steps}):"] if options.steps > 1 else []),
        f"    {'    ' if options.steps > 1 else ''}pruner.step()",
        *_settled(planner, plan),
        "    return net",
    ]
    return "\n".join(lines)


def _scope(scope: ChannelScope) -> Iterator[str]:
    if scope is not ChannelScope.LOCAL:
        yield "        global_pruning=True," + (
            "  # isomorphic alone would rank wrongly" if scope is ChannelScope.ISOMORPHIC else ""
        )
    if scope is ChannelScope.ISOMORPHIC:
        yield "        isomorphic=True,"


def _listed(planner: DepGraphPlanner, plan: ChannelPlan) -> str:
    """Name every channel of every layer."""
    removed = removed_by(planner, plan)
    few = sum(map(len, removed.values())) <= FEW
    held = (
        literal(by_layer(removed))
        if few
        else 'json.loads((FOLDER / "structure.json").read_text())["removed"]'
    )
    by_hand = sorted({path for path, _ in removed if not isinstance(_target(planner, path), KNOWN)})
    lines = [
        *_layer_norm(planner),
        "# By layer, numbered as in the dense network: output and input channels that go.",
        f"REMOVED = {held}",
        *(
            [f"BY_HAND = {literal(by_hand)}  # layers that the library has no function for"]
            if by_hand
            else []
        ),
        LISTED.replace("{unknown}", UNKNOWN if by_hand else ""),
        *_settled(planner, plan),
        "    return net",
    ]
    return "\n".join(lines)


def removed_by(planner: DepGraphPlanner, plan: ChannelPlan) -> Cut:
    """Channels that go from every (layer, axis): as planned, or where that is an estimate as the library last did."""
    return planner.removed if plan.estimate and planner.removed else planner.cut(plan)


def _layer_norm(planner: DepGraphPlanner) -> Sequence[str]:
    """The correction of LayerNorm, where the network has one."""
    norms = any(isinstance(layer, nn.LayerNorm) for layer in planner.net.module.modules())
    return [LAYER_NORM] if norms else []


def _settled(planner: DepGraphPlanner, plan: ChannelPlan) -> Iterator[str]:
    """Widths that modules of other packages store, such as those of attention's heads."""
    before, after = planner.net.module, planner.sketch(plan)
    for path, numbers in attributes(before, after).items():
        if not type(before.get_submodule(path)).__module__.startswith("torch.nn."):
            yield from _assigned(before.get_submodule(path), path, numbers)


def _assigned(module: nn.Module, path: str, numbers: Mapping[str, Any]) -> Iterator[str]:
    owner = f'net.get_submodule("{path}")' if path else "net"
    for name, value in numbers.items():
        kind = type(getattr(module, name))
        if isinstance(module, KNOWN) and name in _BY_LIBRARY:
            continue
        yield f"    {owner}.{name} = {tuple(value) if issubclass(kind, tuple) else value!r}"


def _target(planner: DepGraphPlanner, path: str) -> Any:
    owner, _, name = path.rpartition(".")
    return getattr(planner.net.module.get_submodule(owner), name)
