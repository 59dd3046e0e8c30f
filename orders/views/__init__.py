"""The pages: each view loads, makes one call and shows what came of it."""
