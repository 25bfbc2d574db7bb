"""What SparseML's process answers: recipes read, networks masked and trained. It has no way to the network."""

from __future__ import annotations

from collections.abc import Generator
from functools import lru_cache

from safetensors.torch import load, save
from torch import nn

from explorer import sources
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.sparseml.library import mask_once, parsed
from explorer.backends.sparseml.options import read
from explorer.backends.sparseml.planner import SparsePlanner
from explorer.backends.sparseml.reading import options_of
from explorer.backends.sparseml.recipe import write_recipe
from explorer.backends.sparseml.tagged import RecipeFault
from explorer.backends.sparseml.yaml_text import parse
from explorer.engine import calls
from explorer.engine.call import ISLAND
from explorer.measuring.saving import saved
from explorer.process.offline import stay_offline
from explorer.studies.profile.sparseml import sparse_cost
from explorer.studies.run_recipe import carry_out
from explorer.studies.run_recipe import run_recipe as run_and_measure
from explorer.values import (
    NetworkSpec,
    ProfileRequest,
    Progress,
    RecipeReading,
    Report,
    RunMode,
    SparseCost,
    SparseOptions,
)
from explorer.values.errors import PruningError

# The last two are asked by planners in a process of their own, which hand over what no page has.
__all__ = [*calls.answered_in(ISLAND), "mask_layers", "train"]

stay_offline()

CONVOLUTIONS = {3: nn.Conv1d, 4: nn.Conv2d, 5: nn.Conv3d}  # by the dimensions of the weight


@calls.read_recipe.answered
def read_recipe(spec: NetworkSpec, text: str) -> RecipeReading:
    """What a recipe means: our reading of it, then SparseML's own."""
    try:
        options = options_of(parse(text))
    except RecipeFault as fault:
        return RecipeReading(None, str(fault), fault.field)
    reading = read(_network(spec), options)
    if reading.options is None:
        return reading
    try:
        parsed(write_recipe(_network(spec), options))
    except PruningError as error:
        return RecipeReading(None, str(error))
    return reading


@calls.run_recipe.answered
def run_recipe(spec: NetworkSpec, options: SparseOptions, mode: RunMode) -> Generator[Progress, None, Report]:
    """Mask or train a copy and measure the result; a job."""
    yield Progress(None, f"Loading {spec.name}")
    return (yield from run_and_measure(SparsePlanner(Bench(_network(spec)), options), mode))


@calls.recipe_cost.answered
def recipe_cost(spec: NetworkSpec, request: ProfileRequest) -> Generator[Progress, None, SparseCost]:
    """Time SparseML's own steps; a job."""
    yield Progress(None, f"Loading {spec.name}")
    return (yield from sparse_cost(_network(spec), request))


def train(
    spec: NetworkSpec, state: bytes, options: SparseOptions, mode: RunMode
) -> Generator[Progress, None, bytes]:
    """A bundled network with weights of one's own, as SparseML leaves it (safetensors)."""
    net = sources.load_spec(spec)
    net.module.load_state_dict(load(state))
    done = yield from carry_out(SparsePlanner(Bench(net), options), mode)
    return saved(done.module)


def mask_layers(weights: bytes, layers: tuple[tuple[str, bool], ...], recipe: str) -> bytes:
    """Weights of any network after a one-shot recipe: SparseML is shown its layers, and needs no more.

    Args:
        weights: safetensors, by the parameter's dotted path.
        layers: in the network's order, by which SparseML breaks ties; True: linear, False: a convolution.
    """
    root, tensors = nn.Module(), load(weights)
    for layer, linear in layers:
        tensor = tensors[f"{layer}.weight"]
        owner = _made(root, layer, nn.Linear if linear else CONVOLUTIONS[tensor.dim()])
        owner.weight = nn.Parameter(tensor)
    mask_once(root, recipe)
    return save({name: parameter.detach().contiguous() for name, parameter in root.named_parameters()})


def _made(root: nn.Module, path: str, kind: type[nn.Module]) -> nn.Module:
    """A stand-in layer at a dotted path, with the modules that lead there."""
    owner, name = _made_owner(root, path)
    layer = kind(1, 1, bias=False) if kind is nn.Linear else kind(1, 1, 1, bias=False)
    owner.add_module(name, layer)
    return layer


def _made_owner(root: nn.Module, path: str) -> tuple[nn.Module, str]:
    """What owns the layer of that dotted path, with all that leads there made; and the layer's own name in it."""
    *way, last = path.split(".")
    for step in way:
        if step not in dict(root.named_children()):
            root.add_module(step, nn.Module())
        root = root.get_submodule(step)
    return root, last


@lru_cache(maxsize=2)
def _network(spec: NetworkSpec) -> Network:
    return sources.load_spec(spec)
