"""What a subscription would have sent: the live deciders, driven over incidents as they went on. Pure."""
