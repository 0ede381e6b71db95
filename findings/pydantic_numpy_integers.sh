#!/usr/bin/env bash
# pydantic 2.14.3 (PyPI): a field of type int takes a numpy.int64 of more than 53 bits and holds another number.
#
# A good guess says: numpy.int64 has __index__, so that it becomes the int it is, or is refused, as a float
# with a fraction is. Seen: it goes through a double; 2**53 + 1 becomes 2**53, an id of 63 bits loses its last
# ten, without a word, and 2**63 - 1 is refused as a string that is too long. Field(strict=True) refuses all of them.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydantic==2.14.3 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import operator
from typing import Annotated

import numpy as np
import pydantic


class Row(pydantic.BaseModel):
    id: int


class StrictRow(pydantic.BaseModel):
    id: Annotated[int, pydantic.Field(strict=True)]


print(f"pydantic {pydantic.VERSION}, numpy {np.__version__}")
for number in (2**53 + 1, 6658552100085039118):
    given = np.int64(number)
    assert operator.index(given) == int(given) == number
    held = Row(id=given).id
    print(f"given {number}, held {held}")
    assert held == int(float(number)) != number
for given, model in ((np.int64(2**63 - 1), Row), (np.int64(1), StrictRow)):
    try:
        model(id=given)
    except pydantic.ValidationError as error:
        print(f"{model.__name__}: {error.errors()[0]['type']}")
    else:
        raise AssertionError(f"{model.__name__} takes {given!r}")
print("as described")
PYTHON
