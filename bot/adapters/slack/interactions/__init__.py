"""What people do in Slack, and how it is answered."""
