"""OpenAI's chat completions, answered by the sandbox's own writer."""
