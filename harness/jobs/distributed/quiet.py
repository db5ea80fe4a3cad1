"""Dask tells its story on the terminal, which belongs to the command."""

from __future__ import annotations

import logging
import warnings

SILENT = logging.CRITICAL + 1
LOGGERS = ("distributed", "distributed.client", "tornado", "tornado.application", "bokeh", "asyncio")
# For worker processes, before they import anything of Dask.
ENVIRONMENT = {f"DASK_LOGGING__{name.upper()}": "critical" for name in ("distributed", "tornado", "bokeh")}


def silence() -> None:
    """No more lines and warnings of Dask and of what it is built on; what matters is said by this package."""
    for name in {*LOGGERS, *(one for one in logging.root.manager.loggerDict if one.startswith("distributed."))}:
        logging.getLogger(name).setLevel(SILENT)
    warnings.filterwarnings("ignore", module=r"(distributed|dask)\b")
