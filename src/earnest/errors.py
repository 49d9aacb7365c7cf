"""The one tree of errors: each message holds what was expected, what came, and what to do."""


class EarnestError(Exception):
    """Base of every error that earnest raises on purpose; the command line prints it as one line and exits with 2."""


class AudioError(EarnestError):
    """A recording cannot be read, is empty, or is too long for the model."""


class CalibrationError(EarnestError):
    """Ranges cannot be chosen: a value saw no data, or its data are not finite."""


class CaptureError(EarnestError):
    """A float model cannot be captured as a graph of known operators."""


class CheckpointError(EarnestError):
    """A float checkpoint is missing, incomplete, or of a kind that is not read."""


class DataError(EarnestError):
    """A corpus breaks its layout: a missing transcript, an unreadable file, an unknown split."""


class EngineError(EarnestError):
    """The native engine cannot run a program: an instruction set or a number of threads that there is not."""


class ExactnessError(EarnestError):
    """A sum cannot be proved to stay within the width that holds it exactly."""


class ExperimentError(EarnestError):
    """An experiment's file is not valid, or its work folder cannot be used."""


class FileError(EarnestError):
    """A program file is corrupt, hostile, or of a format that this version does not read."""


class LedgerError(EarnestError):
    """The ledger of results holds a row that cannot be read, or a table that differs from it."""


class NumericsError(EarnestError):
    """A real number has no integer form within the law: a multiplier, table or grid out of range."""


class ProgramError(EarnestError):
    """An integer program is refused by the verifier."""


class RecipeError(EarnestError):
    """A recipe is not valid, or one of its rules matches nothing."""


class SwapError(EarnestError):
    """An operator of the captured graph has no twin."""


class TargetError(EarnestError):
    """A width or an operator is asked for that the target does not allow."""


class TrainingError(EarnestError):
    """A training run's file is not valid, its work folder cannot be used, or its loss is no longer finite."""
