"""The evaluation: its cases can be ordered, and it runs."""
