"""Other packages that find people, each in a Python of its own, and how fast they are beside this one."""
