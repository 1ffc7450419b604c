"""Fixtures for tests of commands."""

import socket

import pytest


@pytest.fixture
def unused_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]
