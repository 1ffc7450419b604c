"""The commands of the lab, a file each; hemlets_ros.cli.main loads them by name."""
