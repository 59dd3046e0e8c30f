"""A publisher's WordPress site: its REST API for posts, and the pages that readers get."""
