"""Steady load for a long time: memory, open files and threads must stay flat."""
