"""Byline on one machine: the embedded servers, the processes beside each other, the demo.

Knows the parts from outside only (their commands, ports and pages). Imported by nothing but the
suite, which starts the same servers and processes.
"""
