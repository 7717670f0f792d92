"""What people do in Discord, and how it is answered."""
