"""A stand-in for Stripe, SendGrid and OpenAI that speaks their wire protocols over HTTP.

Started as a program (``python -m sandbox``) and imported by nothing: Byline reaches it through the
vendors' own SDKs, only their base URLs differ. It keeps everything in memory, can be told to
misbehave, and remembers every call (see README.md).
"""
