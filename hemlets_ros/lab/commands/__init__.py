"""The commands of the lab, one per file; hemlets_ros.cli.main loads them by name."""
