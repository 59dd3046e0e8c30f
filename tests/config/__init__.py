"""Settings, health and logs."""
