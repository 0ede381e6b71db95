"""Run by the readers' interpreter: what popular libraries make of a packed row, by the logits they lead to.

Each is given one row of several documents in the way its documentation says, and a small Llama; printed is
the largest difference to the logits of the documents run alone.
"""

import json

import torch
from transformers import DataCollatorWithFlattening, LlamaConfig, LlamaForCausalLM
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

LENGTHS = [30, 7, 50, 12]
VOCABULARY = 97


def main() -> None:
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=256,
            attn_implementation="sdpa",
        )
    ).eval()
    for parameter in model.parameters():  # as small as they start, all documents look alike
        parameter.data *= 2
    ids = torch.randint(1, VOCABULARY, (1, sum(LENGTHS)))
    alone = torch.cat([model(part).logits for part in ids.split(LENGTHS, 1)], 1).detach()
    restarted = torch.cat([torch.arange(length) for length in LENGTHS])[None, :]
    row = {"input_ids": ids[0].tolist(), "seq_lengths": LENGTHS}
    documents = [{"input_ids": part[0].tolist()} for part in ids.split(LENGTHS, 1)]
    ones = torch.ones_like(ids)
    ways = {
        "transformers: no positions": {},
        "transformers: position_ids": {"position_ids": restarted},
        "transformers: position_ids, use_cache=False": {
            "position_ids": restarted, "use_cache": False,
        },
        "transformers: position_ids, use_cache=False, attention_mask of ones": {
            "position_ids": restarted, "use_cache": False, "attention_mask": ones,
        },
        "DataCollatorWithFlattening: a packed row": {
            **usable(DataCollatorWithFlattening()([row])), "use_cache": False,
        },
        "DataCollatorWithFlattening: its documents": {
            **usable(DataCollatorWithFlattening()(documents)), "use_cache": False,
        },
        "TRL, padding_free=True": {**trl(row, padding_free=True), "use_cache": False},
        "TRL, padding_free=False": {**trl(row, padding_free=False), "use_cache": False},
    }  # fmt: skip
    found = {}
    with torch.no_grad():
        for name, given in ways.items():
            logits = model(**{"input_ids": ids, **given}).logits
            found[name] = float((logits - alone).abs().max())
    print(json.dumps(found))


def trl(row, *, padding_free: bool):
    collator = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=padding_free)
    return usable(collator([row]))


def usable(batch):
    """What a model takes of a collator's batch."""
    names = ("input_ids", "position_ids", "attention_mask")
    return {name: torch.as_tensor(batch[name]) for name in names if batch.get(name) is not None}


if __name__ == "__main__":
    main()
