import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness.chart import draw
from harness.measurements import Measurements
from harness.report import markdown, report

_DOCS = Path(__file__).parents[2] / 'docs' / 'bench'
_MACHINE = {'processor': 'Abacus', 'cores': 2, 'load_before': 0.1, 'load_after': 1.9}
_SETTINGS = {'threads': 2, 'rounds': 3, 'backend': 'torch'}


@pytest.fixture
def measurements(measurement):
    return Measurements([measurement('reference', 'matrix product', 50, 50, 50, gflop=5.0),
                    measurement('lite', 'torch', 10, 12, 20, gflop=0.6),
                    measurement('lite', 'torch x4', 36, 36, 40, people=4, gflop=2.4)])


def test_figures_of_a_run(measurements):
    result = report(measurements, _MACHINE, _SETTINGS, ['a note'])
    assert json.loads(json.dumps(result)) == result
    _, lite, four = result['cases']
    assert lite['median_ms'] == pytest.approx(12)
    assert (lite['q1_ms'], lite['q3_ms']) == pytest.approx((11, 16))
    assert lite['ms'] == pytest.approx([10, 12, 20])
    assert lite['gflop_per_s'] == pytest.approx(50)
    assert lite['matrix_product_ratio'] == pytest.approx(0.5)
    assert four['people_per_s'] == pytest.approx(4 / 0.036)
    assert 'matrix_product_ratio' not in result['cases'][0]
    assert [target['met'] for target in result['targets']] == [True, True]


def test_the_tables_are_markdown_that_is_aligned(measurements):
    text = markdown(report(measurements, _MACHINE, _SETTINGS, ['a note']))
    tables = [block.splitlines() for block in text.split('\n\n') if block.startswith('|')]
    assert [len(table) for table in tables] == [2 + 3, 2 + 1, 2 + 2]
    for table in tables:
        assert len({len(line) for line in table}) == 1
        assert len({line.count('|') for line in table}) == 1
    cells = [cell.strip() for cell in tables[0][4].strip('|').split('|')]
    assert cells == ['lite', 'torch x4', '36.0', '36.0 - 38.0', '27.8', '111', '2.40', '67', '67%']
    assert '- a note' in text
    assert 'busy' not in text


def test_the_tables_in_docs_are_made_of_the_figures_there():
    assert (_DOCS / 'bench.md').read_text() == markdown(json.loads((_DOCS / 'bench.json').read_text()))


def test_a_busy_machine_is_told(measurements):
    assert 'busy' in markdown(report(measurements, _MACHINE | {'load_before': 1.2}, _SETTINGS, []))


def test_the_picture_has_a_row_a_contestant(measurements, tmp_path):
    sizes = []
    for kept in (2, 3):
        draw(report(Measurements(list(measurements)[:kept]), _MACHINE, _SETTINGS, []), tmp_path / 'a.png')
        picture = cv2.imread(str(tmp_path / 'a.png'))
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
        sizes.append(picture.shape[0])
    assert sizes[1] > sizes[0]
