"""transformers' networks of rarer kinds: other norms, positions, experts, states and detectors."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from tests.helpers.packages import IDS, NAMED, SIZES, image
from tests.sweep.case import Case
from tests.sweep.of_transformers import made

_Options = dict[str, Any]
_TEXT: _Options = {"vocab_size": 50, **SIZES}
_CAUSAL: _Options = {**_TEXT, "use_cache": False}
_SHARED: _Options = {**_CAUSAL, "num_key_value_heads": 2}
_IMAGE: _Options = {"image_size": 32, "patch_size": 8, **SIZES}
_STAGES: _Options = {"hidden_sizes": [16, 32, 40, 48], "depths": [1, 1, 1, 1]}
_BOTH: _Options = {"encoder_layers": 1, "decoder_layers": 1, "d_model": 48}
_BOTH |= {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
_BOTH |= {"encoder_ffn_dim": 96, "decoder_ffn_dim": 96}
_XLM: _Options = {"vocab_size": 50, "emb_dim": 48, "n_layers": 2, "n_heads": 4}
_EXPERTS: _Options = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24}
_PIXELS, _LARGER = {"pixel_values": image(32)}, {"pixel_values": image(64)}
_IDS = {"input_ids": IDS}


def _drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


_NETWORKS: dict[str, tuple[str, _Options, Any]] = {  # class of the network: configuration, options, example
    "BigBirdForSequenceClassification": (
        "BigBirdConfig",
        {**_TEXT, "attention_type": "original_full"},
        NAMED,
    ),
    "DebertaForSequenceClassification": (
        "DebertaConfig",
        {**_TEXT, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
        NAMED,
    ),
    "ErnieForSequenceClassification": ("ErnieConfig", _TEXT, NAMED),
    "RemBertForSequenceClassification": (
        "RemBertConfig",
        {**_TEXT, "input_embedding_size": 24, "output_embedding_size": 24},
        NAMED,
    ),
    "MegatronBertForSequenceClassification": ("MegatronBertConfig", _TEXT, NAMED),
    "RoFormerForSequenceClassification": ("RoFormerConfig", {**_TEXT, "embedding_size": 24}, NAMED),
    "XLMForSequenceClassification": ("XLMConfig", _XLM, _IDS),
    "EuroBertForSequenceClassification": ("EuroBertConfig", {**_TEXT, "pad_token_id": 0}, NAMED),
    "EsmForSequenceClassification": ("EsmConfig", {**_TEXT, "pad_token_id": 1, "mask_token_id": 3}, NAMED),
    "OlmoForCausalLM": ("OlmoConfig", _SHARED, _IDS),
    "Olmo2ForCausalLM": ("Olmo2Config", _SHARED, _IDS),
    "NemotronForCausalLM": ("NemotronConfig", {**_SHARED, "head_dim": 12}, _IDS),
    "PersimmonForCausalLM": ("PersimmonConfig", _CAUSAL, _IDS),
    "MptForCausalLM": (
        "MptConfig",
        {"vocab_size": 50, "d_model": 48, "n_layers": 2, "n_heads": 4, "use_cache": False},
        _IDS,
    ),
    "Qwen3MoeForCausalLM": ("Qwen3MoeConfig", {**_SHARED, **_EXPERTS, "head_dim": 12}, _IDS),
    "OlmoeForCausalLM": ("OlmoeConfig", {**_SHARED, "num_experts": 4, "num_experts_per_tok": 2}, _IDS),
    "DeepseekV3ForCausalLM": (
        "DeepseekV3Config",
        {
            **_CAUSAL,
            "num_key_value_heads": 4,
            "q_lora_rank": 24,
            "kv_lora_rank": 16,
            "qk_rope_head_dim": 4,
            "qk_nope_head_dim": 8,
            "v_head_dim": 12,
            "n_routed_experts": 4,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 24,
            "first_k_dense_replace": 1,
            "n_group": 1,
            "topk_group": 1,
        },
        _IDS,
    ),
    "FalconMambaForCausalLM": (
        "FalconMambaConfig",
        {"vocab_size": 50, "hidden_size": 48, "num_hidden_layers": 2, "state_size": 4, "use_cache": False},
        _IDS,
    ),
    "BitForImageClassification": (
        "BitConfig",
        {"embedding_size": 16, "hidden_sizes": [32, 64, 64, 96], "depths": [1, 1, 1, 1], "num_groups": 4},
        _LARGER,
    ),
    "DINOv3ViTModel": ("DINOv3ViTConfig", {**_IMAGE, "num_register_tokens": 2}, _PIXELS),
    "VideoMAEForVideoClassification": (
        "VideoMAEConfig",
        {**_IMAGE, "num_frames": 4, "tubelet_size": 2},
        {"pixel_values": _drawn(1, 4, 3, 32, 32)},
    ),
    "GLPNForDepthEstimation": (
        "GLPNConfig",
        {**_STAGES, "num_attention_heads": [1, 2, 5, 4], "decoder_hidden_size": 16},
        _LARGER,
    ),
    "SamVisionModel": (
        "SamVisionConfig",
        {
            **SIZES,
            "image_size": 64,
            "patch_size": 8,
            "output_channels": 16,
            "mlp_dim": 96,
            "window_size": 4,
            "global_attn_indexes": [1],
        },
        _LARGER,
    ),
    "PerceiverForSequenceClassification": (
        "PerceiverConfig",
        {
            "vocab_size": 50,
            "num_latents": 8,
            "d_latents": 32,
            "d_model": 32,
            "num_blocks": 1,
            "num_self_attends_per_block": 2,
            "num_self_attention_heads": 4,
            "num_cross_attention_heads": 4,
            "max_position_embeddings": 16,
        },
        {"inputs": IDS},
    ),
    "WhisperForConditionalGeneration": (
        "WhisperConfig",
        {
            **_BOTH,
            "num_mel_bins": 8,
            "max_source_positions": 20,
            "max_target_positions": 16,
            "vocab_size": 50,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 1,
            "use_cache": False,
        },
        {"input_features": _drawn(1, 8, 40), "decoder_input_ids": IDS[:, :6]},
    ),
    "PatchTSMixerForPrediction": (
        "PatchTSMixerConfig",
        {
            "num_input_channels": 2,
            "context_length": 32,
            "prediction_length": 8,
            "patch_length": 8,
            "patch_stride": 8,
            "d_model": 16,
            "num_layers": 2,
        },
        _drawn(1, 32, 2),
    ),
}

CASES = {
    f"transformers {name}": Case(partial(made, name, configuration, options), example)
    for name, (configuration, options, example) in _NETWORKS.items()
}
