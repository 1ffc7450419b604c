from hemlets_ros.system.extras import how_to_install


def test_the_command_installs_from_the_repository_and_not_from_a_registry():
    assert how_to_install('train') == \
        'python -m pip install ".[train]" in the folder of the hemlets_ros repository'
