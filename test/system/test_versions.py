import os
from importlib import metadata

import pytest

from hemlets_ros.system.versions import version, versions


@pytest.fixture
def not_installed(monkeypatch):
    installed = metadata.version

    def without_us(name):
        if name == 'hemlets-ros':
            raise metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(metadata, 'version', without_us)


def test_version_by_pip(monkeypatch):
    monkeypatch.setattr(metadata, 'version', lambda name: f'{name} 1.2.3')
    assert version() == 'hemlets-ros 1.2.3'


def test_version_by_colcon(not_installed, monkeypatch, tmp_path):
    manifest = tmp_path / 'second/share/hemlets_ros/package.xml'
    manifest.parent.mkdir(parents=True)
    manifest.write_text('<package><name>hemlets_ros</name><version>4.5.6</version></package>')
    prefixes = [str(tmp_path / 'first'), str(tmp_path / 'second')]
    monkeypatch.setenv('AMENT_PREFIX_PATH', os.pathsep.join(prefixes))
    assert version() == '4.5.6'


def test_version_of_a_bare_checkout_is_unknown(not_installed, monkeypatch):
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
    assert version() == 'unknown'


def test_versions_of_what_decides_results():
    found = versions()
    assert set(found) == {'hemlets_ros', 'numpy', 'onnxruntime', 'opencv-python', 'torch',
                          'torchvision', 'ultralytics'}
    assert found['numpy'] == metadata.version('numpy')
    assert found['onnxruntime'] == metadata.version('onnxruntime')
    assert found['hemlets_ros'] == version()


def test_a_missing_package_is_unknown(monkeypatch):
    def nothing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, 'version', nothing)
    assert versions()['ultralytics'] == 'unknown'
