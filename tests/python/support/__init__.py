"""What the tests share: a server of their own, clients of it, and ways to wait."""
