"""Exceptions of this package, with one root; messages say what is wrong, where, and what to do."""


class HemletsError(Exception):
    """Root of all errors that this package raises on purpose; the command line prints it in one line."""


class SettingsError(HemletsError):
    """A parameter has a value that it may not have."""


class SourceError(HemletsError):
    """Images cannot be read: missing, empty or corrupt."""


class WeightsError(HemletsError):
    """A weights file is missing, damaged, unsafe or of another network."""


class DetectorError(HemletsError):
    """A person detector cannot be set up."""


class InputError(HemletsError):
    """Data handed to the pipeline has a wrong shape, type or value."""


class OutputError(HemletsError):
    """A result cannot be written where it was asked for."""
