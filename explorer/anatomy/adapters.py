"""Attention that packages write by hand: which layers its owner has, and which numbers it keeps of them. Data only.

A class that is not in this table stays whole: its queries, keys and values end in a reshape that nobody can follow.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Adapter:
    """What the classes of one kind have in common; all names lie below their objects."""

    classes: tuple[str, ...]  # "package:Class"
    layers: tuple[
        str, str, str, str
    ]  # query, key, value, output; one name thrice where one layer makes all three
    heads: str = ""  # attribute: number of heads
    size: str = ""  # attribute: channels of a head, where it is stored
    width: str = ""  # attribute: channels of all heads together, where it is stored
    scale: str = ""  # attribute: what products are multiplied by, where it is stored
    holder: str = ""  # submodule that keeps these attributes
    square: bool = False  # reshapes by the width of what it reads, which then loses the same channels
    called: bool = True  # False: uses the weights of its layers without ever calling these
    window: str = (
        ""  # attribute: sizes of the windows that it attends within, where its layers are not called
    )
    inline: bool = (
        False  # divides products by the root of the head size that it finds, which it stores nowhere
    )
    rotated: str = (
        ""  # attribute: channels of a head where positions are turned in, which fixes them: heads go whole
    )
    beside: tuple[str, ...] = ()  # own parts whose results are added to the products, one for each head

    @property
    def separable(self) -> bool:
        """Whether a head can go whole while what is read stays: its owner asks what it reads for no width."""
        return self.called and not self.square and not self.rotated


def _fused(made: str, output: str) -> tuple[str, str, str, str]:
    return made, made, made, output


def _transformers(names: str) -> tuple[str, ...]:
    return tuple(f"transformers:{name}Attention" for name in names.split())


_TIMM = "timm.layers.attention:Attention", "timm.models.vision_transformer:Attention"
_RELATIVE = ("timm.models.vision_transformer_relpos:RelPosAttention",)
_METAFORMER = ("timm.models.metaformer:Attention",)
_WINDOW = ("timm.models.swin_transformer:WindowAttention",)
_SWIN = "torchvision.models.swin_transformer:ShiftedWindowAttention"
_MAXVIT = ("torchvision.models.maxvit:RelativePositionalMultiHeadAttention",)
_TABLE = ("relative_position_bias_table",)
_QKV = _fused("qkv", "proj")
_PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")
_STORED = ("num_attention_heads", "attention_head_size", "all_head_size", "scaling")

ADAPTERS = (
    Adapter(_TIMM, _QKV, "num_heads", "head_dim", "attn_dim", "scale"),
    Adapter(_TIMM, _QKV, "num_heads", "head_dim", "", "scale", square=True),  # before timm 1.0.20
    Adapter(_RELATIVE, _QKV, "num_heads", "head_dim", "", "scale", square=True, beside=("rel_pos",)),
    Adapter(_METAFORMER, _QKV, "num_heads", "head_dim", "attention_dim", "scale", square=True),
    Adapter(_WINDOW, _QKV, "num_heads", "", "", "scale", beside=_TABLE),
    Adapter((_SWIN,), _QKV, "num_heads", square=True, called=False, window="window_size", inline=True),
    Adapter((f"{_SWIN}V2",), _QKV, "num_heads", square=True, called=False, window="window_size"),
    Adapter(
        _MAXVIT,
        _fused("to_qkv", "merge"),
        *("n_heads", "head_dim", "", "scale_factor"),
        square=True,
        beside=_TABLE,
    ),
    Adapter(
        _transformers("ViT DeiT AST ViTMAE ViTMSN IJepa Dinov2 Beit"),
        ("q_proj", "k_proj", "v_proj", "o_proj"),
        *("num_attention_heads", "head_dim", "", "scaling"),
    ),
    Adapter(
        _transformers("Swin"),
        ("q_proj", "k_proj", "v_proj", "o_proj"),
        *("num_attention_heads", "head_dim", "", "scaling"),
        beside=("relative_position_bias",),
    ),
    Adapter(_transformers("CLIP Siglip"), _PROJECTIONS, "num_heads", "head_dim", "", "scale"),
    Adapter(
        _transformers("Bart MBart Marian Pegasus OPT Whisper Wav2Vec2 Hubert Data2VecAudio")
        + _transformers("TimeSeriesTransformer PatchTST"),
        _PROJECTIONS,
        *("num_heads", "head_dim", "", "scaling"),
    ),
    Adapter(_transformers("GPTNeoSelf"), _PROJECTIONS, "num_heads", "head_dim"),
    Adapter(
        _transformers("Bert Roberta XLMRoberta Camembert Electra LayoutLM Data2VecText MobileBert"),
        ("self.query", "self.key", "self.value", "output.dense"),
        *_STORED,
        holder="self",
    ),
    Adapter(
        _transformers("ViT DeiT Yolos VideoMAE"),
        ("attention.query", "attention.key", "attention.value", "output.dense"),
        *_STORED,
        holder="attention",
    ),
    Adapter(
        _transformers("MobileViT"),
        ("attention.query", "attention.key", "attention.value", "output.dense"),
        *_STORED[:3],
        holder="attention",
        inline=True,
    ),
    Adapter(_transformers("MPNetSelf"), ("q", "k", "v", "o"), *_STORED[:3], inline=True),
    Adapter(_transformers("Albert"), ("query", "key", "value", "dense"), *_STORED),
    Adapter(
        _transformers("DistilBertSelf"),
        ("q_lin", "k_lin", "v_lin", "out_lin"),
        *("n_heads", "attention_head_size", "", "scaling"),
    ),
    Adapter(
        _transformers("GPT2"),
        _fused("c_attn", "c_proj"),
        *("num_heads", "head_dim", "split_size", "scaling"),
    ),
    Adapter(
        _transformers(
            "Llama Mistral Mixtral Qwen2 Qwen2Moe Gemma Gemma2 Granite Starcoder2 SmolLM3 Glm Helium"
        ),
        ("q_proj", "k_proj", "v_proj", "o_proj"),
        rotated="head_dim",
    ),
    Adapter(_transformers("Phi"), ("q_proj", "k_proj", "v_proj", "dense"), rotated="head_dim"),
    Adapter(
        _transformers("T5"),
        ("q", "k", "v", "o"),
        *("n_heads", "key_value_proj_dim", "inner_dim"),
        beside=("relative_attention_bias",),
    ),
)
