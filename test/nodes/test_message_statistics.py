import tracemalloc

import pytest

from hemlets_ros.nodes.message_statistics import MessageStatistics


class _Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return _Clock()


def test_rates_and_quantiles_are_those_of_the_window(clock):
    statistics = MessageStatistics(window_s=5.0, now=clock)
    for index in range(100):  # ten seconds at 10 Hz, answers to every second one
        clock.now_s += 0.1
        statistics.received()
        if index % 2:
            statistics.sent(work_s=0.001 * index, age_s=1.0)
    figures = statistics.figures()
    assert figures.rate_in_hz == pytest.approx(10, abs=0.3)
    assert figures.rate_out_hz == pytest.approx(5, abs=0.3)
    assert figures.work_s == pytest.approx((0.075, 0.0966), abs=0.002)
    assert figures.age_s == (1.0, 1.0)
    clock.now_s += 60
    assert (statistics.figures().rate_in_hz, statistics.figures().work_s) == (0, None)


def test_every_message_is_accounted_for(clock):
    statistics = MessageStatistics(now=clock)
    for number in (7, 8, 11, 12):  # two were lost on the way
        statistics.received({'publication_sequence_number': number})
    statistics.sent()
    statistics.sent()
    statistics.replaced()
    statistics.refused()
    figures = statistics.figures()
    assert (figures.received, figures.sent, figures.dropped, figures.refused) == (4, 2, 3, 1)
    assert figures.sent + figures.dropped + figures.refused == 6


def test_the_first_second_is_no_fifth_of_a_window(clock):
    statistics = MessageStatistics(window_s=5.0, now=clock)
    for _ in range(10):
        clock.now_s += 0.1
        statistics.received()
    assert statistics.figures().rate_in_hz == pytest.approx(10)


def test_dropped_are_the_numbers_that_are_missing(clock):
    statistics = MessageStatistics(now=clock)
    for publisher, number in ((b'a', 3), (b'a', 4), (b'b', 50), (b'a', 9), (b'b', 51), (b'a', 1), (b'a', 3)):
        statistics.received({'publication_sequence_number': number, 'publisher_gid': {'data': publisher}})
    assert statistics.figures().dropped == 4 + 1  # 5..8 of a; a starts again; 2


def test_what_says_no_number_is_not_counted_as_dropped(clock):
    statistics = MessageStatistics(now=clock)
    statistics.received({'publication_sequence_number': None})
    statistics.received({})
    assert statistics.figures().dropped == 0


def test_memory_is_bounded(clock):
    statistics = MessageStatistics(now=clock)
    memory = []
    tracemalloc.start()
    for index in range(20_000):
        publisher = {'data': index.to_bytes(4, 'big')}
        statistics.received({'publication_sequence_number': 1, 'publisher_gid': publisher})
        statistics.sent()
        if index in (9_999, 19_999):
            memory.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert memory[1] - memory[0] < 20_000, '10,000 messages more take 2 bytes each at most'
