"""Networks of other packages, small and with random weights."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import torch
from torch import nn

from explorer import sources

sources.catalog()  # makes torchvision importable beside a CPU-only torch: the others import it
timm, transformers, torchvision = map(import_module, ("timm", "transformers", "torchvision"))

SIZES = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 48, "intermediate_size": 96}
IDS = torch.arange(12)[None] % 7
NAMED = {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}


def image(size: int) -> torch.Tensor:
    """One image, shape ``[1, 3, size, size]``."""
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))


def of_timm(name: str, **options: Any) -> nn.Module:
    """A network of timm's."""
    return timm.create_model(name, pretrained=False, **options)


def of_torchvision(name: str, **options: Any) -> nn.Module:
    """A classifier of torchvision's."""
    return getattr(torchvision.models, name)(weights=None, **options)


def swin(**kinds: Any) -> nn.Module:
    """torchvision's Swin Transformer with two stages of two blocks."""
    return torchvision.models.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [4, 4], num_classes=10, **kinds)


def swin_v2() -> nn.Module:
    """The same in its second version."""
    kinds = torchvision.models.swin_transformer
    return swin(block=kinds.SwinTransformerBlockV2, downsample_layer=kinds.PatchMergingV2)


def maxvit() -> nn.Module:
    """torchvision's MaxViT with two stages of one block."""
    return torchvision.models.MaxVit((32, 32), 16, 4, [16, 32], [1, 1], 8, 0.0, num_classes=10)


def bert() -> nn.Module:
    """A classifier of texts."""
    config = transformers.BertConfig(vocab_size=50, **SIZES)
    return transformers.BertForSequenceClassification(config)


def vit() -> nn.Module:
    """transformers' own Vision Transformer."""
    config = transformers.ViTConfig(image_size=32, patch_size=8, **SIZES)
    return transformers.ViTForImageClassification(config)


def gpt2(kind: str = "GPT2Model") -> nn.Module:
    """A language model whose linear layers are turned round."""
    config = transformers.GPT2Config(vocab_size=50, n_positions=16, n_embd=48, n_layer=2, n_head=4)
    return getattr(transformers, kind)(config)


def t5() -> nn.Module:
    """An encoder whose attention adds a bias for each head."""
    config = transformers.T5Config(vocab_size=50, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4)
    return transformers.T5EncoderModel(config)


def transformers_swin() -> nn.Module:
    """transformers' own Swin Transformer."""
    sizes = {"embed_dim": 24, "depths": [2, 2], "num_heads": [2, 4], "window_size": 4}
    return transformers.SwinForImageClassification(
        transformers.SwinConfig(image_size=32, patch_size=2, **sizes)
    )


def text(name: str, **options: Any) -> nn.Module:
    """A classifier of texts, by the name of its architecture."""
    config = getattr(transformers, f"{name}Config")(**{"vocab_size": 50, **SIZES, **options})
    return getattr(transformers, f"{name}ForSequenceClassification")(config)


def causal(name: str, **options: Any) -> nn.Module:
    """A language model of one layer, by the name of its architecture."""
    sizes = {
        **SIZES,
        "num_hidden_layers": 1,
        "vocab_size": 50,
        "use_cache": False,
        "tie_word_embeddings": False,
    }
    config = getattr(transformers, f"{name}Config")(**sizes, **options)
    return getattr(transformers, f"{name}ForCausalLM")(config)


def around(kind: str, *given: Any, **options: Any) -> nn.Module:
    """Attention of timm's, "module:Class", between linear layers of 8 -> 24 and 24 -> 5 channels."""
    home, _, name = kind.partition(":")
    attention = getattr(import_module(f"timm.{home}"), name)(24, **options)

    class Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.attention, self.head = nn.Linear(8, 24), attention, nn.Linear(24, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """One token after the other, shape ``[batch, tokens, 8]``."""
            answer: torch.Tensor = self.head(self.attention(self.up(x), *given))
            return answer

    return Around()


def gpt_neo() -> nn.Module:
    """A language model whose attention does not scale its products."""
    sizes = {
        "hidden_size": 48,
        "num_layers": 2,
        "num_heads": 4,
        "attention_types": [[["global", "local"], 1]],
    }
    return transformers.GPTNeoModel(transformers.GPTNeoConfig(vocab_size=50, use_cache=False, **sizes))


def mobilevit() -> nn.Module:
    """A small convolutional network with transformers inside."""
    return transformers.MobileViTForImageClassification(transformers.MobileViTConfig())


def patch_tst() -> nn.Module:
    """A network of time series."""
    sizes = {"d_model": 48, "num_attention_heads": 4, "ffn_dim": 96, "num_hidden_layers": 2}
    series = {"num_input_channels": 2, "context_length": 32, "prediction_length": 8}
    return transformers.PatchTSTForPrediction(
        transformers.PatchTSTConfig(patch_length=8, patch_stride=8, **series, **sizes)
    )


def llama() -> nn.Module:
    """A language model with grouped queries and rotated positions."""
    config = transformers.LlamaConfig(vocab_size=50, num_key_value_heads=2, use_cache=False, **SIZES)
    return transformers.LlamaForCausalLM(config)
