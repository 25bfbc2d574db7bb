"""Networks in transformers' format: a folder, or a name on the hub. The one module that imports transformers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
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
_MISFITS = ("missing_keys", "unexpected_keys", "mismatched_keys")


def build(own: Own, weights: Weights, progress: Progress | None) -> Any:
    """The class that its configuration names, of transformers itself: code beside the weights is never run."""
    transformers = library("transformers", own.model)
    place = _place(own)
    try:
        config = transformers.AutoConfig.from_pretrained(place, trust_remote_code=False)
        module, told = _class(transformers, config).from_pretrained(
            place, use_safetensors=True, trust_remote_code=False, output_loading_info=True
        )
    except (OSError, ValueError, ImportError) as error:
        kind, needs = (NetworkError, "") if _is_folder(own) else (DownloadError, "a connection to the hub, ")
        raise kind(
            f"'{own.name}' cannot be loaded from {place}: {cause_of(error)}. It takes {needs}a configuration that "
            "transformers knows, and weights in safetensors."
        ) from error
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
    """Whether it is named on the hub and nothing of it is on this machine."""
    if _is_folder(own):
        return False
    library("transformers", own.model)
    from huggingface_hub import try_to_load_from_cache  # comes with transformers

    return not isinstance(try_to_load_from_cache(own.target, "config.json"), str)


def _is_folder(own: Own) -> bool:
    return (folder() / own.target).is_dir()


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
        raise NetworkError(
            f"'{place}' holds no weights in safetensors; pickled ones can hold code, so they are not read. Save them "
            "anew with save_pretrained."
        )
    if "auto_map" in json.loads((place / "config.json").read_text(encoding="utf-8")):
        raise NetworkError(
            f"'{place}' asks for code of its own (auto_map in config.json), which is never run from there. Name a "
            "function that builds the network instead: --model ./file.py:function."
        )
    return str(place)


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


def _class(transformers: Any, config: Any) -> Any:
    """What `architectures` names; the bare network where it names nothing that transformers has."""
    named = next(iter(config.architectures or ()), "")
    return getattr(transformers, named, transformers.AutoModel)


def code_of(own: Own) -> Code:
    """See `Kind.code_of`: its configuration goes along."""
    transformers = library("transformers", own.model)
    config = transformers.AutoConfig.from_pretrained(_place(own), trust_remote_code=False)
    kind = _class(transformers, config).__name__
    read = 'transformers.AutoConfig.from_pretrained(Path(__file__).resolve().with_name("config.json"))'
    build = f"net = transformers.{kind}({read})"
    if kind == "AutoModel":
        build = f"net = transformers.AutoModel.from_config({read})"
    return Code(
        f"{vision.IMPORT}\nimport transformers", build, files={"config.json": config.to_json_string()}
    )
