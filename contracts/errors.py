"""What can go wrong, in sentences for the person who has to act on them.

Every message says what is wrong and what to do next. Whether trying again can help is the type:
`TransientError` or `PermanentError`.
"""


class OcrError(Exception):
    """Base of every error whose text may be shown to a user as it is."""


class PermanentError(OcrError):
    """Trying again gives the same outcome."""


class TransientError(OcrError):
    """Trying again may help."""


class InvalidOption(PermanentError):
    """A language, dpi, page range or header that cannot be used."""


class LanguageUnavailable(InvalidOption):
    """A language that could be read, but whose model is not here: on this node, or on any."""


class PasswordRefused(InvalidOption):
    """A password where none can be taken, because it could not be kept secret."""


class JobIdTaken(PermanentError):
    """The job id that was asked for is that of another document's job."""


class JobUnknown(PermanentError):
    """There is no job of this id, or it was deleted or has expired."""


class JobStateConflict(PermanentError):
    """What was asked for cannot be done to the job as it is: it has ended, or it has not."""


class DocumentRejected(PermanentError):
    """The document as a whole cannot be read: empty, damaged, encrypted, not a document."""


class DocumentLocked(DocumentRejected):
    """An encrypted document that came without its password, or with another one."""


class PageUnreadable(PermanentError):
    """One page cannot be rendered or decoded; the others are not concerned."""


class ChildRaised(TransientError):
    """The work in a child process raised something unforeseen; a fresh attempt may succeed."""


class ChildCrashed(TransientError):
    """A child process died while it held a piece of work."""


class ChildTimedOut(TransientError):
    """A child process was ended because a piece of work took too long."""


class ChildOutOfMemory(TransientError):
    """A child process was ended because it used more memory than it may."""


class EngineUnavailable(PermanentError):
    """The OCR engine cannot start on this machine: a package, a library or a model is missing."""


class MessageUndecodable(PermanentError):
    """A message on the wire is not one of ours, or is damaged."""


class SchemaVersionUnknown(MessageUndecodable):
    """A message was written by a release that this one does not understand."""


class TempFolderUnusable(PermanentError):
    """The folder for temporary files is full, or cannot be written to."""


class BrokerUnavailable(TransientError):
    """The broker cannot be reached, or does not answer."""


class BrokerUnsuitable(PermanentError):
    """The broker is too old or lacks JetStream."""


class StoreFull(TransientError):
    """A stream or the broker's store has no room at the moment."""


class FormatUnavailable(PermanentError):
    """An output format that cannot be made of this job."""


class FormatBeingMade(TransientError):
    """An output format that is not made yet, but soon will be: ask again."""
