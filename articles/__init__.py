"""What good content is: domains, articles and their versions, the document, the writer, the gate.

A ground floor: it knows neither orders nor jobs. Whoever asks for content passes opaque keys
(`order_key`, `job_key`), which are stored beside what they caused and never followed from here.
"""
