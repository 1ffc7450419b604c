import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from hemlets_ros.benchmark.figures import Figures
from hemlets_ros.benchmark.picture import draw
from hemlets_ros.benchmark.report import markdown, report

_DOCS = Path(__file__).parents[2] / 'docs' / 'bench'
_MACHINE = {'processor': 'Abacus', 'cores': 2, 'load_before': 0.1, 'load_after': 1.9}
_SETTINGS = {'threads': 2, 'rounds': 3, 'runtime': 'torch'}


@pytest.fixture
def figures(figure):
    return Figures([figure('floor', 'matrix product', 50, 50, 50, gflop=5.0),
                    figure('lite', 'torch', 10, 12, 20, gflop=0.6),
                    figure('lite', 'torch x4', 36, 36, 40, people=4, gflop=2.4)])


def test_figures_of_a_run(figures):
    result = report(figures, _MACHINE, _SETTINGS, ['a note'])
    assert json.loads(json.dumps(result)) == result
    _, lite, four = result['contestants']
    assert lite['median_ms'] == pytest.approx(12)
    assert (lite['q1_ms'], lite['q3_ms']) == pytest.approx((11, 16))
    assert lite['ms'] == pytest.approx([10, 12, 20])
    assert lite['gflop_per_s'] == pytest.approx(50)
    assert lite['floor_share'] == pytest.approx(0.5)
    assert four['people_per_s'] == pytest.approx(4 / 0.036)
    assert 'floor_share' not in result['contestants'][0]
    assert [aim['met'] for aim in result['aims']] == [True, True]


def test_the_tables_are_markdown_that_is_aligned(figures):
    text = markdown(report(figures, _MACHINE, _SETTINGS, ['a note']))
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


def test_a_busy_machine_is_told(figures):
    assert 'busy' in markdown(report(figures, _MACHINE | {'load_before': 1.2}, _SETTINGS, []))


def test_the_picture_has_a_row_a_contestant(figures, tmp_path):
    sizes = []
    for kept in (2, 3):
        draw(report(Figures(list(figures)[:kept]), _MACHINE, _SETTINGS, []), tmp_path / 'a.png')
        picture = cv2.imread(str(tmp_path / 'a.png'))
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
        sizes.append(picture.shape[0])
    assert sizes[1] > sizes[0]
