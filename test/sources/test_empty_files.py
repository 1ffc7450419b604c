"""Sources with nothing in them."""

import av
import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import open_source


@pytest.mark.parametrize('name', ['a.mp4', 'a.gif', 'a.png', 'a.mcap', 'a.db3', 'a.bag', 'a'])
def test_an_empty_file_is_called_so(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(SourceError, match=f'/{name} is empty$'):
        open_source(SourceSettings(source=str(tmp_path / name)))


def test_a_recording_of_sound_is_called_so(tmp_path):
    with av.open(str(tmp_path / 'a.mp4'), 'w') as container:
        stream = container.add_stream('aac', rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format='fltp', layout='mono')
        sound.rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(SourceError, match='it has no video stream'):
        open_source(SourceSettings(source=str(tmp_path / 'a.mp4')))
