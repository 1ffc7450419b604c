"""A person's body as a chain of links and joints."""
