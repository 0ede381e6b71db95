#!/usr/bin/env bash
# tokenizers 0.23.3 (PyPI): the ids of added tokens in a tokenizer.json are not read.
#
# A tokenizer.json whose vocabulary has ids 0 to 2 declares `<|end|>` as added token with id 9, as a
# conversion of a tiktoken file does whose special tokens do not follow its ranks (cl100k_base: 100,256
# ranks, <|endoftext|> is 100,257). A good guess says: the token gets the id that the file gives it, or
# the file is refused. Seen: it loads without a word, and the token gets 3, the next free id.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tokenizers==0.23.3
cat > "$folder/main.py" <<'PYTHON'
import json
from tokenizers import Tokenizer

added = {"id": 9, "content": "<|end|>", "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": True}
model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}
text = json.dumps({"version": "1.0", "added_tokens": [added], "model": model})
print(Tokenizer.from_str(text).token_to_id("<|end|>"))
PYTHON
found=$("$folder/venv/bin/python" "$folder/main.py")
echo "id in the file: 9; id of the loaded token: $found"
test "$found" = 3
echo "as described"
