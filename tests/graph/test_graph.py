"""Groups, members and reasons on networks whose answer is known by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import explorer
from explorer.values import Axis, Edge, Group, IndexMap, LayerGraph, ReasonKind
from explorer.values.errors import NetworkError
from tests.helpers import toys, walled


def graph_of(module: nn.Module, size: int = 4) -> LayerGraph:
    torch.manual_seed(0)
    return explorer.dependency_graph(explorer.wrap(module, toys.example(size)))


def group_with(graph: LayerGraph, layer: str, axis: Axis = Axis.OUT) -> Group:
    return next(g for g in graph.groups if any(m.layer == layer and m.axis is axis for m in g.members))


def layers_of(group: Group) -> set[tuple[str, str]]:
    return {(member.layer, member.axis.value) for member in group.members if member.width}


def reasons_of(group: Group) -> dict[str, ReasonKind]:
    return {member.layer: member.reason for member in group.members}


def test_a_chain_couples_conv_norm_and_reader() -> None:
    group = group_with(graph_of(toys.Chain(), size=2), "conv")
    assert group.channels == 6
    assert layers_of(group) == {("conv", "out"), ("bn", "out"), ("head", "in")}
    assert reasons_of(group)["bn"] is ReasonKind.NORM


def test_a_flatten_gives_every_channel_four_features() -> None:
    group = group_with(graph_of(toys.Chain(), size=2), "conv")
    head = next(member for member in group.members if member.layer == "head")
    assert head.reason is ReasonKind.FLATTEN
    assert "Flatten ×4" in head.why
    assert head.index_map.of(2) == (2 * 4, 2 * 4 + 1, 2 * 4 + 2, 2 * 4 + 3)
    assert head.schema == ("5", "24*")


def test_a_residual_sum_couples_both_branches() -> None:
    group = group_with(graph_of(toys.Residual()), "stem")
    assert layers_of(group) == {("stem", "out"), ("body", "out"), ("body", "in"), ("after", "in")}
    summed = [m for m in group.members if m.reason is ReasonKind.RESIDUAL and m.axis is Axis.OUT and m.width]
    assert len(summed) == 1
    assert "sum" in summed[0].why


def test_a_concatenation_puts_each_branch_at_its_own_offset() -> None:
    graph = graph_of(toys.Concat())
    for layer, offset in (("left", 0), ("right", 4)):
        join = next(m for m in group_with(graph, layer).members if m.layer == "join")
        assert join.reason is ReasonKind.CONCAT
        assert join.index_map == IndexMap(offset=offset)
        assert f"offset {offset}" in join.why
        assert join.schema == ("5", "10*", "1", "1")


def test_a_part_of_a_group_loses_nothing_with_the_channels_of_the_others() -> None:
    graph = graph_of(toys.SummedConcat())
    group = group_with(graph, "whole")
    assert group.channels == 16
    left, right = (next(m for m in group.members if m.layer == layer) for layer in ("left", "right"))
    assert (left.index_map.of(3), left.index_map.of(4)) == ((3,), ())
    assert (right.index_map.of(3), right.index_map.of(4)) == ((), (0,))
    assert "at offset 4" in right.why
    assert right.reason is ReasonKind.CONCAT


def test_a_depthwise_convolution_loses_what_its_producer_loses() -> None:
    group = group_with(graph_of(toys.Depthwise()), "depthwise")
    assert layers_of(group) == {("expand", "out"), ("depthwise", "out"), ("project", "in")}
    depthwise = next(m for m in group.members if m.layer == "depthwise")
    assert not depthwise.inter_layer
    assert depthwise.schema == ("12*", "1", "3", "3")
    assert ReasonKind.DEPTHWISE in reasons_of(group).values()


def test_a_gate_couples_its_factors() -> None:
    group = group_with(graph_of(toys.Gate()), "features")
    assert layers_of(group) == {("features", "out"), ("factor", "in"), ("factor", "out"), ("head", "in")}
    assert ReasonKind.PRODUCT in reasons_of(group).values()


def test_conv_groups_lose_the_same_positions() -> None:
    graph = graph_of(toys.Grouped())
    assert group_with(graph, "grouped").heads == 2
    into = group_with(graph, "grouped", Axis.IN)
    assert (into.heads, into.parts) == (2, "conv groups")
    assert reasons_of(into)["grouped"] is ReasonKind.CONV_GROUPS


def test_the_output_layer_is_found_from_the_graph_and_kept() -> None:
    graph = graph_of(toys.ConvClassifier())
    kept = [group for group in graph.groups if not group.prunable]
    assert [group.root for group in kept] == ["classifier"]
    assert "output layer" in kept[0].kept_because


def test_edges_follow_the_data() -> None:
    graph = graph_of(toys.Residual())
    add = next(node for node in graph.nodes if node.kind == "add")
    assert Edge("stem", add.id) in graph.edges
    assert Edge("stem", "body") in graph.edges
    assert Edge(add.id, "after") in graph.edges
    assert len({node.id for node in graph.nodes}) == len(graph.nodes)


def test_resnet18_has_the_published_groups() -> None:
    """12 groups beside the classifier's, and 16 members in that of conv1: Torch-Pruning's README."""
    graph = explorer.dependency_graph(explorer.load("resnet18"))
    assert len([group for group in graph.groups if group.prunable]) == 12
    assert len(group_with(graph, "conv1").members) == 16


def test_tracing_leaves_the_network_as_it_was() -> None:
    net = explorer.load("digits-resnet")
    before = {name: tensor.clone() for name, tensor in net.module.state_dict().items()}
    net.module.head.weight.requires_grad_(False)
    explorer.dependency_graph(net)
    assert not net.module.head.weight.requires_grad
    assert all(torch.equal(before[name], tensor) for name, tensor in net.module.state_dict().items())


def test_weights_that_are_no_numbers_are_refused() -> None:
    module = toys.Chain()
    module.conv.weight.data[0, 0, 0, 0] = float("nan")
    with pytest.raises(NetworkError, match="holds 1 NaN or infinite values in 'conv.weight'"):
        explorer.wrap(module, toys.example(2))


@pytest.mark.parametrize(
    "module, example, match",
    [
        (3, toys.example(), "must be a torch.nn.Module, got int"),
        (toys.Chain(), None, "must be one tensor with a batch axis, got NoneType"),
        (toys.Chain(), torch.zeros(3), r"got a tensor of shape \(3,\)"),
        (nn.LazyLinear(3), toys.example(), "has no values yet"),
    ],
)
def test_what_is_no_network_is_refused(module: object, example: object, match: str) -> None:
    with pytest.raises(NetworkError, match=match):
        explorer.wrap(module, example)


def test_a_bare_module_is_sent_to_wrap() -> None:
    with pytest.raises(NetworkError, match=r"Expected a Network, got Chain. .* explorer.wrap"):
        explorer.dependency_graph(toys.Chain())


def test_a_network_without_weights_is_refused() -> None:
    with pytest.raises(NetworkError, match="has no weights, so there is nothing to prune"):
        explorer.wrap(nn.ReLU(), toys.example())


def test_an_input_that_does_not_fit_is_told_by_its_shape() -> None:
    with pytest.raises(NetworkError, match="cannot run an input of shape 1×3×8×8"):
        explorer.wrap(toys.Chain(), toys.example(8))


def test_what_cannot_be_followed_is_told_by_its_module() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ChannelShuffle(2), nn.Conv2d(8, 6, 1), nn.Conv2d(6, 4, 1))
    graph = explorer.dependency_graph(explorer.wrap(module, toys.example()))
    (group,) = (group for group in graph.groups if group.root == "0")
    assert "in '1' channels are rearranged" in group.kept_because


def test_repeated_shuffles_that_tie_all_channels_together_are_told() -> None:
    graph = explorer.dependency_graph(explorer.load("shufflenet_v2_x1_0"))
    (group,) = (group for group in graph.groups if group.root == "stage4.3.branch2.5")
    assert "all of its channels would have to go together" in group.kept_because


class Beside(nn.Module):
    """`a` is answered with and put beside `b`: a norm behind both keeps the one's channels and loses the other's."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 6, 1)
        self.norm, self.head = nn.BatchNorm2d(10), nn.Conv2d(10, 5, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a = self.a(x)
        return a, self.head(torch.relu(self.norm(torch.cat([a, self.b(x)], 1))))


def stays(graph: LayerGraph) -> dict[str, str]:
    return {node.id: node.stays for node in graph.nodes if node.stays}


def test_a_layer_stays_whole_where_no_group_that_holds_its_outputs_may_lose_any() -> None:
    output = "'{}' is an output layer: no other layer was seen between it and the network's answer."
    assert stays(graph_of(Beside())) == {"a": output.format("a"), "head": output.format("head")}


def test_a_layer_that_no_group_holds_says_itself_why_it_stays_whole() -> None:
    torch.manual_seed(0)
    found = stays(explorer.dependency_graph(explorer.wrap(walled.Tagger(), torch.rand(1, 6, 9))))
    assert set(found) == {"b", "memory", "head"}
    assert found["memory"] == "'memory' is recurrent."
