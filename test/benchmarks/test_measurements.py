import pytest
from harness.measurements import Measurements, matrix_product_ratio, times_as_fast, together


def test_median_and_quartiles(measurement):
    each = measurement('crop', 'x', 5, 1, 2, 100, 3, gflop=0.6)
    assert each.median_s == 0.003
    assert each.quartiles_s == pytest.approx((0.002, 0.005))
    assert each.gflop_per_s == pytest.approx(200)


def test_a_ratio_is_of_times_in_the_same_round(measurement):
    # The machine gets slower and slower; of the medians alone, 30 / 4 would be taken.
    fast, slow = measurement('lite', 'a', 1, 2, 4, 8, 16), measurement('full', 'b', 10, 20, 30, 80, 160)
    assert times_as_fast(fast, slow) == pytest.approx(10)
    assert times_as_fast(slow, fast) == pytest.approx(0.1)


def test_the_rate_relative_to_the_matrix_product(measurement):
    reference = measurement('reference', 'matrix product', 10, 20, 40, gflop=1.0)  # 100, 50, 25 GFLOP/s
    lite = measurement('lite', 'a', 10, 20, 40, gflop=0.5)
    assert matrix_product_ratio(lite, reference) == pytest.approx(0.5)
    assert matrix_product_ratio(reference, reference) == pytest.approx(1)


def test_what_follows_each_other_is_added_up_by_round(measurement):
    whole = together([measurement('crop', 'a', 1, 2, 9, people=4, gflop=1.0),
                      measurement('crop', 'b', 9, 2, 1, people=4)], 'both')
    assert whole.seconds == pytest.approx((0.010, 0.004, 0.010))
    assert (whole.case.name, whole.case.people, whole.case.gflop) == ('both', 4, 1.0)


def test_figures_are_found_by_stage_and_name(measurement):
    measurements = Measurements([
        measurement('lite', 'a', 3), measurement('lite', 'b', 2),
        measurement('lite', 'b x4', 1, people=4), measurement('full', 'b', 9)])
    assert measurements.get('lite', 'b').median_s == 0.002
    assert measurements.get('lite', 'c') is None
    assert [each.case.name for each in measurements.stage('lite')] == ['a', 'b', 'b x4']
    assert measurements.fastest('lite', 1).case.name == 'b'
    assert measurements.fastest('pose', 1) is None
