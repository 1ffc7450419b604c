import pytest

from hemlets_ros.nodes.traffic import Traffic


class _Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return _Clock()


def test_rates_and_quantiles_are_those_of_the_window(clock):
    traffic = Traffic(window_s=5.0, now=clock)
    for index in range(100):  # ten seconds at 10 Hz, answers to every second one
        clock.now_s += 0.1
        traffic.received()
        if index % 2:
            traffic.sent(work_s=0.001 * index, age_s=1.0)
    figures = traffic.figures()
    assert figures.rate_in_hz == pytest.approx(10, abs=0.3)
    assert figures.rate_out_hz == pytest.approx(5, abs=0.3)
    assert figures.work_s == pytest.approx((0.075, 0.0966), abs=0.002)
    assert figures.age_s == (1.0, 1.0)
    assert len(traffic._in) == pytest.approx(50, abs=1), 'older ones are forgotten'
    clock.now_s += 60
    assert (traffic.figures().rate_in_hz, traffic.figures().work_s) == (0, None)


def test_the_first_second_is_no_fifth_of_a_window(clock):
    traffic = Traffic(window_s=5.0, now=clock)
    for _ in range(10):
        clock.now_s += 0.1
        traffic.received()
    assert traffic.figures().rate_in_hz == pytest.approx(10)


def test_dropped_are_the_numbers_that_are_missing(clock):
    traffic = Traffic(now=clock)
    for publisher, number in ((b'a', 3), (b'a', 4), (b'b', 50), (b'a', 9), (b'b', 51), (b'a', 1), (b'a', 3)):
        traffic.received({'publication_sequence_number': number, 'publisher_gid': {'data': publisher}})
    assert traffic.figures().dropped == 4 + 1  # 5..8 of a; a starts again; 2


def test_what_says_no_number_is_not_counted_as_dropped(clock):
    traffic = Traffic(now=clock)
    traffic.received({'publication_sequence_number': None})
    traffic.received({})
    assert traffic.figures().dropped == 0


def test_memory_is_bounded(clock):
    traffic = Traffic(now=clock)
    for index in range(20_000):
        publisher = {'data': index.to_bytes(4, 'big')}
        traffic.received({'publication_sequence_number': 1, 'publisher_gid': publisher})
        traffic.sent()
    assert len(traffic._in) == len(traffic._out) == 4096
    assert len(traffic._last_number) <= 64
