"""What a prompt costs, before it is sent."""
