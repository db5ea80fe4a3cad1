#!/usr/bin/env bash
# Installs what gradproof needs, once, when the image of the autograder is built. For Ubuntu and Debian images.
# https://gradescope-autograders.readthedocs.io/en/latest/specs/
set -euo pipefail
source_folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export DEBIAN_FRONTEND=noninteractive

# gradproof needs Python 3.11. The system's python3 stays as it is: Gradescope's own programs run on it.
if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  python=python3
  packages=(python3-venv)
else
  python=python3.11
  packages=(python3.11 python3.11-venv)
fi
apt-get update
apt-get install -y "${packages[@]}" bubblewrap

"$python" -m venv "$source_folder/venv"
pip=("$source_folder/venv/bin/python" -m pip install --no-cache-dir)
# The versions with which the assignment was made; if one is not there for this Python, any that gradproof may have.
"${pip[@]}" -r "$source_folder/requirements.txt" || "${pip[@]}" -r "$source_folder/ranges.txt"
"$source_folder/venv/bin/python" -m compileall -q "$source_folder/gradproof"
