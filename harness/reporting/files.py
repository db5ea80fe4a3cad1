"""Where reports go."""

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
# In a clone its own folder; where the package is installed, one in the working folder.
REPORTS = _ROOT / "reports" if (_ROOT / "noxfile.py").is_file() else Path("reports")
