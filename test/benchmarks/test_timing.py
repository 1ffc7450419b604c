from harness.timing import Case, interleaved, repeated


class _Clock:
    """Tells how often something that takes a second was called."""

    def __init__(self):
        self.calls = 0

    def call(self):
        self.calls += 1

    def __call__(self):
        return float(self.calls)


def test_a_turn_lasts_as_long_as_wanted_and_leaves_the_first_call_out():
    clock = _Clock()
    assert repeated(clock.call, clock)(2.5) == 1.0
    assert clock.calls == 1 + 3


def test_a_turn_is_one_call_at_least():
    clock = _Clock()
    assert repeated(clock.call, clock)(0.0) == 1.0
    assert clock.calls == 1 + 1


def test_all_take_turns():
    log = []

    def turn(name, turn_s):
        log.append((name, turn_s))
        return len(log)

    cases = [Case('stage', name, lambda turn_s, name=name: turn(name, turn_s)) for name in 'abcd']
    seconds = interleaved(cases, range(6), 0.5)
    rounds = [log[start:start + 4] for start in range(0, 24, 4)]
    assert all(sorted(each) == [(name, 0.5) for name in 'abcd'] for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1, 'nobody always follows the same one'
    for name, measurements in zip('abcd', seconds, strict=True):
        assert measurements == [1 + index for index, (who, _) in enumerate(log) if who == name]


def test_the_order_is_the_same_in_every_run():
    logs = []
    for _ in range(2):
        logs.append([])
        cases = [Case('stage', name, lambda _, name=name: logs[-1].append(name))
                       for name in 'abcd']
        interleaved(cases, range(3), 0.0)
    assert logs[0] == logs[1]
