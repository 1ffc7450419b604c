from hemlets_ros.tracking.time_jumps import TimeJumpDetector


def test_only_a_stamp_before_the_previous_one_is_a_jump():
    detector = TimeJumpDetector()
    stamps_s = [5.0, 5.1, 5.1, 4.9, 5.0, 0.0]
    assert [detector.went_back(stamp_s) for stamp_s in stamps_s] == [False, False, False, True, False, True]


def test_jitter_is_no_jump_but_time_that_goes_back_for_long_is():
    detector = TimeJumpDetector()
    assert not any(detector.went_back(stamp_s) for stamp_s in (5.0, 4.995, 5.033, 5.028, 5.02, 4.95))
    assert [detector.went_back(stamp_s) for stamp_s in (4.94, 4.90, 4.89)] == [False, True, False]


def test_images_without_stamps_are_no_jumps_and_compare_with_nothing():
    detector = TimeJumpDetector()
    assert [detector.went_back(stamp_s) for stamp_s in (5.0, None, 1.0, None)] == [False] * 4
