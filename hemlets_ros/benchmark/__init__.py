"""How fast everything is: contestants that take turns in one run, their figures, and the project's aims."""
