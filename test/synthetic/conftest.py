"""What the tests that render need, or why they cannot run here."""

import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.synthetic import assets


@pytest.fixture(scope='session')
def asset_folder():
    folder = assets.cached_assets()
    if folder is None:
        pytest.skip('no MakeHuman assets in the cache: run `hemlets synth` once')
    return folder


@pytest.fixture(scope='session')
def body():
    pytest.importorskip('anny', reason="the body model is missing: pip install 'hemlets-ros[synth]'")
    from hemlets_ros.synthetic.body import BodyModel

    return BodyModel()


@pytest.fixture(scope='session')
def wardrobe(asset_folder, body):
    from hemlets_ros.synthetic.character import Wardrobe

    return Wardrobe(asset_folder, body)


@pytest.fixture(scope='session')
def renderer():
    pytest.importorskip('moderngl', reason="the renderer is missing: pip install 'hemlets-ros[synth]'")
    from hemlets_ros.synthetic.renderer import Renderer

    try:
        return Renderer(320)
    except SourceError as error:
        pytest.skip(str(error))


@pytest.fixture(scope='session')
def studio(asset_folder, renderer, body):
    from hemlets_ros.synthetic.scene import Studio

    return Studio(asset_folder, seed=3)
