import pytest

from hemlets_ros.cli.main import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    return tmp_path / 'hemlets_ros'


def test_lists_what_is_there_with_its_size(folder, capsys):
    (folder / 'detectors').mkdir(parents=True)
    (folder / 'detectors' / 'a.onnx').write_bytes(bytes(2_500_000))
    (folder / 'b.onnx').write_bytes(bytes(1_000_000))
    (folder / '.b.onnx.lock').touch()
    assert main(['cache']) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ['1.0', 'MB', 'b.onnx'], ['2.5', 'MB', 'detectors'], ['3.5', 'MB', 'in', str(folder)]]
    assert (folder / 'b.onnx').exists()


def test_clears_it_and_not_what_links_point_at(folder, tmp_path, capsys):
    folder.mkdir()
    (tmp_path / 'elsewhere').write_text('kept')
    (folder / 'link').symlink_to(tmp_path / 'elsewhere')
    (folder / 'b.onnx').write_bytes(bytes(10))
    assert main(['cache', '--clear']) == 0
    assert capsys.readouterr().out.endswith('cleared\n')
    assert not folder.exists() and (tmp_path / 'elsewhere').read_text() == 'kept'


def test_a_cache_that_is_not_there_is_empty(folder, capsys):
    assert main(['cache', '--clear']) == 0
    assert capsys.readouterr().out.split() == ['0.0', 'MB', 'in', str(folder)]
