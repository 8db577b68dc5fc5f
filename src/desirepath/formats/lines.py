"""Why a line of a file was refused before it was any event."""

from enum import StrEnum


class LineReason(StrEnum):
    """Closed, as `base.Reason` is: every reason is documented and counted."""

    BAD_LINE = "bad_line"  # not of the format: a log line, a JSON object, a CSV row
    BAD_TIME = "bad_time"  # of the format, but its time is none
    TOO_LONG = "too_long"  # over the limit of the format
