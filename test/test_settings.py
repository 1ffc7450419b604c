import dataclasses
import math

import pytest

from hemlets_ros import settings
from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import (
    CameraSettings,
    DetectorSettings,
    PoseSettings,
    TrackingSettings,
    with_todays_names,
)
from hemlets_ros.skeleton import PRIOR_HEIGHT_M

GROUPS = [group for group in vars(settings).values() if isinstance(group, type)
          and issubclass(group, settings.Settings) and group is not settings.Settings]
FIELDS = [pytest.param(field, id=f'{group.__name__}.{field.name}')
          for group in GROUPS for field in dataclasses.fields(group)]


@pytest.mark.parametrize('field', FIELDS)
def test_every_parameter_has_a_description_and_a_valid_default(field):
    assert field.metadata['description'].strip()
    settings.check(field, field.default)
    assert type(field.default) in (bool, int, float, str)


@pytest.mark.parametrize('field', FIELDS)
def test_every_limit_is_enforced_just_outside(field):
    for limit, beyond in (('minimum', -1), ('maximum', 1)):
        value = field.metadata[limit]
        if value is not None:
            wanted = type(field.default)
            settings.check(field, wanted(value))
            with pytest.raises(SettingsError, match=field.name):
                settings.check(field, wanted(value + beyond))


@pytest.mark.parametrize('field', FIELDS)
def test_every_parameter_refuses_other_types(field):
    for value in (None, [], b'x', 'x' if not isinstance(field.default, str) else 1):
        with pytest.raises(SettingsError, match=field.name):
            settings.check(field, value)


def test_names_are_unique_in_a_node():
    for groups in (settings.PIPELINE_SETTINGS, *settings.NODE_SETTINGS.values()):
        names = [field.name for group in groups for field in dataclasses.fields(group)]
        assert len(names) == len(set(names))


@pytest.mark.parametrize('group, values', [
    (DetectorSettings, {'score_threshold': 'high'}),
    (DetectorSettings, {'score_threshold': True}),
    (DetectorSettings, {'score_threshold': 1.01}),
    (DetectorSettings, {'score_threshold': math.nan}),
    (DetectorSettings, {'max_persons': 2.0}),
    (DetectorSettings, {'max_persons': True}),
    (DetectorSettings, {'max_persons': 0}),
    (DetectorSettings, {'detector_backend': 'tpu'}),
    (CameraSettings, {'assumed_fov_deg': 180.0}),
    (PoseSettings, {'variant': 'huge'}),
    (PoseSettings, {'flip': 1}),
    (TrackingSettings, {'tracking_memory_s': -0.1}),
])
def test_a_bad_value_is_refused_by_name(group, values):
    (name, value), = values.items()
    with pytest.raises(SettingsError) as caught:
        group(**values)
    assert name in str(caught.value) and repr(value) in str(caught.value)


def test_the_choices_are_named_in_the_refusal():
    with pytest.raises(SettingsError, match='auto, full, lite'):
        PoseSettings(variant='huge')


def test_a_long_value_is_not_said_whole():
    for values in ({'variant': 'x' * 100_000}, {'weights': [0.5] * 100_000}):
        with pytest.raises(SettingsError) as caught:
            PoseSettings(**values)
        assert len(str(caught.value)) < 250 and str(caught.value).endswith('...')


def test_old_names_are_todays_with_a_warning(caplog):
    values = with_todays_names({"runtime": "torch", "flip": True}, PoseSettings)
    assert values == {"backend": "torch", "flip": True}
    assert 'parameter runtime is now called backend' in caplog.text
    with pytest.raises(SettingsError, match='runtime is the old name of backend: give backend only'):
        with_todays_names({'runtime': 'torch', 'backend': 'torch'}, PoseSettings)


def test_a_whole_number_may_stand_for_a_float():
    assert CameraSettings(assumed_fov_deg=90).assumed_fov_deg == 90.0


def test_limits_are_inclusive():
    assert DetectorSettings(score_threshold=0.0, max_persons=1).score_threshold == 0.0
    assert DetectorSettings(score_threshold=1.0).score_threshold == 1.0


def test_picked_from_takes_its_own_values_and_defaults_for_none():
    picked = PoseSettings.picked_from({'variant': 'full', 'weights': None, 'max_persons': 3})
    assert picked == PoseSettings(variant='full')


def test_settings_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        PoseSettings().flip = True


def test_people_are_as_tall_as_their_mean_bones_say():
    # No import in settings: `hemlets --help` needs no NumPy.
    assert PoseSettings().person_height_m == PRIOR_HEIGHT_M
