"""What can be the matter. Both are told in the results, never passed over."""


class Unusable(Exception):
    """Why an interpreter or a tool cannot be had here."""


class Failed(Exception):
    """A tool or a target that did not do what it was asked to."""
