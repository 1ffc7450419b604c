"""From people to robots: joint positions of a humanoid that does what a person does. Commands no robot."""
