"""Networks in transformers' format: a folder, or a name on the hub. The one module that imports transformers."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from explorer.anatomy.inputs import Example
from explorer.sources import vision
from explorer.sources.code import Code
from explorer.sources.download import Progress
from explorer.sources.own.suggestions import library
from explorer.values import Weights
from explorer.values.errors import DownloadError, NetworkError, cause_of
from explorer.values.own import Own, folder

WEIGHTS = (Weights.OWN,)
DESCRIPTION = "A transformers network from {}."
_TOKENS, _SAMPLES = 16, 16_000
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_PICKLED = (
    "'{}' holds no weights in safetensors; pickled ones can hold code, so they are not read. Save them anew with "
    "save_pretrained, and name that folder."
)
_CODE = (
    "'{}' asks for code of its own (auto_map in config.json), which is never run from there. Name a function that "
    "builds the network instead: --model ./file.py:function."
)
_MISFITS = ("missing_keys", "unexpected_keys", "mismatched_keys")


def build(own: Own, weights: Weights, progress: Progress | None) -> Any:
    """The class that its configuration names, of transformers itself: code beside the weights is never run."""
    transformers = library("transformers", own.model)
    os.environ["DISABLE_SAFETENSORS_CONVERSION"] = (
        "1"  # or a service is asked to convert what the hub has pickled
    )
    place = _place(own)
    try:
        config = transformers.AutoConfig.from_pretrained(place, trust_remote_code=False)
        module, told = _class(transformers, config, place).from_pretrained(
            place, use_safetensors=True, trust_remote_code=False, output_loading_info=True
        )
    except (OSError, ValueError, ImportError) as error:
        raise _refused(own, place, cause_of(error)) from error
    _check_whole(own, told)
    return module


def example(own: Own, module: nn.Module) -> Example | None:
    """Tokens, a picture or a second of sound, as the network's class says."""
    config: Any = module.config
    random = torch.Generator().manual_seed(0)
    main = getattr(module, "main_input_name", "input_ids")
    if main == "input_ids":
        return {main: torch.randint(config.vocab_size, (1, _TOKENS), generator=random)}
    if main == "pixel_values":
        side, channels = getattr(config, "image_size", 224), getattr(config, "num_channels", 3)
        sides = side if isinstance(side, (list, tuple)) else (side, side)
        return {main: torch.randn(1, channels, *sides, generator=random)}
    return {main: torch.randn(1, _SAMPLES, generator=random)} if main == "input_values" else None


def needs_download(own: Own, weights: Weights) -> bool:
    """Whether it is named on the hub and its weights are not on this machine."""
    if _is_folder(own):
        return False
    library("transformers", own.model)
    return not any(isinstance(_kept(own, name), str) for name in _WEIGHTS)


def _is_folder(own: Own) -> bool:
    return (folder() / own.target).is_dir()


def _kept(own: Own, name: str) -> object:
    """Where the hub's file is on this machine: None if nobody asked for it yet, a mark if the hub has none."""
    from huggingface_hub import try_to_load_from_cache  # comes with transformers

    found: object = try_to_load_from_cache(own.target, name)
    return found


def _place(own: Own) -> str:
    """The folder, checked, or the hub's name."""
    place = folder() / own.target
    if not place.is_dir():
        if own.target.startswith((".", "/", "~")):
            raise NetworkError(
                f"There is no folder '{place}'. Name one that holds config.json and safetensors."
            )
        return own.target
    if not (place / "config.json").is_file():
        raise NetworkError(f"'{place}' holds no config.json. Name a folder that save_pretrained wrote.")
    if not any(place.glob("*.safetensors")):
        raise NetworkError(_PICKLED.format(place))
    return str(place)


def _refused(own: Own, place: str, why: str) -> NetworkError:
    """What to say where transformers loads nothing from a place."""
    from huggingface_hub import _CACHED_NO_EXIST

    file = f"{place}/config.json" if _is_folder(own) else _kept(own, "config.json")
    if isinstance(file, str) and "auto_map" in json.loads(Path(file).read_text(encoding="utf-8")):
        return NetworkError(_CODE.format(place))
    if all(_kept(own, name) is _CACHED_NO_EXIST for name in _WEIGHTS):
        return NetworkError(_PICKLED.format(place))
    kind, needs = (NetworkError, "") if _is_folder(own) else (DownloadError, "a connection to the hub, ")
    return kind(
        f"'{own.name}' cannot be loaded from {place}: {why}. It takes {needs}a configuration that transformers knows, "
        "and weights in safetensors."
    )


def _check_whole(own: Own, told: Mapping[str, Collection[Any]]) -> None:
    """Refuse weights of another network: the library fills what is missing with random numbers."""
    misfits = [
        f"{what.replace('_', ' ')} {sorted(map(str, told[what]))[:3]}" for what in _MISFITS if told.get(what)
    ]
    if misfits:
        raise NetworkError(
            f"The weights of '{own.name}' do not fit its configuration: {'; '.join(misfits)}. Save both anew with "
            "save_pretrained."
        )


def _class(transformers: Any, config: Any, place: str) -> Any:
    """What `architectures` names; the bare network where it names nothing that transformers has.

    Raises:
        NetworkError: if code beside the weights has it.
    """
    named = next(iter(config.architectures or ()), "")
    if hasattr(config, "auto_map") and not hasattr(transformers, named):
        raise NetworkError(_CODE.format(place))
    return getattr(transformers, named, transformers.AutoModel)


def code_of(own: Own) -> Code:
    """See `Kind.code_of`: its configuration goes along."""
    transformers = library("transformers", own.model)
    place = _place(own)
    config = transformers.AutoConfig.from_pretrained(place, trust_remote_code=False)
    kind = _class(transformers, config, place).__name__
    read = 'transformers.AutoConfig.from_pretrained(Path(__file__).resolve().with_name("config.json"))'
    build = f"net = transformers.{kind}({read})"
    if kind == "AutoModel":
        build = f"net = transformers.AutoModel.from_config({read})"
    return Code(
        f"{vision.IMPORT}\nimport transformers", build, files={"config.json": config.to_json_string()}
    )
