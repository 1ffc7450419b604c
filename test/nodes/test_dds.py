"""Every message of the package, through real DDS to another process and back."""

import random
import subprocess
import sys
from array import array
from pathlib import Path

import numpy as np
import pytest

import hemlets_ros.msg
from hemlets_ros.nodes.qos import RESULTS

_NAMES = sorted(path.stem for path in (Path(__file__).parents[2] / 'msg').glob('*.msg'))


@pytest.fixture(scope='module')
def republisher():
    script = Path(__file__).with_name('republisher.py')
    with subprocess.Popen([sys.executable, str(script), *_NAMES]) as process:
        yield process
        process.terminate()


def _fill(message, chance):
    """Random values in every field, by type."""
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        if isinstance(value, bool):
            value = True
        elif isinstance(value, int):
            value = chance.randrange(100)
        elif isinstance(value, float):
            value = float(np.float32(chance.random()))
        elif isinstance(value, str):
            value = f'{name} {chance.random()} \u00fc'
        elif isinstance(value, np.ndarray):
            value = np.array([chance.random() for _ in value], value.dtype)
        elif isinstance(value, array):
            value = array(value.typecode, [chance.randrange(100) for _ in range(5)])
        elif isinstance(value, list):
            element = _element(kind)
            value = [_fill(element(), chance) for _ in range(len(value) or 2)]
        else:
            value = _fill(value, chance)
        setattr(message, name, value)
    return message


def _element(kind):
    """The class of a sequence's or array's elements: 'sequence<hemlets_ros/PersonBox>', 'a/B[18]'."""
    package, name = kind.removeprefix('sequence<').split('>')[0].split(',')[0].split('[')[0].split('/')
    return getattr(__import__(f'{package}.msg', fromlist=['msg']), name)


@pytest.mark.parametrize('name', _NAMES)
def test_message_survives(name, node, spin_until, republisher):
    kind = getattr(hemlets_ros.msg, name)
    sent, heard = _fill(kind(), random.Random(name)), []
    publisher = node.create_publisher(kind, f'there/{name}', RESULTS)
    node.create_subscription(kind, f'back/{name}', heard.append, RESULTS)
    spin_until(lambda: publisher.get_subscription_count() and node.count_publishers(f'back/{name}'))
    publisher.publish(sent)

    def came_back():
        assert republisher.poll() is None
        if not heard:
            publisher.publish(sent)  # the way back may be matched a moment later than seen
        return heard
    spin_until(came_back)
    assert heard[0] == sent
    assert sent != kind(), 'an empty message would prove nothing'
