"""Run by the readers' interpreter: saves tiny classifiers of random weights and prints their outputs.

``classifier_logits.py FOLDER``: a folder of FOLDER a model, as `transformers` saves it, in the type that its
name ends with; printed are its batches of ids and masks, and the logits in float32.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    ModernBertConfig,
    RobertaConfig,
    XLMRobertaConfig,
)

VOCABULARY, WIDTH, PADDING = 90, 32, 1
SMALL = {
    "vocab_size": VOCABULARY, "hidden_size": WIDTH, "intermediate_size": 48, "num_hidden_layers": 4,
    "num_attention_heads": 4, "pad_token_id": PADDING, "max_position_embeddings": 200,
    "initializer_range": 0.3,
}  # fmt: skip
MODELS = {
    "bert-regression-F32": BertConfig(**SMALL, num_labels=1),
    "bert-classes-F32": BertConfig(**SMALL, num_labels=6),
    "bert-relu-F32": BertConfig(**SMALL, num_labels=1, hidden_act="relu"),
    "bert-tanh-F16": BertConfig(**SMALL, num_labels=1, hidden_act="gelu_new"),
    "roberta-regression-F32": RobertaConfig(**SMALL, num_labels=1, type_vocab_size=1),
    "xlm-regression-F32": XLMRobertaConfig(**SMALL, num_labels=1, type_vocab_size=1),
    "xlm-classes-BF16": XLMRobertaConfig(**SMALL, num_labels=2, type_vocab_size=1),
    "modernbert-regression-F32": ModernBertConfig(**SMALL, num_labels=1, local_attention=16),
    "modernbert-classes-BF16": ModernBertConfig(
        **SMALL, num_labels=6, local_attention=16, classifier_pooling="mean"
    ),
    "modernbert-biases-F32": ModernBertConfig(
        **SMALL, num_labels=3, local_attention=10, norm_bias=True, attention_bias=True, mlp_bias=True,
        classifier_bias=True, global_attn_every_n_layers=2,
    ),
}  # fmt: skip
TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
LENGTHS = ([1], [7], [190], [12, 5, 1], [190, 40])


def main(folder: Path) -> None:
    torch.manual_seed(0)
    found = {}
    for name, config in MODELS.items():
        model = AutoModelForSequenceClassification.from_config(config).eval()
        for (
            parameter
        ) in model.parameters():  # biases begin at 0 and norms at 1: nothing would tell them apart
            parameter.data += 0.1 * torch.randn_like(parameter)
        model = model.to(TYPES[name.rsplit("-", 1)[1]])
        model.save_pretrained(folder / name, max_shard_size="40KB" if "classes" in name else "1GB")
        # Read again: to(bfloat16) rounds the frequencies of rotary positions, too, which no file keeps.
        model = AutoModelForSequenceClassification.from_pretrained(
            folder / name, dtype=torch.float32
        )
        found[name] = [answered(model.eval(), lengths) for lengths in LENGTHS]
    print(json.dumps(found))


def answered(model, lengths):
    ids = torch.randint(4, VOCABULARY, (len(lengths), max(lengths)))
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
        ids[row, length:] = PADDING
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask).logits
    return {"ids": ids.tolist(), "mask": mask.tolist(), "logits": logits.tolist()}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
