#!/usr/bin/env bash
# pip 23.2.1 (what `python -m venv` of Python 3.11 brings) and trafilatura 2.3.1 with lxml 6.1.3 and justext 3.0.2
# (PyPI): the installed package cannot be imported.
#
# justext asks for `lxml[html_clean]`, lxml names that extra `html-clean`; both spellings are one by the packaging
# standards (PEP 685). A good guess says: pip compares them in their normal form, or refuses. Seen: pip 23.2.1 warns
# that lxml does not provide the extra, leaves lxml_html_clean out, and ends with 0; `import trafilatura` raises
# ImportError. pip 26.3 installs it. Wants python3.11. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
imports() {
  python3.11 -m venv "$folder/$1"
  "$folder/$1/bin/python" -m pip install --quiet --disable-pip-version-check "pip==$1"
  "$folder/$1/bin/python" -m pip install --quiet --disable-pip-version-check trafilatura==2.3.1 lxml==6.1.3 justext==3.0.2 2>/dev/null
  if "$folder/$1/bin/python" -c "import trafilatura" 2>/dev/null; then echo yes; else echo no; fi
}
old=$(imports 23.2.1)
new=$(imports 26.3)
echo "import trafilatura works: installed by pip 23.2.1: $old, by pip 26.3: $new"
[ "$old $new" = "no yes" ] && echo "as found" || { echo "CHANGED"; exit 1; }
