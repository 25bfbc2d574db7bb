"""Attention that packages write by hand: which layers its owner has, and which numbers it keeps of them. Data only.

Packages write it in a few ways over and over: a row holds for all classes of that way. A class of no way in this table
stays whole: its queries, keys and values end in a reshape that nobody can follow.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Adapter:
    """What the classes of one kind have in common; all names lie below their objects.

    Names in "a|b" are those that different classes have for the same; "a|" need not be there.
    """

    classes: tuple[str, ...]  # "package:Class"; "package:*End" stands for all whose names end so
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
    norms: tuple[
        str, ...
    ] = ()  # own norms of queries and keys by turns: of each head, which stay, or of all together
    by_head: bool = (
        False  # one layer makes query, key and value of the first head, then those of the second, ...
    )
    alibi: bool = False  # its network makes a bias for each head, by a number of heads of its own

    @property
    def separable(self) -> bool:
        """Whether a head can go whole while what is read stays: its owner asks what it reads for no width."""
        return self.called and not self.square and not self.rotated and not self.alibi


def _fused(made: str, output: str) -> tuple[str, str, str, str]:
    return made, made, made, output


def _transformers(names: str) -> tuple[str, ...]:
    return tuple(f"transformers:{name}Attention" for name in names.split())


_NORMS = ("q_norm", "k_norm", "q_layernorm", "k_layernorm", "query_layernorm", "key_layernorm")
_TIMM = "timm.layers.attention:Attention", "timm.models.vision_transformer:Attention"
_ROPE = ("timm.layers.attention:AttentionRope",)
_RELATIVE = ("timm.models.vision_transformer_relpos:RelPosAttention",)
_LIKE_TIMM = tuple(
    f"timm.models.{name}"
    for name in (
        *("cait:ClassAttn", "crossvit:Attention", "crossvit:CrossAttention", "davit:WindowAttention"),
        *("gcvit:WindowAttentionGlobal", "nest:Attention", "nextvit:EfficientAttention", "pvt_v2:Attention"),
        *("twins:LocallyGroupedAttn", "twins:GlobalSubSampleAttn", "volo:Attention", "xcit:ClassAttn"),
    )
)
_METAFORMER = ("timm.models.metaformer:Attention",)
_WINDOW = ("timm.models.swin_transformer:WindowAttention",)
_SWIN = "torchvision.models.swin_transformer:ShiftedWindowAttention"
_MAXVIT = ("torchvision.models.maxvit:RelativePositionalMultiHeadAttention",)
_TABLE = ("relative_position_bias_table",)
_QKV = _fused("qkv", "proj")
_APART = ("q_proj", "k_proj", "v_proj", "o_proj|out_proj|dense|Wo|proj")
_STORED = ("num_attention_heads", "attention_head_size", "all_head_size", "scaling")
_KEPT = ("num_heads|num_attention_heads|n_heads", "head_dim", "")
_BY_HEAD = _fused("query_key_value", "dense")
_ALL = ("transformers:*Attention",)


def _beneath(holder: str) -> tuple[str, str, str, str]:
    return f"{holder}.query", f"{holder}.key", f"{holder}.value", "output.dense"


ADAPTERS = (
    Adapter(_TIMM, _QKV, "num_heads", "head_dim", "attn_dim", "scale"),
    Adapter(_TIMM, _QKV, "num_heads", "head_dim", "", "scale", square=True),  # before timm 1.0.20
    Adapter(_TIMM, _QKV, rotated="head_dim", norms=_NORMS),
    Adapter(_ROPE, _QKV, rotated="head_dim", norms=_NORMS),
    Adapter(_ROPE, ("q_proj", "k_proj", "v_proj", "proj"), rotated="head_dim", norms=_NORMS),
    Adapter(_RELATIVE, _QKV, "num_heads", "head_dim", "", "scale", square=True, beside=("rel_pos",)),
    Adapter(_METAFORMER, _QKV, "num_heads", "head_dim", "attention_dim", "scale", square=True),
    Adapter(_WINDOW, _QKV, "num_heads", "", "", "scale", beside=_TABLE),
    *(
        Adapter(
            _LIKE_TIMM,
            layers,
            *("num_heads", "head_dim|dim_head|", "", "scale"),
            square=True,
        )
        for layers in (_QKV, ("q|wq", "k|wk", "v|wv", "proj"), ("q", "kv", "kv", "proj"))
    ),
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
        _transformers("Swin"),
        ("q_proj", "k_proj", "v_proj", "o_proj"),
        *("num_attention_heads", "head_dim", "", "scaling"),
        beside=("relative_position_bias",),
    ),
    Adapter(_ALL, _APART, *_KEPT, "scaling|scale"),
    Adapter(_transformers("GPTNeoSelf"), _APART, "num_heads", "head_dim"),
    *(
        Adapter(_ALL, _beneath(holder), *_STORED[:3], scale, holder=holder, inline=not scale)
        for holder in ("self", "attention")
        for scale in ("scaling", "")
    ),
    Adapter(_ALL, _beneath("self"), holder="self", rotated="attention_head_size"),
    Adapter(_transformers("MPNetSelf"), ("q", "k", "v", "o"), *_STORED[:3], inline=True),
    Adapter(_transformers("Albert"), ("query", "key", "value", "dense"), *_STORED),
    Adapter(
        _transformers("DistilBertSelf"),
        ("q_lin", "k_lin", "v_lin", "out_lin"),
        *("n_heads", "attention_head_size", "", "scaling"),
    ),
    Adapter(
        ("transformers:MultiHeadAttention",),
        ("q_lin", "k_lin", "v_lin", "out_lin"),
        *("n_heads", "head_dim"),
        inline=True,
    ),
    Adapter(
        (
            *_transformers("GPT2"),
            "transformers:ImageGPTAttention",
            "transformers:DecisionTransformerGPT2Attention",
        ),
        _fused("c_attn", "c_proj"),
        *("num_heads", "head_dim", "split_size", "scaling"),
    ),
    Adapter(_transformers("Blip"), _fused("qkv", "projection"), "num_heads", "head_dim", "", "scale"),
    Adapter(
        _transformers("Bloom"),
        _BY_HEAD,
        "num_heads",
        "head_dim",
        "",
        "inv_norm_factor",
        by_head=True,
        alibi=True,
    ),
    Adapter(
        _transformers("Mpt"),
        _fused("Wqkv", "out_proj"),
        "n_heads",
        "head_dim",
        "",
        "softmax_scale",
        alibi=True,
    ),
    Adapter(_transformers("GPTNeoX GPTNeoXJapanese"), _BY_HEAD, rotated="head_size", by_head=True),
    Adapter(_transformers("Falcon"), _BY_HEAD, rotated="head_dim", by_head=True),
    Adapter(_transformers("Persimmon"), _BY_HEAD, rotated="head_dim", by_head=True, norms=_NORMS),
    Adapter(_transformers("ModernBert"), _fused("Wqkv", "Wo"), rotated="head_dim"),
    Adapter(_ALL, _APART, rotated="head_dim", norms=_NORMS),
    Adapter(
        _transformers("T5 MT5 UMT5 LongT5 SwitchTransformers"),
        ("q", "k", "v", "o"),
        *("n_heads", "key_value_proj_dim", "inner_dim"),
        beside=("relative_attention_bias",),
    ),
)
