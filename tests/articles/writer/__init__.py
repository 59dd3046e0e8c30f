"""The writer: its prompts, what it makes of answers, and its calls over HTTP."""
