"""Starts Rasa without what is never used here: TensorFlow costs three seconds and 200 MB at every start.

Call `prepare()` before the first import of Rasa.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import types
import warnings
from typing import Any

# One thread each: turns are short, and idle worker threads spin on the cores that conversations need.
_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "SANIC_WORKERS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}
# Imported by Rasa for its name only; it is what brings TensorFlow in. Loaded when somebody uses it.
_LAZY = "rasa.utils.train_utils"


def prepare(*, lazy: bool = True) -> None:
    """Set the environment of the libraries; keep TensorFlow from being loaded until it is used (training uses it)."""
    os.environ.update(_ENVIRONMENT)
    # TensorFlow's converter takes JAX in where it finds it; nothing here converts models.
    sys.modules.setdefault("jax", None)  # type: ignore[arg-type]
    if lazy and _LAZY not in sys.modules:
        _load_lazily(_LAZY)


def quiet() -> None:
    """Rasa's loggers write what people say: only errors are let through, and nothing to standard output."""
    import structlog

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for noisy in ("rasa", "sanic", "asyncio", "matplotlib", "jax", "apscheduler"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    warnings.filterwarnings("ignore")


class _Later(types.ModuleType):
    """Stands for a module until something of it is used.

    (`importlib.util.LazyLoader` will not do: the import statement itself looks at a module's attributes.)
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        sys.modules.pop(self.__name__, None)
        real = importlib.import_module(self.__name__)
        return getattr(real, name)


def _load_lazily(name: str) -> None:
    parent, _, child = name.rpartition(".")
    module = _Later(name)
    sys.modules[name] = module
    setattr(importlib.import_module(parent), child, module)
