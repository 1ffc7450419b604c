"""How fast everything is: contestants that take turns in one run, their figures, and the project's aims."""

#: In an image, and as crops at once.
PEOPLE_AT_MOST = 8
