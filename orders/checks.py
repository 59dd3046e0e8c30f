"""System checks for settings that would break the product's promises."""
