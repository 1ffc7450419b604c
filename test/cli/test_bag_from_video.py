"""`hemlets bag-from-video` with options that no bag can have."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from hemlets_ros.cli.main import main


@pytest.fixture
def photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cv2.imwrite('a.png', np.zeros((2, 3, 3), np.uint8))
    return 'a.png'


@pytest.mark.parametrize(('options', 'message'), [
    (['--start-s', '-5'], 'a stamp must be from 0 to 2147483648 s, not -5 s'),
    (['--start-s', '1e10'], 'a stamp must be from 0 to 2147483648 s, not 1e+10 s'),
    (['--topic', 'bad topic!'], "--topic: Invalid topic name: topic name must not contain characters"),
    (['--topic', ''], '--topic: Invalid topic name'), (['--topic', '/a\nb'], '--topic: Invalid topic name'),
    (['--topic', '/1/2'], '--topic: Invalid topic name'), (['--topic', '/\udcff'], 'must be text in UTF-8'),
    (['--frame-id', '\udcff'], '--frame-id and --topic must be text in UTF-8'),
    (['--calibration', 'a.png'], 'a.png is not a camera calibration'),
    (['--calibration', '.'], '. cannot be read as a camera calibration: it is a folder'),
    (['--calibration', 'gone.yaml'], 'gone.yaml cannot be read as a camera calibration: No such file'),
    (['--as-video', 'nan'], 'as_video must be between')])
def test_what_no_bag_can_have_is_refused_in_one_line(photo, tmp_path, capsys, options, message):
    assert main(['bag-from-video', photo, 'out.mcap', *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith('hemlets: ') and message in error and error.count('\n') == 1
    assert [path.name for path in tmp_path.iterdir()] == ['a.png']


@pytest.mark.parametrize(('arguments', 'message'), [
    (['a.png', ''], 'is empty: name the file to write'),
    (['a.png', 'out.mcap', '--start-s', 'nan'], 'must be a finite number, not nan'),
    (['a.png', 'out.mcap', '--start-s', '1e999'], 'must be a finite number, not 1e999')])
def test_what_cannot_be_meant_is_a_wrong_option(photo, capsys, arguments, message):
    with pytest.raises(SystemExit) as ended:
        main(['bag-from-video', *arguments])
    error = capsys.readouterr().err
    assert ended.value.code == 2 and message in error and error.count('\n') == 1


def test_the_first_and_the_last_stamp_that_there_are(photo):
    for start, stamp_ns in (('0', 0), ('2147483647', 2147483647 * 10 ** 9)):
        assert main(['bag-from-video', photo, f'{start}.mcap', '--start-s', start, '--frame-id', '']) == 0
        with AnyReader([Path(f'{start}.mcap')]) as reader:
            assert {stamp for _, stamp, _ in reader.messages()} == {stamp_ns}
