#!/bin/sh
# Prints a Python that Byline runs on: $PYTHON if given, else the first that works.
# It is tried, not looked up: version managers leave commands on the PATH that only complain, and
# Debian's python3 comes without venv.

works() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
        >/dev/null 2>&1
}

for candidate in ${PYTHON:-python3.12 python3.11 python3.13 python3 python}; do
    if works "$candidate"; then
        echo "$candidate"
        exit 0
    fi
done

if [ -n "$PYTHON" ]; then
    echo "byline: PYTHON=$PYTHON is no Python 3.11, 3.12 or 3.13 with its venv module" >&2
else
    echo "byline: no Python 3.11, 3.12 or 3.13 (with its venv module) on the PATH;" \
        "install one, or name it: make PYTHON=/path/to/python3.12" >&2
fi
exit 1
