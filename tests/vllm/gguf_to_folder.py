"""A GGUF file as a folder that vLLM serves: unpacked weights, configuration and tokenizer. Runs in vLLM's environment.

vLLM's own reading of GGUF wants a plug-in of its own and the unquantised tokenizer; transformers reads both from the
file itself.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main(source: Path, target: Path) -> None:
    """Write `target`."""
    where = {"pretrained_model_name_or_path": source.parent, "gguf_file": source.name}
    tokenizer = AutoTokenizer.from_pretrained(**where)
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16)
    # The weights are plain now; what is said of their quantisation would have vLLM look for packed ones.
    model.config.__dict__.pop("quantization_config", None)
    model.__dict__.pop("hf_quantizer", None)
    model.is_quantized = False
    model.to(torch.bfloat16).save_pretrained(target)
    tokenizer.save_pretrained(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
