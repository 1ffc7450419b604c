from pathlib import Path

import pytest

from hemlets_ros.errors import SettingsError
from hemlets_ros.lab.datasets.h36m_cameras import camera_of
from hemlets_ros.lab.training.recipe import make_recipe, read_recipe

_RECIPES = sorted((Path(__file__).parents[3] / 'config').glob('train_*.yaml'))


@pytest.mark.parametrize('path', _RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_are_valid(path):
    values = read_recipe(path)
    recipe = make_recipe({'dataset_path': 'x', **values}).as_dict()
    assert all(recipe[name] == value for name, value in values.items())


def test_the_shipped_recipes_are_there():
    names = {path.stem.removeprefix('train_') for path in _RECIPES}
    assert names >= {'h36m', 'mixed', 'synthetic', 'lifter', 'lite', 'overfit'}


def test_shipped_recipes_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_recipe('lifter')['task'] == 'lifter'
    with pytest.raises(SettingsError, match=r'cannot read the recipe .*train_nothing\.yaml'):
        read_recipe('nothing')


def test_people_who_validate_are_named_as_the_data_set_names_them():
    path, = (path for path in _RECIPES if path.stem == 'train_h36m')
    for subject in read_recipe(path)['validation_subjects'].split(','):
        camera_of(subject, '54138969')  # raises for a subject that there is not


def test_whole_numbers_are_taken_for_floats():
    assert make_recipe({'lr': 1, 'rotation_deg': 0}).as_dict()['lr'] == 1.0


@pytest.mark.parametrize(('values', 'message'), [
    ({'learning': 1}, 'unknown recipe parameter learning'), ({'epochs': 0}, 'epochs'),
    ({'variant': 'huge'}, 'variant'), ({'lr': 'fast'}, 'lr must be float')])
def test_bad_values_are_named(values, message):
    with pytest.raises(SettingsError, match=message):
        make_recipe(values)


def test_files_that_are_no_recipes(tmp_path):
    path = tmp_path / 'recipe.yaml'
    for text in ('- a\n- b\n', 'a: [1\n'):
        path.write_text(text)
        with pytest.raises(SettingsError, match=r'recipe\.yaml'):
            read_recipe(path)
    with pytest.raises(SettingsError, match='cannot read the recipe'):
        read_recipe(tmp_path / 'gone.yaml')
