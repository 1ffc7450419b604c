import pytest

from hemlets_ros.benchmark.figures import Figures, floor_share, times_as_fast, together


def test_median_and_quartiles(figure):
    each = figure('crop', 'x', 5, 1, 2, 100, 3, gflop=0.6)
    assert each.median_s == 0.003
    assert each.quartiles_s == pytest.approx((0.002, 0.005))
    assert each.gflop_per_s == pytest.approx(200)


def test_a_ratio_is_of_times_in_the_same_round(figure):
    # The machine gets slower and slower; of the medians alone, 30 / 4 would be taken.
    fast, slow = figure('lite', 'a', 1, 2, 4, 8, 16), figure('full', 'b', 10, 20, 30, 80, 160)
    assert times_as_fast(fast, slow) == pytest.approx(10)
    assert times_as_fast(slow, fast) == pytest.approx(0.1)


def test_the_share_of_the_floor(figure):
    floor = figure('floor', 'matrix product', 10, 20, 40, gflop=1.0)  # 100, 50, 25 GFLOP/s
    assert floor_share(figure('lite', 'a', 10, 20, 40, gflop=0.5), floor) == pytest.approx(0.5)
    assert floor_share(floor, floor) == pytest.approx(1)


def test_what_follows_each_other_is_added_up_by_round(figure):
    whole = together([figure('crop', 'a', 1, 2, 9, people=4, gflop=1.0),
                      figure('crop', 'b', 9, 2, 1, people=4)], 'both')
    assert whole.seconds == pytest.approx((0.010, 0.004, 0.010))
    assert (whole.contestant.name, whole.contestant.people, whole.contestant.gflop) == ('both', 4, 1.0)


def test_figures_are_found_by_stage_and_name(figure):
    figures = Figures([figure('lite', 'a', 3), figure('lite', 'b', 2), figure('lite', 'b x4', 1, people=4),
                       figure('full', 'b', 9)])
    assert figures.get('lite', 'b').median_s == 0.002
    assert figures.get('lite', 'c') is None
    assert [each.contestant.name for each in figures.stage('lite')] == ['a', 'b', 'b x4']
    assert figures.fastest('lite', 1).contestant.name == 'b'
    assert figures.fastest('pose', 1) is None
