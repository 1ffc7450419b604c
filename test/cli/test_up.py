import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.nodes.graphs import GRAPHS


@pytest.mark.parametrize('name', GRAPHS)
def test_arguments_are_shown(name, capsys):
    assert main(['up', name, '--show-args']) == 0
    said = capsys.readouterr().out
    assert said.startswith(f'{name}: ')
    assert "  weights:=''\n      network weights: our .safetensors" in said


@pytest.mark.parametrize(('arguments', 'message'), [
    (['vidoe'], "no graph 'vidoe'; there are webcam, retarget, pose, video, bag"),
    (['video', 'source=a.mp4'], "expected NAME:=VALUE, got 'source=a.mp4'"),
    (['video', ':=a.mp4'], "expected NAME:=VALUE, got ':=a.mp4'"),
    (['video', 'json:=a.json'], 'video needs source'),
    (['webcam', 'max_persons:=many'], "max_persons must be int, not 'many'")])
def test_bad_arguments_are_one_line_and_exit_status_1(arguments, message, capsys):
    assert main(['up', *arguments]) == 1
    assert message in capsys.readouterr().err
