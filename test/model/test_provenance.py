"""What the shipped weights were made from, machine-readable."""

import hashlib
import json
from pathlib import Path

import pytest

import hemlets_ros

_WEIGHTS = Path(hemlets_ros.__file__).parent / 'weights'


@pytest.mark.parametrize('name', ['hemlets_lite', 'hemlets_body', 'body_mesh'])
def test_provenance_is_of_the_shipped_file_and_names_a_licence_for_all_that_went_in(name):
    provenance = json.loads((_WEIGHTS / f'{name}.provenance.json').read_text())
    weights = _WEIGHTS / provenance['file']
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == provenance['sha256']
    materials = provenance['materials']
    used = set()
    for step in provenance['steps']:
        for source in step['sources']:
            assert source.get('licence') or source.get('made_of'), source
            used.update(source.get('made_of', []))
    assert used == set(materials)
    assert all(materials.values())
