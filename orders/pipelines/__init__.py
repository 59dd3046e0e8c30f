"""What jobs do: the pipelines that write, and the side effects (e-mail, refund)."""
