"""Rows of a damaged .db3 file; whole files and truncated ones are in test_bag_source.py."""

import sqlite3

from hemlets_ros.sources.db3_salvage import _whole_rows


class Damaged:
    """A table of 5 rows whose third cannot be read in order, and whose last number is damaged."""

    def execute(self, query, arguments=()):
        if 'ORDER BY' in query:
            return self.in_order()
        if 'max(rowid)' in query:
            return [(10 ** 15,)]
        number, = arguments
        return Rows([(number, b'cdr')] if number <= 5 and number != 3 else [])

    @staticmethod
    def in_order():
        yield 1, 1, b'cdr'
        yield 2, 2, b'cdr'
        raise sqlite3.DatabaseError('database disk image is malformed')


class Rows(list):

    def fetchall(self):
        return self


def test_a_damaged_number_of_the_last_row_takes_no_time():
    assert [number for number, _ in _whole_rows(Damaged(), 'messages')] == [1, 2, 4, 5]
