"""Entry point of `hemlets` and `python -m hemlets_ros`; Ctrl-C is quiet at start and exit, too."""

import signal
import sys


def main() -> int:
    """Runs hemlets_ros.cli.main; returns the exit status."""
    mine = signal.getsignal(signal.SIGINT) == signal.default_int_handler
    if mine:  # nothing is begun while modules are imported: the process may just end
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from hemlets_ros.cli.main import main as command

    try:
        return command()
    finally:
        if mine:  # all is done, and Python ends
            signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == '__main__':
    sys.exit(main())
