"""Exceptions of this package, with one base class. Messages say what is wrong, where, and what to do."""


class HemletsError(Exception):
    """Base class of the errors that this package raises; the command line prints them as one line."""


class SettingsError(HemletsError):
    """A parameter has an invalid value."""


class SourceError(HemletsError):
    """Images cannot be read: missing, empty or corrupt."""


class WeightsError(HemletsError):
    """A weights file is missing, damaged, unsafe or belongs to another network."""


class DetectorError(HemletsError):
    """A person detector cannot be set up."""


class InputError(HemletsError):
    """Input data of the pipeline has a wrong shape, type or value."""


class OutputError(HemletsError):
    """A result cannot be written to the requested path."""
