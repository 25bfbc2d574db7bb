"""transformers' networks, built from small configurations."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from tests.helpers.packages import IDS, NAMED, SIZES, image, transformers
from tests.sweep.case import Case

_Options = dict[str, Any]
_TEXT: _Options = {"vocab_size": 50, **SIZES}
_CAUSAL: _Options = {**_TEXT, "use_cache": False}
_GROUPED: _Options = {**_CAUSAL, "num_key_value_heads": 2, "head_dim": 12}
_IMAGE: _Options = {"image_size": 32, "patch_size": 8, **SIZES}
_SPEECH: _Options = {**SIZES, "conv_dim": [16, 16], "conv_kernel": [4, 4], "conv_stride": [2, 2]}
_SPEECH |= {"num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 4, "num_feat_extract_layers": 2}
_LAYERS: _Options = {"encoder_layers": 1, "decoder_layers": 1, "d_model": 48}
_LAYERS |= {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
_LAYERS |= {"encoder_ffn_dim": 96, "decoder_ffn_dim": 96}
_BART: _Options = {**_LAYERS, "vocab_size": 50, "pad_token_id": 1, "use_cache": False}
_T5: _Options = {"vocab_size": 50, "d_model": 48, "d_kv": 12, "d_ff": 96, "num_layers": 2, "num_heads": 4}
_GPT2: _Options = {"vocab_size": 50, "n_positions": 16, "n_embd": 48, "n_layer": 2, "n_head": 4}
_STAGES: _Options = {"embedding_size": 16, "hidden_sizes": [16, 24, 32, 48], "depths": [1, 1, 1, 1]}
_SIGNAL = torch.randn(1, 400, generator=torch.Generator().manual_seed(0))
_MEL = torch.randn(1, 8, 40, generator=torch.Generator().manual_seed(0))
_BOTH = {"input_ids": IDS, "decoder_input_ids": IDS[:, :6]}
_PIXELS = {"pixel_values": image(32)}
_LARGER = {"pixel_values": image(64)}

_NETWORKS: dict[str, tuple[str, _Options, Any]] = {  # class of the network: configuration, options, example
    "BertForSequenceClassification": ("BertConfig", _TEXT, NAMED),
    "RobertaForSequenceClassification": ("RobertaConfig", {**_TEXT, "pad_token_id": 1}, NAMED),
    "DistilBertForSequenceClassification": (
        "DistilBertConfig",
        {"vocab_size": 50, "dim": 48, "hidden_dim": 96, "n_layers": 2, "n_heads": 4},
        NAMED,
    ),
    "AlbertForSequenceClassification": ("AlbertConfig", {**_TEXT, "embedding_size": 24}, NAMED),
    "ElectraForSequenceClassification": ("ElectraConfig", {**_TEXT, "embedding_size": 24}, NAMED),
    "DebertaV2ForSequenceClassification": (
        "DebertaV2Config",
        {**_TEXT, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
        NAMED,
    ),
    "MobileBertForSequenceClassification": (
        "MobileBertConfig",
        {**_TEXT, "embedding_size": 24, "intra_bottleneck_size": 24, "true_hidden_size": 24},
        NAMED,
    ),
    "SqueezeBertForSequenceClassification": ("SqueezeBertConfig", {**_TEXT, "embedding_size": 48}, NAMED),
    "MPNetForSequenceClassification": ("MPNetConfig", _TEXT, NAMED),
    "ModernBertForSequenceClassification": (
        "ModernBertConfig",
        {
            **_TEXT,
            "pad_token_id": 0,
            "cls_token_id": 1,
            "sep_token_id": 2,
            "bos_token_id": 1,
            "eos_token_id": 2,
        },
        NAMED,
    ),
    "FNetForSequenceClassification": (
        "FNetConfig",
        {"vocab_size": 50, "hidden_size": 48, "num_hidden_layers": 2, "intermediate_size": 96},
        {"input_ids": IDS},
    ),
    "FunnelForSequenceClassification": (
        "FunnelConfig",
        {
            "vocab_size": 50,
            "block_sizes": [1, 1],
            "d_model": 48,
            "n_head": 4,
            "d_head": 12,
            "d_inner": 96,
            "num_decoder_layers": 1,
        },
        NAMED,
    ),
    "XLNetForSequenceClassification": (
        "XLNetConfig",
        {"vocab_size": 50, "d_model": 48, "n_layer": 2, "n_head": 4, "d_inner": 96, "use_mems_eval": False},
        NAMED,
    ),
    "LayoutLMModel": ("LayoutLMConfig", _TEXT, {"input_ids": IDS}),
    "GPT2LMHeadModel": ("GPT2Config", _GPT2, {"input_ids": IDS}),
    "GPTNeoForCausalLM": (
        "GPTNeoConfig",
        {
            "vocab_size": 50,
            "hidden_size": 48,
            "num_layers": 2,
            "num_heads": 4,
            "attention_types": [[["global", "local"], 1]],
            "intermediate_size": 96,
            "use_cache": False,
        },
        {"input_ids": IDS},
    ),
    "GPTNeoXForCausalLM": ("GPTNeoXConfig", _CAUSAL, {"input_ids": IDS}),
    "GPTJForCausalLM": ("GPTJConfig", {**_GPT2, "rotary_dim": 4, "use_cache": False}, {"input_ids": IDS}),
    "CodeGenForCausalLM": (
        "CodeGenConfig",
        {**_GPT2, "n_ctx": 16, "rotary_dim": 4, "use_cache": False},
        {"input_ids": IDS},
    ),
    "OPTForCausalLM": (
        "OPTConfig",
        {
            "vocab_size": 50,
            "hidden_size": 48,
            "ffn_dim": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "use_cache": False,
            "word_embed_proj_dim": 48,
        },
        {"input_ids": IDS},
    ),
    "BloomForCausalLM": (
        "BloomConfig",
        {"vocab_size": 50, "hidden_size": 48, "n_layer": 2, "n_head": 4, "use_cache": False},
        NAMED,
    ),
    "FalconForCausalLM": (
        "FalconConfig",
        {
            "vocab_size": 50,
            "hidden_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "use_cache": False,
        },
        NAMED,
    ),
    "LlamaForCausalLM": ("LlamaConfig", _GROUPED, {"input_ids": IDS}),
    "MistralForCausalLM": ("MistralConfig", _GROUPED, {"input_ids": IDS}),
    "MixtralForCausalLM": (
        "MixtralConfig",
        {**_GROUPED, "num_local_experts": 3, "num_experts_per_tok": 2},
        {"input_ids": IDS},
    ),
    "Qwen2ForCausalLM": ("Qwen2Config", _GROUPED, {"input_ids": IDS}),
    "Qwen3ForCausalLM": ("Qwen3Config", _GROUPED, {"input_ids": IDS}),
    "PhiForCausalLM": ("PhiConfig", _CAUSAL, {"input_ids": IDS}),
    "Phi3ForCausalLM": ("Phi3Config", {**_GROUPED, "pad_token_id": 0}, {"input_ids": IDS}),
    "GemmaForCausalLM": ("GemmaConfig", _GROUPED, {"input_ids": IDS}),
    "Gemma2ForCausalLM": ("Gemma2Config", _GROUPED, {"input_ids": IDS}),
    "StableLmForCausalLM": (
        "StableLmConfig",
        {**_CAUSAL, "num_key_value_heads": 4, "hidden_size": 64},
        {"input_ids": IDS},
    ),
    "CohereForCausalLM": (
        "CohereConfig",
        {**_CAUSAL, "num_key_value_heads": 2, "pad_token_id": 0},
        {"input_ids": IDS},
    ),
    "MambaForCausalLM": (
        "MambaConfig",
        {"vocab_size": 50, "hidden_size": 48, "num_hidden_layers": 2, "state_size": 4, "use_cache": False},
        {"input_ids": IDS},
    ),
    "RwkvForCausalLM": (
        "RwkvConfig",
        {"vocab_size": 50, "hidden_size": 48, "num_hidden_layers": 2, "use_cache": False},
        {"input_ids": IDS},
    ),
    "T5EncoderModel": ("T5Config", _T5, NAMED),
    "T5ForConditionalGeneration": ("T5Config", {**_T5, "use_cache": False}, _BOTH),
    "BartForConditionalGeneration": ("BartConfig", _BART, _BOTH),
    "MBartForConditionalGeneration": ("MBartConfig", _BART, _BOTH),
    "PegasusForConditionalGeneration": ("PegasusConfig", _BART, _BOTH),
    "ViTForImageClassification": ("ViTConfig", _IMAGE, _PIXELS),
    "DeiTForImageClassification": ("DeiTConfig", _IMAGE, _PIXELS),
    "BeitForImageClassification": ("BeitConfig", _IMAGE, _PIXELS),
    "Dinov2ForImageClassification": ("Dinov2Config", _IMAGE, _PIXELS),
    "ViTMSNForImageClassification": ("ViTMSNConfig", _IMAGE, _PIXELS),
    "YolosForObjectDetection": ("YolosConfig", {**_IMAGE, "image_size": [32, 32]}, _PIXELS),
    "SwinForImageClassification": (
        "SwinConfig",
        {
            "image_size": 32,
            "patch_size": 2,
            "embed_dim": 24,
            "depths": [2, 2],
            "num_heads": [2, 4],
            "window_size": 4,
        },
        _PIXELS,
    ),
    "Swinv2ForImageClassification": (
        "Swinv2Config",
        {
            "image_size": 32,
            "patch_size": 2,
            "embed_dim": 24,
            "depths": [2, 2],
            "num_heads": [2, 4],
            "window_size": 4,
        },
        _PIXELS,
    ),
    "CLIPVisionModel": ("CLIPVisionConfig", {**_IMAGE, "projection_dim": 24}, _PIXELS),
    "CLIPTextModel": ("CLIPTextConfig", {**_TEXT, "projection_dim": 24}, NAMED),
    "SiglipVisionModel": ("SiglipVisionConfig", _IMAGE, _PIXELS),
    "ConvNextForImageClassification": (
        "ConvNextConfig",
        {"hidden_sizes": [16, 24, 32, 48], "depths": [1, 1, 1, 1]},
        _LARGER,
    ),
    "ConvNextV2ForImageClassification": (
        "ConvNextV2Config",
        {"hidden_sizes": [16, 24, 32, 48], "depths": [1, 1, 1, 1]},
        _LARGER,
    ),
    "ResNetForImageClassification": ("ResNetConfig", _STAGES, _LARGER),
    "RegNetForImageClassification": ("RegNetConfig", {**_STAGES, "groups_width": 8}, _LARGER),
    "MobileNetV1ForImageClassification": ("MobileNetV1Config", {}, _LARGER),
    "MobileNetV2ForImageClassification": ("MobileNetV2Config", {}, _LARGER),
    "EfficientNetForImageClassification": ("EfficientNetConfig", {}, _LARGER),
    "MobileViTForImageClassification": ("MobileViTConfig", {}, _LARGER),
    "PoolFormerForImageClassification": (
        "PoolFormerConfig",
        {"hidden_sizes": [16, 24, 32, 48], "depths": [1, 1, 1, 1]},
        _LARGER,
    ),
    "PvtForImageClassification": (
        "PvtConfig",
        {
            "image_size": 64,
            "hidden_sizes": [16, 32, 40, 48],
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 5, 4],
        },
        _LARGER,
    ),
    "LevitForImageClassification": (
        "LevitConfig",
        {
            "image_size": 64,
            "hidden_sizes": [32, 48, 64],
            "depths": [1, 1, 1],
            "num_attention_heads": [2, 3, 4],
            "key_dim": [8, 8, 8],
        },
        _LARGER,
    ),
    "CvtForImageClassification": ("CvtConfig", {}, _LARGER),
    "FocalNetForImageClassification": (
        "FocalNetConfig",
        {"image_size": 32, "embed_dim": 16, "depths": [1, 1, 1, 1]},
        _PIXELS,
    ),
    "SegformerForImageClassification": ("SegformerConfig", {}, _LARGER),
    "DetrForObjectDetection": (
        "DetrConfig",
        {
            **_LAYERS,
            "num_queries": 5,
            "use_timm_backbone": False,
            "use_pretrained_backbone": False,
            "backbone": None,
        },
        _LARGER,
    ),
    "Wav2Vec2ForCTC": ("Wav2Vec2Config", {**_SPEECH, "vocab_size": 30}, _SIGNAL),
    "HubertForCTC": ("HubertConfig", {**_SPEECH, "vocab_size": 30}, _SIGNAL),
    "WavLMForCTC": ("WavLMConfig", {**_SPEECH, "vocab_size": 30}, _SIGNAL),
    "ASTForAudioClassification": (
        "ASTConfig",
        {
            **SIZES,
            "patch_size": 8,
            "frequency_stride": 8,
            "time_stride": 8,
            "max_length": 40,
            "num_mel_bins": 16,
        },
        torch.randn(1, 40, 16, generator=torch.Generator().manual_seed(0)),
    ),
    "WhisperForAudioClassification": (
        "WhisperConfig",
        {
            **_LAYERS,
            "num_mel_bins": 8,
            "max_source_positions": 20,
            "vocab_size": 50,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
        },
        _MEL,
    ),
    "TimeSeriesTransformerModel": (
        "TimeSeriesTransformerConfig",
        {
            **_LAYERS,
            "prediction_length": 4,
            "context_length": 8,
            "lags_sequence": [1, 2],
            "num_time_features": 1,
        },
        {
            "past_values": _MEL[0, :1, :10],
            "past_time_features": _MEL[:, 0, :10, None],
            "past_observed_mask": torch.ones(1, 10),
            "future_values": _MEL[0, :1, 10:14],
            "future_time_features": _MEL[:, 0, 10:14, None],
        },
    ),
    "PatchTSTForPrediction": (
        "PatchTSTConfig",
        {
            "num_input_channels": 2,
            "context_length": 32,
            "prediction_length": 8,
            "patch_length": 8,
            "patch_stride": 8,
            "d_model": 48,
            "num_attention_heads": 4,
            "ffn_dim": 96,
            "num_hidden_layers": 2,
        },
        torch.randn(1, 32, 2, generator=torch.Generator().manual_seed(0)),
    ),
}


def made(name: str, configuration: str, options: _Options) -> nn.Module:
    """A network by the names of its class and of its configuration's."""
    module: nn.Module = getattr(transformers, name)(getattr(transformers, configuration)(**options))
    return module


CASES = {
    f"transformers {name}": Case(partial(made, name, configuration, options), example)
    for name, (configuration, options, example) in _NETWORKS.items()
}
