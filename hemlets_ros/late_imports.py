"""Importing a library without what it does besides: slow modules for a rare case, settings for all."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any


class _StandIn(ModuleType):
    """Has stand-ins for some functions of a module; asked for anything else, it makes way for the module."""

    def __init__(self, name: str, functions: tuple[str, ...]) -> None:
        super().__init__(name)
        for function in functions:
            setattr(self, function, self._late(function))

    def _late(self, function: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return getattr(importlib.import_module(self.__name__), function)(*args, **kwargs)
        return call

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):
            raise AttributeError(name)
        _leave(self)
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def late(name: str, *functions: str) -> Iterator[None]:
    """What is imported inside gets these functions of the module without the module: a call imports it."""
    if name in sys.modules:  # nothing to gain
        yield
        return
    stand_in = sys.modules[name] = _StandIn(name, functions)
    try:
        yield
    finally:
        _leave(stand_in)


def _leave(stand_in: ModuleType) -> None:
    """The next import of the module is a real one."""
    if sys.modules.get(stand_in.__name__) is stand_in:
        del sys.modules[stand_in.__name__]


def without_compiler() -> AbstractContextManager[None]:
    """For importing torchvision: TorchDynamo takes as long as all of torch, and serves one operator of it."""
    return late('torch._dynamo.utils', 'is_compile_supported')


@contextmanager
def leaving(*variables: str) -> Iterator[None]:
    """What is done or imported inside does not change these environment variables for what comes after."""
    before = {name: os.environ.get(name) for name in variables}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
