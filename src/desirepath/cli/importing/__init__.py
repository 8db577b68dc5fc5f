"""Importing a file: from its lines to the log, in bounded memory, and on again after a kill.

source   the file's lines, plain or gzip, from any offset
kinds    which format it is, and how its lines become items
repeats  the how-manyth of equal lines a line is, so that each has one id for ever
visits   which session a line of an access log belongs to
state    where an import stands, kept beside the log
job      all of it in order: read, ingest, append, note down
"""
