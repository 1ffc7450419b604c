"""Options made from settings classes."""

from dataclasses import dataclass

import pytest

from hemlets_ros.cli.arguments import add_settings, settings_of
from hemlets_ros.cli.parser import Parser
from hemlets_ros.settings import Settings, parameter


@dataclass(frozen=True)
class Example(Settings):
    """An example."""

    image_rate_hz: float = parameter(30.0, 'images per second, 100 % of them', formerly='frequency_hz')
    backend: str = parameter('auto', 'what runs it', choices=('auto', 'torch'), formerly='runtime')
    keypoint_prior: bool = parameter(True, 'use keypoints', formerly='prior')
    name: str = parameter('', 'a name')


def parse(*arguments, **kind):
    parser = Parser()
    add_settings(parser, Example, **kind)
    return settings_of(parser.parse_args(arguments), Example)


def test_defaults_are_those_of_the_settings():
    assert parse() == {'image_rate_hz': 30.0, 'backend': 'auto', 'keypoint_prior': True, 'name': ''}


def test_only_what_was_given():
    assert parse('--name', 'a', only_given=True) == {'name': 'a'}
    assert parse('--prior', only_given=True) == {'keypoint_prior': True}


def test_without_a_parameter():
    assert 'name' not in parse(without=('name',))


@pytest.mark.parametrize(('arguments', 'name', 'value'), [
    (['--image-rate-hz', '5'], 'image_rate_hz', 5.0), (['--image_rate_hz=5'], 'image_rate_hz', 5.0),
    (['--backend', 'torch'], 'backend', 'torch'), (['--no-keypoint-prior'], 'keypoint_prior', False),
    (['--no-keypoint_prior'], 'keypoint_prior', False)])
def test_dashes_and_underscores(arguments, name, value, caplog):
    assert parse(*arguments)[name] == value
    assert not caplog.records


@pytest.mark.parametrize('arguments', [
    ['convert', 'a', 'b', '--half', '--name', 'c'], ['convert', '--half', 'a', '--name', 'c', 'b'],
    ['--half', 'convert', 'a', '--name=c', 'b'], ['--name', 'c', '--half', 'convert', 'a', 'b']])
def test_options_may_stand_between_files(arguments):
    parser = Parser()
    command = parser.add_subparsers(dest='command').add_parser('weights')
    command.add_argument('action', nargs='?', default='info')
    command.add_argument('files', nargs='*', default=[])
    command.add_argument('--half', action='store_true')
    add_settings(command, Example)
    options = parser.parse_args(['weights', *arguments])
    assert (options.action, options.files, options.half, options.name) == ('convert', ['a', 'b'], True, 'c')


def test_what_follows_a_lone_double_dash_is_a_file(capsys):
    parser = Parser()
    parser.add_argument('files', nargs='*')
    parser.add_argument('--half', action='store_true')
    assert parser.parse_args(['--half', '--', '--odd', 'b']).files == ['--odd', 'b']
    with pytest.raises(SystemExit):
        parser.parse_args(['a', '--wrong', 'b'])
    assert 'unrecognized arguments: --wrong' in capsys.readouterr().err


@pytest.mark.parametrize(('arguments', 'name', 'value', 'today'), [
    (['--frequency-hz', '5'], 'image_rate_hz', 5.0, '--image-rate-hz'),
    (['--frequency_hz', '5'], 'image_rate_hz', 5.0, '--image-rate-hz'),
    (['--runtime', 'torch'], 'backend', 'torch', '--backend'),
    (['--prior'], 'keypoint_prior', True, '--keypoint-prior'),
    (['--no-prior'], 'keypoint_prior', False, '--no-keypoint-prior')])
def test_former_names_work_with_a_warning(arguments, name, value, today, caplog):
    assert parse(*arguments)[name] == value
    warning, = (record.getMessage() for record in caplog.records)
    assert warning == (f'option {arguments[0].replace("_", "-")} is now called {today}; '
                       'the old name will be removed in version 0.3')


def test_former_names_refuse_what_todays_refuse(capsys):
    for arguments in (['--runtime', 'abacus'], ['--frequency-hz', 'often']):
        with pytest.raises(SystemExit):
            parse(*arguments)
        assert f'argument {arguments[0]}' in capsys.readouterr().err


def test_help_names_todays_options_only(capsys):
    with pytest.raises(SystemExit):
        parse('--help')
    text = capsys.readouterr().out
    assert '--backend' in text and '100 % of them' in text
    assert 'runtime' not in text and 'frequency' not in text


def test_help_shows_no_empty_defaults(capsys):
    parser = Parser()
    add_settings(parser, Example)
    parser.add_argument('--flag', action='store_true', help='a flag')
    parser.add_argument('--times', help='how often (default: as often as needed)', default=3)
    with pytest.raises(SystemExit):
        parser.parse_args(['--help'])
    text = capsys.readouterr().out
    assert text.count('(default: ') == 4
    assert '(default: 30.0)' in text and '(default: )' not in text
    assert '(default: as often as needed)' in text and '(default: 3)' not in text
