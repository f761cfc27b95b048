"""The one kind of error that is shown as the sentence it carries."""


class ForPeople(Exception):
    """A failure that a person can do something about. Its text is for them: what happened, where, what to do.

    Any other exception is a fault of the program, which is shown with its traceback.
    """
